"""What turns a statement round: bans, freedom from a duty, marks, and lead-ins that forbid.

A lead-in is a sentence, heading, column head or label that governs what follows it. Its bearing
says what that is: forbidden, required, allowed, no duty, or open where its words leave it open.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, NamedTuple

from specloop.checking.text import any_case
from specloop.spec.duties import is_conduct
from specloop.spec.wording import Obligation, obligation, plain

Bearing = Literal["", "forbid", "require", "allow", "free", "open"]
"""What a lead-in makes of its entries: nothing, forbidden, required, allowed, no duty; `open` where
an entry in the imperative could be either."""

CROSS = "❌✖✗✘☒🚫⛔👎🛑🙅🚷✕❎"
CHECK = "✅✔✓☑👍🟢"
_MARK = re.compile(
    rf"^\W{{0,3}}?(?:(?P<cross>[{CROSS}])|(?P<check>[{CHECK}]))[\ufe0e\ufe0f\s:—–-]*"
)
_WORD_MARK = any_case(
    r"^(?:(?P<cross>no|don['’]?ts?|do nots?|never do|not (?:allowed|ok|okay|permitted|acceptable)|"
    r"forbidden|prohibited|unacceptable|disallowed|banned)|(?P<check>yes|dos?|allowed|ok(?:ay)?|"
    r"permitted|acceptable|required)|(?P<shown>bad|good|wrong|right|incorrect|correct|worse|better|"
    r"poor|weak))(?:\s*:|\s+[—–]|\s+-+)\s+(?=\S)"
)


MAX_TITLE = 6
"""Most words of a lead-in that may be a title ("Prohibited uses:")."""


class Marked(NamedTuple):
    """An entry without the mark or label at its head, and what the mark says."""

    text: str
    bearing: Bearing
    sure: bool = True
    """Whether the mark says it of anything; a word may also answer a question ("No: ...")."""


def marked(entry: str) -> Marked:
    """Read a check mark, a cross or a label such as "Don't:" at an entry's head.

    "Good:" and "Bad:" head an example as often as a rule, so what they mean is open.
    """
    for pattern in (_MARK, _WORD_MARK):
        if match := pattern.match(entry):
            found = match.groupdict()
            bearing: Bearing = "forbid" if found["cross"] else "require"
            allows = found["check"] and re.match(r"(allow|permit|accept|ok)", found["check"], re.I)
            bearing = "open" if found.get("shown") else "allow" if allows else bearing
            sure = pattern is _MARK or (bearing == "forbid" and found["cross"].lower() != "no")
            return Marked(entry[match.end() :], bearing, sure)
    return Marked(entry, "")


_NO = r"(?:not|never|n['’]t|cannot|nor)"
_HANGS_NO = any_case(
    rf"(?:\b|(?<=\w)){_NO}(?: (?:\w+ly|ever|under any circumstances|be(?: used)?|do|say|use|to))*"
    r"\s*(?:any of (?:the following|these))?$|"
    r"\b(?:avoid|refrain(?:s|ing)? from|abstain(?:s|ing)? from|stop|without|"
    r"(?:under|in) no circumstances|on no account|at no time|"
    r"(?:forbidden|prohibited|banned|barred|disallowed)(?: (?:to|from|for))?|"
    r"no (?:right|authority|permission) to)$"
)
_NOT_LEFT = any_case(rf"{_NO} (?:avoid|stop|(?:refrain|abstain|shy away) from)$")
"""Forbids to leave something undone."""
_TELLS = any_case(
    r"(?<!^we )(?<!^we kindly )(?<!is )(?<!are )(?<!kindly )\b"
    r"(?:tell|ask|advis|remind|warn|instruct|encourag|urg|teach|help)\w*\b[^,;:]{0,60} not to$"
)
_BAN = any_case(
    r"\b(?:(?<!not )(?<!n['’]t )(?<!never )(?:prohibit(?:s|ed)?|forbids?|forbidden|bans|banned|"
    r"disallow(?:s|ed)?|impermissible|off[- ]limits|out of bounds|taboo)|unacceptable|"
    rf"{_NO} (?:\w+ly )?(?:allow(?:ed)?|permit(?:ted)?|tolerated?|accept(?:ed|able)?|welcome|ok|"
    r"okay|authori[sz]ed|do any of)|ha(?:s|ve) no place|violations? of|"
    r"(?:will|may|can) (?:lead to|result in) "
    r"(?:\w+ ){0,3}?(?:dismissal|removal|suspension|termination|a ban)|grounds for)\b"
)
_NONE = any_case(r"^(?:none of|no|nobody|no one|neither)\b")
_FREE = any_case(
    r"(?<!\bnot )\b(?:(?:do|does|did|is|are)(?: not|n['’]t) (?:\w+ly )?(?:have|need|required|"
    r"obliged|"
    r"obligated|expected|necessary|prohibit|forbid|ban)|need not|needn['’]t|"
    r"no (?:need|obligation|duty) to|may or may not|optional|(?:is|are) free to|"
    r"(?:out of|not in) scope|exempt)\b"
)
_ALLOW = any_case(
    r"\b(?:may|can|could|might|(?:is|are) (?:\w+ly )?(?:allowed|permitted|free|welcome|able|"
    r"entitled|acceptable|fine|ok|okay))(?: also| still| \w+ly)*(?: to| do| use)?$|"
    r"^(?:allowed|permitted|acceptable|optional|permissible)\b(?: \w+){0,3}$|"
    r"^(?:what|things)\b.* (?:may|can|is allowed to|are allowed to)(?: do| say| use| share)?$|"
    r"\b(?:is|are) (?:allowed|permitted|acceptable|fine|ok|okay)$|"
    r"\bmay do (?:any of )?(?:the following|these)\b"
)
_PLEDGE = any_case(
    r"\b(?:will|shall|agrees?|commits?|promises?|undertakes?|pledges?)(?: \w+ly| also)*"
    r"(?: (?:ourselves|themselves|itself))?(?: to)?$|"
    r"\b(?:agree|commit|promise|undertake|pledge)(?:s|d)? (?:ourselves )?to\b(?! not)"
)
_MUST = any_case(
    r"\b(?:must|shall|should|(?:ha(?:s|ve)|needs?) to|(?:is|are) (?:required|expected|obliged) to)"
    r"(?: \w+ly| always| also)*$"
)
_PLEDGE_NOT = any_case(r"\b(?:agree|commit|promise|undertake|pledge)(?:s|d)?(?: \w+){0,2} not to\b")
_ACTS = (
    r"(?:behaviou?rs?|conduct|actions?|acts?|us(?:es?|ages?)|practi[cs]es?|activit(?:y|ies)|"
    r"habits?|patterns?|things|items?|goods|products?)"
)
_BAD = (
    r"(?:unacceptable|prohibited|forbidden|disallowed|banned|impermissible|restricted|"
    r"non-(?:returnable|refundable|eligible|permitted|transferable)|unwanted|undesired|undesirable|unwelcome|inappropriate|bad)"
)
_FORBIDS = any_case(
    rf"(?:(?:examples?|list|types?|kinds?) of |our |other |some |the |strictly |absolutely )*"
    rf"(?:{_BAD} (?:[\w-]+ )?{_ACTS}|anti-? ?patterns?|don['’]?ts|do nots|no[- ]nos|"
    r"red lines|hard (?:nos|stops)|prohibitions?|taboos?|no-?gos?|out of bounds|"
    r"(?:things|what|behaviou?rs?) (?:\w+['’]d|(?:\w+ )?would) rather not(?: \w+)?|"
    r"leave (?:off|out)|rather not|"
    r"(?:lines|limits) .{1,40}? "
    r"(?:never|(?:do|does|will) not|(?:do|does|wo)n['’]t) (?:cross|break)|"
    r"(?:do not|don['’]?t|never|stop) (?:do|doing|say|saying|use|using) "
    r"(?:this|that|these|the following|any of (?:this|these))(?: at once| now| ever| again)?|"
    r"(?:things|what|habits|phrases|words|topics|mistakes|behaviou?rs?) to avoid|"
    r"(?:things |what |how )?(?:we |you )?(?:not to|never to|never|don['’]?t|do not|never do|"
    r"must not|should not|cannot)(?: do)?|"
    r"(?:strictly )?(?:not (?:allowed|permitted|acceptable|ok|okay)|"
    r"prohibited|forbidden|disallowed|banned|unacceptable|off[- ]limits))"
    r"(?: (?:include|are|is)(?:,? but (?:is|are) not limited to)?)?"
)
_PREDICATE = (
    r"(?:(?:is|are|(?:will|must|should|shall|may|can)(?: be)?) )?(?:(?:not|never)(?: \w+ly)?"
    r"(?: to)?(?: be)? (?:tolerated|allowed|permitted|accept(?:ed|able)|ok|okay|welcome|done|"
    r"used|said|"
    r"shared|discussed|mentioned|shown|given|do|use|say|share|discuss|mention|show|give)|"
    r"off[- ]limits|off the table|out of bounds|taboo|forbidden|prohibited|banned|unacceptable)"
)
_FORBIDDEN = any_case(
    rf"(?:(?:(?:the|any|some|our|all|other) )?(?:{_ACTS}|content|topics?|words?|subjects?|phrases?|"
    rf"items?|requests?|anything|everything|what)(?: (?:that|which))? )?{_PREDICATE}"
)
"""A heading that says of its entries that they are forbidden ("Should not be done")."""
_WHAT = any_case(
    r"(?:what|things|topics|actions|everything|anything)(?: that| which)? (?P<who>.+?) (?P<modal>"
    r"(?:(?:will|must|should|shall|can|may)(?: (?:not|never)|n['’]t)|never|cannot|can['’]t|"
    r"won['’]t)(?: ever)?|(?:do|does)(?: not|n['’]t)(?= do\b)|(?:should|must|will|has to|have to) "
    r"(?:always )?avoid)(?: (?P<verb>\w+))?"
)
_ONLY_THEY = any_case(
    r"(?:(?:things|what|actions|tasks) )?only (?P<who>[^,;:]{2,40}?) "
    r"(?P<may>may|can|does|do)(?: do)?"
)
"""A heading that keeps its entries for somebody ("Things only the lead does")."""
_REQUIRES = any_case(
    r"(?:dos?|do['’]s|yes|always|needed|preferred|mandatory|compulsory|obligatory|not optional|"
    r"requir(?:ed|ements?)|duties|must|(?:our )?standards|instead|"
    r"best practices?|"
    r"(?:good|expected|acceptable|encouraged|required|desired) (?:\w+ )?"
    rf"{_ACTS}|what (?!.*\b(?:may|can|could|might|not|never)\b)"
    r".{1,40}?(?:must|should|will|does|do|has to|have to)(?: always)?(?: do)?)"
)
AS_LABEL = any_case(r"out of bounds|off[- ]limits|off the table|taboos?|no-?gos?|red lines")
"""A title that forbids and can stand before a thing as a label ("Off the table: Romance")."""
_NEEDED = any_case(r"needed|required|mandatory|compulsory|obligatory|not optional")
"""A title that can stand before an entry as a label."""
_OPEN = any_case(
    r"(?:do['’]?s and don['’]?ts|do and don['’]?t|"
    r"(?:(?:the|common|typical|known|frequent|other|our) )*"
    r"(?:mistakes?|pitfalls?|errors?|restrictions?|violations?|offen[cs]es?|risks?|red flags|"
    r"failures?|warning signs|problems?|out of scope|misuse|abuse|misconduct|"
    rf"{_BAD} (?:[\w-]+ )?\w+s))|"
    r"(?:our |the )*(?:hard|firm|strict|absolute) (?P<limits>limits?|boundaries|stops?)|"
    r".*\?"
)


_BOTH = any_case(
    r"\b(?:what|how|when|do|does|is|are|can|may|should)\b.*\b(?:and|or)\b.*\bnot(?: \w+)?$|"
    r"^(?:\w+ ){1,3}(?:and|or) (?:not|never|forbidden|prohibited|banned)$|"
    r"^(?:[\w-]+ )?we \w+,? (?:and )?(?:[\w-]+ )?we (?:do not|don['’]t|avoid|never)\b"
)


def _bare(lead: str) -> str:
    text = _MARK.sub("", plain(lead))
    text = text.replace("_", " ") if " " not in text else text
    return re.sub(r"^(?:[\d.]+|[a-z]\))\s+", "", text).strip(" :.*—–-…,")


@cache
def bearing(lead: str, *, title: bool = False) -> Bearing:
    """What a lead-in makes of the entries that it governs; `title` for headings and labels."""
    mark = marked(lead)
    text = _bare(lead)
    if not text:
        return mark.bearing
    named = _by_title(text) if title or len(text.split()) <= MAX_TITLE else ""
    found = named or _by_form(text)
    if not title:
        found = found or _by_words(text)
    if found or not title:
        return found
    return mark.bearing or ("open" if _OPEN.fullmatch(text) or _is_ban(text) else "")


def _by_form(text: str) -> Bearing:
    """By how the lead-in breaks off, and what it sends its entries to."""
    if text.endswith("?") or _BOTH.search(text):
        return "open"
    if _EXCEPTED.search(text) and _PERMITS.search(text):
        return "forbid" if obligation(text) is None else "open"
    if _NOT_LEFT.search(text):
        return "require"
    if _HANGS_NO.search(text) and not _FREE.search(text[-40:]):
        return "require" if _TELLS.search(text) else "forbid"
    if _PLEDGE_NOT.search(text) or (_NONE.match(text) and _ALLOW.search(text)):
        return "forbid"
    if _MUST.search(text) and not _FREE.search(text[-40:]):
        return "require"
    if _FREE.search(text) and obligation(text) is None and obligation(f"{text} X") is None:
        return "free"
    return "allow" if _ALLOW.search(text) else ""


def sets_limits(title: str) -> bool:
    """Whether a title forbids the things below it, but not what is told to do ("Hard limits")."""
    found = _OPEN.fullmatch(_bare(title))
    return bool(found and found["limits"])


def _by_title(text: str) -> Bearing:
    if _BOTH.search(text):
        return "open"
    if any(pattern.fullmatch(text) for pattern in (_FORBIDS, _WHAT, _FORBIDDEN, _ONLY_THEY)):
        return "forbid"
    if _THESE.match(text) and (duty := obligation(text)) and duty.negative:
        return "forbid"
    return "require" if _REQUIRES.fullmatch(text) else ""


def _by_words(text: str) -> Bearing:
    """By what the sentence itself says."""
    duty = obligation(text) or obligation(f"{text} X")
    if duty is not None and duty.force != "indicative":
        return "forbid" if duty.negative else "require"
    if _BAN.search(text):
        return "forbid"
    if _PLEDGE.search(text):
        return "require"
    if duty is not None:
        return "forbid" if duty.negative else "require"
    return _by_condition(text) or ("open" if _OPEN.fullmatch(text) else "")


_THESE = any_case(r"(?:[\w’'-]+ ){1,6}?(?:these|the following)\b")
"""A sentence about its entries ("You can't do these, not even if asked")."""
_NOT_THESE = any_case(
    r"(?P<stem>.{2,60}?(?:\bnot|n['’]t|never|cannot)) do (?:any of )?(?:these|the following)\b.*"
)
_EXCEPTED = any_case(
    r"\b(?:with (?:these|the following|some|a few|two|three) exceptions?|"
    r"except(?: for| to)?|but not(?: for| to)?|other than)$"
)
"""What is taken out of a permission is forbidden."""
_PERMITS = any_case(r"\b(?:may|can|(?:is|are) (?:allowed|permitted|free|welcome|fine))\b")
_IF_HANGS = any_case(
    r"(?P<main>[^,;:]{3,120}?),? (?:if|when|whenever|where|unless|once|while|as soon as)"
    r"(?: (?:the|an?|any|your|their|one of|somebody|someone)(?: [\w’'-]+){0,4})?"
)
_DOES = any_case(
    r"(?:(?:the|our|an?|each|every|any|this)\s)?(?:[\w’'-]+\s){0,3}?[\w’'-]+ "
    r"(?:(?P<verb>[a-z]+s)|(?P<no>(?:does|do|will)(?: not|n['’]t) \w+|never \w+)|will \w+)\b.*"
)


def ends_in_condition(text: str) -> bool:
    """Whether a lead-in breaks off in a condition that its entries end: "It stops if a user:"."""
    return bool(_IF_HANGS.fullmatch(text))


def _by_condition(text: str) -> Bearing:
    hangs = _IF_HANGS.fullmatch(text)
    if hangs is None:
        return ""
    duty, does = obligation(hangs["main"]), _DOES.fullmatch(hangs["main"])
    if duty is not None:
        return "forbid" if duty.negative else "require"
    if does is None or (does["verb"] and not is_conduct(does["verb"])):
        return ""
    return "forbid" if does["no"] else "require"


def _is_ban(text: str) -> bool:
    """Whether a heading is a whole ban ("Never guess"): its entries may say what to do instead."""
    duty = obligation(text)
    return duty is not None and duty.negative


def stem_of_title(title: str) -> str:
    """The stem that a heading or column head gives the entries below it ("Don'ts"), if any."""
    bare = _bare(title)
    what = _WHAT.fullmatch(bare)
    if what:
        verb = "" if what["verb"] in (None, "do") else f" {what['verb']}"
        return f"{what['who'][0].upper()}{what['who'][1:]} {what['modal']}{verb}"
    if re.fullmatch(r"(?:things |what )?(?:to )?avoid|leave (?:off|out)", bare, re.I):
        return bare.capitalize() if bare.lower().startswith("leave") else "Avoid"
    if these := _NOT_THESE.fullmatch(bare):
        return these["stem"]
    if only := _ONLY_THEY.fullmatch(bare):
        return f"Only {only['who']} {'can' if only['may'].lower() == 'can' else 'may'}"
    kind = bearing(title, title=True)
    if kind == "forbid":
        words = re.fullmatch(
            r"(?:.* )?(?:do not|never|not|don['’]t|cannot)(?: use| say| be| to)?", bare, re.I
        )
        if words and " " in bare and not re.match(r"(?:things|what|how)\b", bare, re.I):
            return bare
        return bare if _named(bare) or AS_LABEL.fullmatch(bare) else "Do not"
    if kind == "require":
        says = (obligation(bare) and " " in bare) or _NEEDED.fullmatch(bare)
        return bare if says else ""
    return bare if kind in ("allow", "free") else ""


def _named(bare: str) -> bool:
    """Whether a title names what it forbids, so that it can stand before an entry as a label."""
    return bool(re.search(rf"{_ACTS}|prohibit|patterns|lines|limits|habits|mistakes", bare, re.I))


def duty_of(kind: Bearing, lead: str) -> Obligation:
    """The duty that a lead-in of this bearing gives an entry."""
    carried = obligation(_bare(lead)) or obligation(f"{_bare(lead)} X")
    if carried is not None and carried.negative == (kind == "forbid"):
        return carried
    return Obligation("must", kind == "forbid")
