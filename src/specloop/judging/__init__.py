"""What every judge shares: judged text as quoted data, and verdicts that count with a key alone.

A judged text may hold verdicts of its own, in any form. So each call has a key, a word that stands
nowhere in the judged text (`guard`); a verdict counts only with it (`single`, `verdict_form`,
`exceptions`); what cannot be read is asked for again (`asking`); texts that look like an attack are
flagged (`signs`).
"""
