"""Settings of guides for code, prose and commits, with their values in the words of guides."""

from __future__ import annotations

from typing import NamedTuple


class Setting(NamedTuple):
    """Something that a project decides once. Patterns are tried on lower-case text."""

    name: str
    subject: str
    """What a sentence, its heading or its lead-in says if it is about the setting."""
    values: dict[str, str]
    """Words for each value; for a number, one pattern named "" with a group `n` or `n2`, and
    perhaps `unit`."""
    near: str = ""
    """What must be said as well, in the sentence or above it."""


_N = r"(?P<n>\d+|two|three|four|eight)"
_CHARS = r"(?:characters?|chars?|columns?|cols?)\b"
_UNIT = r"(?:business |working )?(?P<unit>hour|day|week|month|year)s?\b"
_WITHIN = rf"\b(?:within|in under) (?:\d+ ?[-–] ?)?(?P<n>\d+) {_UNIT}"
_KEPT = rf"\b(?:retained|kept|stored|keep|retain|retention)\b(?: \w+){{0,3}}? (?P<n>\d+) {_UNIT}"
_COMMIT = r"\bcommit"
_INDENT = (
    r"\bindent\w*|\bidentation\b|\b(?:soft|hard)[- ]tabs?\b|\btab (?:characters?|width|size)\b|"
    r"\btabs?\b(?=.*\bspaces?\b)|\bspaces?\b(?=.*\btabs?\b)"
)
_DROP = (
    r"(?:\b(?:no|without|omit\w*)(?: trailing| any)?|\b(?:do not|don[’']t|never|avoid) "
    r"(?:us(?:e|ing)|put(?:ting)?|add(?:ing)?|plac(?:e|ing)|end\w* \w+ with)(?: the| an?| any)?)"
)

