"""What every judge shares: judged text as quoted data, and verdicts that only count with a key.

A judged text may hold verdicts of its own, in any form. So each call has a key, a word that does
not occur in the judged text (`guard`). A verdict counts only with the key (`value_form`,
`verdict_form`, `exceptions_form`). What cannot be read is asked for again (`asking`). Texts that
look like an attack are flagged (`signs`).
"""