SETTINGS = (
    Setting("length of the subject line", r"\bsubject\b|\bsummary\b|\bfirst line\b|\btitle\b",
            {"": rf"\b(?P<n>\d\d) ?-?{_CHARS}"}, _COMMIT),
    Setting("width of the body", r"\bbody\b",
            {"": rf"\b(?P<n>\d\d)[- ]{_CHARS}"}, _COMMIT),
    Setting("length of lines", r"\blines?\b|\bcolumns\b|\d-columns?\b",
            {"": rf"\bline[- ](?:lengths?|width|limit)\W+(?:[a-z]+ ){{0,5}}(?P<n>\d{{2,3}})\b(?!%)|"
                 rf"\b(?P<n2>\d{{2,3}})\)?[- ]{_CHARS}"}),
    Setting("width of an indent", _INDENT,
            {"": rf"\b{_N}[- ]spaces?\b|\btab (?:width|size)\W+(?:is )?(?:[a-z]+ )?\(?"
                 rf"(?P<n2>\d)\b"}),
    Setting("indentation", _INDENT,
            {"tabs": r"(?<!soft )(?<!soft-)(?<!-wide )\btabs?\b(?! (?:width|size|stop|is |are ))",
             "spaces": r"\bspaces\b(?! wide)|\bsoft[- ]tabs?\b"}),
    Setting("quotes", r"\bquot", {"single quotes": r"\bsingle[- ]quot\w+",
                                  "double quotes": r"\bdouble[- ]quot\w+"}),
    Setting("semicolons", r"\bsemi-?colons?\b",
            {"no semicolons": rf"{_DROP} semi-?colons?\b",
             "semicolons": r"\b(?:always|must) (?:\w+ ){0,6}semi-?colons?\b|"
                           r"\bsemi-?colons? (?:always|must be used|are (?:required|mandatory))\b|"
                           r"^use semi-?colons?\b|\bsemi-?colons?\b.* use them\b|"
                           r"\b(?:ends?|terminated?)\b (?:\w+ ){0,4}with (?:a )?semi-?colons?\b"}),
    Setting("Oxford comma", r"\bcommas?\b",
            {"left out": rf"\b(?:oxford|serial) comma(?: is|s are|:)? (?:not|never)\b|"
                         rf"{_DROP} (?:oxford|serial) commas?\b|{_DROP} comma before the (?:final|"
                         rf"last) conjunction\b",
             "used": r"\b(?:use|using|with)(?: the| an?)? (?:oxford|serial) commas?\b|"
                     r"\b(?:oxford|serial) comma(?: is|s are|:)? (?:used|required|always)\b"}),
    Setting("case of headings", r"\b(?:heading|title|header)s?\b",
            {"title case": r"\btitle[- ]cas\w+|\bcapitali[sz]e the first letter of every word\b",
             "sentence case": r"\bsentence[- ]cas\w+|\bcapitali[sz]e only the first word\b|"
                              r"\bcapitali[sz]e the first (?:letter|word)(?: of the first word)? "
                              r"and proper nouns\b"}),
    Setting("spelling", r"\b(?:english|spellings?)\b",
            {"British": r"\b(?:british|uk)\b", "American": r"\b(?:american|us)\b"}),
    Setting("case of keywords", r"\b(?:keywords?|reserved words)\b",
            {"uppercase": r"\bupper-?case\b|\ball[-_ ]caps\b|\bcapital\w*", "lowercase":
             r"\blower-?case\b"}),
    Setting("table names", r"\btables?\b", {"singular": r"\bsingular\b", "plural": r"\bplurals?\b"},
            r"\bnam(?:e|es|ing)\b"),
    Setting("opening braces", r"\bbrac(?:e|ket)s?\b",
            {"same line": r"\bsame line\b",
             "a line of their own":
             r"\b(?:own|new|next|separate) line\b"}),
    Setting("components", r"\bcomponents?\b",
            {"function declarations": r"\bfunction (?:declarations?|syntax|keyword)\b",
             "arrow functions": r"\barrow functions?\b|`const`"}),
    Setting("types of props", r"\bprops?\b", {"type": r"`types?`|\btype alias\w*", "interface":
                                              r"\binterfaces?\b"}),
    Setting("case of the subject line", r"\bsubject\b|\bcommits?\b|\bsummary\b",
            {"capital": r"\bcapitali[sz]ed?\b|\bcapital letter\b|\bupper-?case\b|\bsentence cas\w+",
             "lowercase": r"\blower-?case\b"}, _COMMIT),
    Setting("mood of the subject line", r"\bsubject\b|\bcommits?\b|\bsummary\b",
            {"imperative": r"\bimperative\b", "past tense": r"\bpast tense\b"}, _COMMIT),
    Setting("least length of passwords", r"\bpasswords?\b",
            {"": rf"\b(?:minimum|at least|min\.?)\W+(?:[a-z]+\W+){{0,3}}?(?P<n>\d+) {_CHARS}|"
                 rf"\b(?P<n2>\d+) (?:or more {_CHARS}|{_CHARS} (?:minimum|or more|or longer))"}),
    Setting("approvals", r"\b(?:approv\w+|reviewers?)\b",
            {"": r"\b(?:at least|minimum(?: of)?|requires?|needs?) (?P<n>\d+|one|two|three) "
                 r"(?:[a-z]+ )?(?:approvals?|reviewers?)\b"}),
    Setting("time to answer a report", r"\b(?:acknowledg\w+|respon[ds]\w*|repl(?:y|ies)|answer)\b",
            {"": _WITHIN}, r"\bvulnerabilit\w+|\bsecurity (?:policy|report|issue)"),
    Setting("time for a fix", r"\b(?:fix|patch)(?:es)?\b",
            {"": _WITHIN}, r"\bvulnerabilit\w+|\bsecurity (?:policy|report|issue)"),
    Setting("time for returns", r"\breturn(?:s|ed|ing)?\b",
            {"": rf"{_WITHIN} (?:of|from|after) (?:the )?(?:date of )?(?:delivery|receipt)"}),
    Setting("time for refunds", r"\brefund(?:s|ed)? (?:will be|are|is)(?: \w+)? "
            r"(?:issued|processed|paid|made|posted)", {"": _WITHIN}),
    Setting("days of annual leave", r"\b(?:annual leave|vacation|paid leave)\b",
            {"": r"\b(?P<n>\d+) (?:working )?(?P<unit>day)s of (?:\w+ )?(?:annual leave|vacation|"
                 r"paid leave)\b"}),
    Setting("leave carried over", r"\bcarr(?:y|ied)\b",
            {"": r"\b(?:up to|maximum of|max\.?|at most) (?P<n>\d+) (?:\w+ ){0,3}(?P<unit>day)s"},
            r"\bleave\b|\bvacation\b"),
    Setting("remote days in a week", r"\bremote\w*",
            {"": r"\b(?P<n>\d) (?P<unit>day)s(?: remote)? (?:per|a|each) week\b"}),
    Setting("retention of logs", r"\blogs?\b", {"": _KEPT}),
    Setting("retention of backups", r"\bbackups?\b", {"": _KEPT}),
    Setting("test coverage", r"\bcoverage\b",
            {"": r"\b(?P<n>\d+) ?%(?= (?:\w+ ){0,4}coverage\b)|"
                 r"\bcoverage\b(?:\W+[a-z]+){0,4}?\W+(?P<n2>\d+) ?%"}),
)  # fmt: skip

NAME_CASES = {
    "camelCase": r"(?<!upper )(?<!upper)\bcamel[- ]?case\b|\blower ?camel ?case\b",
    "PascalCase": r"\bpascal[- ]?case\b|\bstudly[- ]?caps\b|\bupper ?camel ?case\b",
    "snake_case": r"\bsnake[-_ ]?case\b|\bunder[-_]case\b|\bunderscores\b",
    "kebab-case": r"\bkebab[- ]?case\b|\bhyphens\b|\bhyphenated\b|\bdashes\b",
    "UPPER_CASE": r"(?<!\w)upper_(?:snake_)?case\b|\bscreaming[-_ ]snake[-_ ]case\b|"
                  r"\ball[-_ ]caps\b",
}  # fmt: skip
"""How names are written."""
