"""Decide whether a model's wording of a rule says the same as the document.

The wording must not reverse the meaning, change a number or limit, turn a must into a may, drop an
'only', reverse an order of steps, or add something. Only the words decide: if agreement is not
clear, the wording counts as disagreeing, because the document's own words can be used instead.
"""

from __future__ import annotations

import re

from specloop.checking.text import NUMBER_WORDS, word_set

_SPELT_OUT = (
    (re.compile(r"[‘’]"), "'"),
    (re.compile(r"'s\b"), ""),
    (re.compile(r"\b(ca|wo|sha)n't\b"), r"\1n not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\bcannot\b"), "can not"),
    (re.compile(r"(?<=\d),(?=\d{3}\b)"), ""),
    (re.compile(r"(?<=\d)\s*(?:%|percent\b|per cent\b)"), " percent"),
    (re.compile(r"\b(\d+)(?::00)? ?p\.?m\b\.?"), r"\1pm"),
    (re.compile(r"\b(\d+):00\b|\b(\d+) ?(?:a\.?m\b\.?|o'clock)"), r"\1\2"),
    (re.compile(r"([€$£])\s?(\d[\d.,]*\d|\d)"), r"\2 \1"),
    (re.compile("€"), " euros"),
    (re.compile(r"\$"), " dollars"),
    (re.compile("£"), " pounds"),
    (re.compile(r"\b(?:under|in) no circumstances?\b(?: (?:should|must|may|can)\b)?"), "never"),
    (re.compile(r"\bnever\b(?=.{0,9}\bnever\b)"), " "),
    (re.compile(r"\bmay(?= \d)|(?<=\d )may\b"), "maymonth"),
    (re.compile(r"\bno later than\b"), "by"),
    (re.compile(r"\bnot only\b|\bno matter\b|\bno (?=\d)|\bnot (?:need|have) to\b(?= only)"), " "),
)
_NEGATIVE = (
    r"not|never|no|none|nothing|nobody|nowhere|neither|without|avoid\w*|refrain\w*|abstain\w*"
    r"|refus\w+|declin\w+|reject\w*|den(?:y|ie[sd]|ying)|forbid\w*|prohibit\w*|bann?(?:s|ed)?"
    r"|disallow\w*|unless|except|exclud\w+|omit\w*|prevent\w*|fail\w*|forget\w*|neglect\w*"
    r"|instead of|rather than|other than|leav\w+ out|(?:is|are) (?:bad|wrong)|steer clear"
    r"|stay away|keep away"
    r"|stop\w*|ceas\w+|hid(?:e|es|ing|den)|conceal\w*|withhold\w*|ignor\w+|unacceptable|off.limits"
    r"|impossible|inappropriate|beware|lack\w*|free (?:of|from)"
)
_AT_LEAST = r"at least|more than|greater than|over (?=\d)|above (?=\d)|or (?:more|older)|exceed\w*"
_TURNS = re.compile(rf"\b(?:{_NEGATIVE}|{_AT_LEAST}|minimum|older than|longer than)\b")
_NEGATED = re.compile(r"\b(?:not|never|no|none|nothing|nobody|neither|only)\b")
_ONLY = re.compile(r"\b(?:only|solely|exclusively|alone)\b")
_BUT = re.compile(r"\b(?:only|solely|exclusively|alone|except|other than|unless|without|but)\b")
_PARTLY = re.compile(
    r"\b(?:half|some|(?<!at )most|few|many|sometimes|usually|often|rarely|seldom|hardly"
    r"|occasionally|not (?:all|every|always))\b"
)
_SELDOM = re.compile(r"\b(?:few|rarely|seldom|hardly)\b")
_WHOLE = re.compile(r"\b(?:all|every|each|always|any|every(?:one|body)|both)\b")
_MAY = re.compile(
    r"\b(?:may|might|can|could|allowed|permitted|okay|ok|free to|optional\w*|acceptable)\b"
)
_SHOULD = re.compile(r"\b(?:should|ought|prefer\w*|recommended|ideally|tr(?:y|ies) (?:not )?to)\b")
_MUST = re.compile(
    r"\b(?:must|shall|ha(?:s|ve) to|needs? to|require[sd]?|always|never|obliged|mandatory)\b"
)
_NUMBER = re.compile(r"\d+[-/]\d+[-/]\d+|\d+(?:[.:]\d+)*(?:pm)?|[a-z]+")
_ONE = re.compile(r"\bone\b|(?<![\d.:/-])1(?![\d.:/-])")
_ORDINAL = re.compile(r"\b(?:first|second|third|last|once|twice)\b")
_ORDER = re.compile(
    r"\b(?:before|after|until|instead of|rather than|unless|then|prior to|followed by|ahead of"
    r"|overrid(?:den by|es?)|over (?!\d)|(?:more|higher) than (?!\d))\b"
)
_OTHER_SIDE = re.compile(r", (?:but )?(?:not|never)\b|\bbut (?:not|never)\b|\bby (?!\d)")
_CONTRARIES = [
    tuple(re.compile(rf"\b(?:{one})\b") for one in pair)
    for pair in (
        ("on", "off"),
        ("same", "other|another|different"),
        (
            r"(?<!no )(?<!not )(?<!or )more(?! than (?:\d|one))",
            r"(?<!no )(?<!not )(?<!or )(?:less|fewer)(?! than (?:\d|one))",
        ),
        ("(?<!at )most", "(?<!at )least"),
        ("short(?:er|est)", "(?<!no )long(?:er|est)"),
        ("gives?", "takes?"),
        (r"(?:^|(?:must|should|always|never|not) )ask", "answer|reply|respond"),
        ("own", "others?"),
    )
]
"""Opposites among words that a rewording may add."""
_THE = r"(?:(?:the|an?|our|your|their|its|his|her|this|each|any|every) )*"
_CONTRARY_PLACES = [
    tuple(re.compile(rf"\b(?:{one}) {_THE}(\w+)") for one in pair)
    for pair in (
        ("within|by|during|until|before", "after|following|since"),
        ("before", "during"),
        ("to|into", "from"),
        ("in|into|within|inside", "out of|outside"),
        ("above|over", "below|under"),
        ("for|with", "against"),
    )
]
"""Opposites before the same word."""
_CONDITION = re.compile(
    r"\b(?:if|when|whenever|unless|except|until|provided|in case|without)\b([^,.;:]*)"
)
_DEMAND = re.compile(r"\b(?:must|should|shall|ha(?:s|ve) to)\b")
_DUTY = re.compile(rf"{_DEMAND.pattern}|{_MAY.pattern}|{_NEGATED.pattern}")
_POINTS = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|such|he|she|him|her|there|here|so|ones?)\b"
)
_WORD = re.compile(r"[^\W\d_][^\W_]*")
_MIN_STEM = 4
"""Least letters for one word to count as the beginning of another ('guess' of 'guessing')."""

_FREE = word_set("""
a able about above across after again ai all allow allowed allows alone also always an and another
answer answers any anybody anyone anything are as assistant assistants at avoid be because been
before being below both but by can cannot chatbot come comes contain contains content could decline
declines do does doing done during each either else ensure ensures even ever every everybody
everyone everything except few fewer first followed for forbidden from gave get give given gives go
goes had has have having he her here him his how if in include includes instead into is it its
itself just keep keeps kept least less let longer made make makes maximum may me might minimum model
more most must my need needs neither never no nobody none nor not nothing nowhere of off ok okay
older on one only onto or other others otherwise our out output outputs over own part people per
permitted person please prohibited provide provides put question questions rather refrain refuse
refuses remain remains replies reply request requests required respond responds response responses
rule rules same say says shall she should show shown shows since so some someone something state
states still such sure system take tell tells text than that the their them then there these they
thing things this those though through thus time times to too toward towards under unless until unto
up upon us use used user users uses using very via was way we well were what when whenever where
wherever whether which while who whoever whom whose why will with within without would write writes
written you your yourself provided younger see seen
""")
"""Words that a rewording may add: grammatical words, and those of any rule."""

_PEOPLE = (
    r"(?:user|customer|manager|operator|developer|staff|client|people|parent|employee|admin|visitor"
    r"|patient|doctor|nurse|student|teacher|member|guest|moderator|seller|buyer|owner|author"
    r"|caller)s?"
)
_MACHINE = r"(?:assistant|model|chatbot|bot)s?|you|ai"
_ACTOR = re.compile(
    rf"(?:^|[,;:.] |\b(?:the|only|and|but) )({_PEOPLE}|{_MACHINE})"
    r" (?:must|shall|should|may|can|ha(?:s|ve) to|needs? to)\b(?! (?:not )?(?:only )?be\b)"
)
_ONLY_SUBJECT = re.compile(r"\bonly (?:the |an? )?(\w+) (?:must|should|shall|may|can)\b")
_ONLY_VERB = re.compile(r"\b(?:must|should|shall|may|can)(?: be)? only\b|\bonly be\b")
_PAIR = re.compile(r"\b(\w+) (and|or) (\w+)\b")
_GRAMMAR = frozenset(w for w in _FREE if not re.fullmatch(rf"{_PEOPLE}|{_MACHINE}", w))


def disagreement(said: str, text: str, passage: str = "", titles: str = "") -> str:
    """The reason why a rule's text does not agree with the document's words; empty if it agrees.

    The text may use words of the `passage` for its subject and for what the words refer to; words
    of its `titles` may occur anywhere.
    """
    said, text = _plain(said), _plain(text)
    checks = (_turned, _contrary, _numbers, _strength, _only, _partly, _joined, _unbound)
    checks += (_reordered, _acts)
    reason = next((why for check in checks if (why := check(said, text))), "")
    return reason or _added(said, text, _stems(_plain(passage)), _stems(_plain(titles)))


def _plain(text: str) -> str:
    text = " ".join(text.lower().split())
    for pattern, plain in _SPELT_OUT:
        text = pattern.sub(plain, text)
    return text


def _turned(said: str, text: str) -> str:
    both = len(_TURNS.findall(said)) + len(_TURNS.findall(text))
    return "it turns the quotation round" if both % 2 else ""


def _contrary(said: str, text: str) -> str:
    for first, second in ((said, text), (text, said)):
        for a, b in _CONTRARIES:
            in_first, in_second = a.search(first), b.search(second)
            if in_first and in_second and not (a.search(second) or b.search(first)):
                return f"{in_first[0].strip()!r} and {in_second[0].strip()!r} are contraries"
        for a, b in _CONTRARY_PLACES:
            if moved := set(a.findall(first)) & set(b.findall(second)) - set(a.findall(second)):
                return f"it turns round what is said of {min(moved)!r}"
    return ""


def _numbers(said: str, text: str) -> str:
    more, lost = _counts(text) - _counts(said), _counts(said) - _counts(text)
    if lost and len(_ONE.findall(text)) > len(_ONE.findall(said)):
        return "one is not in the quotation"
    if places := set(_ORDINAL.findall(said)):
        more |= set(_ORDINAL.findall(text)) - places
    return f"{min(more)} is not in the quotation" if more else ""


def _counts(text: str) -> set[str]:
    """Numbers as digits, without 'one', which is often not a number."""
    numbers = (str(NUMBER_WORDS.get(word, word)) for word in _NUMBER.findall(text))
    return {number for number in numbers if number[0].isdigit()} - {"1"}


def _strength(said: str, text: str) -> str:
    before, after = _force(said), _force(text)
    if before and after and before != after:
        return f"the quotation says {before}, the rule {after}"
    more, fewer = (len(p.findall(text)) - len(p.findall(said)) for p in (_MAY, _DEMAND))
    return "it makes a may of a must" if more > 0 > fewer else ""


def _force(text: str) -> str:
    if _SHOULD.search(text):
        return "should"
    if _MUST.search(text):
        return "must"
    return "must" if _NEGATED.search(text) else "may" if _MAY.search(text) else ""


def _only(said: str, text: str) -> str:
    for first, second in ((said, text), (text, said)):
        if _ONLY.search(first) and not _BUT.search(second):
            return "one of them says 'only'"
        before = _ONLY_SUBJECT.search(first)
        after = _ONLY_VERB.search(second)
        if before and after and not _is_in(before[1], _stems(second[after.end() :], _GRAMMAR)):
            return "'only' stands elsewhere"
    return ""


def _partly(said: str, text: str) -> str:
    for first, second in ((said, text), (text, said)):
        if _PARTLY.search(first) and not _PARTLY.search(second) and _WHOLE.search(second):
            return "one of them speaks of a part only"
        if _SELDOM.search(first) and _PARTLY.search(second) and not _SELDOM.search(second):
            return "one of them speaks of less"
    return ""


def _joined(said: str, text: str) -> str:
    """'and' must not become 'or', except under a negation, where both mean the same."""
    if _NEGATED.search(said) and _NEGATED.search(text):
        return ""
    before, after = (
        {(_stem(f[1]), _stem(f[3])): f[2] for f in _PAIR.finditer(words)} for words in (said, text)
    )
    turned = any(before[pair] != after[pair] for pair in before.keys() & after.keys())
    return "it makes an or of an and, or an and of an or" if turned else ""


def _acts(said: str, text: str) -> str:
    """Duties of people must not become duties of the assistant, nor the other way round."""
    before, after = ({_who(actor) for actor in _ACTOR.findall(t)} for t in (said, text))
    if before and after - before:
        return f"the quotation speaks of the duty of {min(before)!r}"
    return ""


def _who(word: str) -> str:
    return "the assistant" if re.fullmatch(_MACHINE, word) else _stem(word)


def _unbound(said: str, text: str) -> str:
    words = _stems(text)
    for match in _CONDITION.finditer(said):
        condition = _stems(match[1])
        if condition and not any(_is_near(stem, words) for stem in condition):
            return f"it leaves out {match[0].strip()!r}"
    return ""


def _reordered(said: str, text: str) -> str:
    for order in (_ORDER, _OTHER_SIDE):
        first, second = _sides(said, order), _sides(text, order)
        if not first or not second:
            continue
        straight = len(first[0] & second[0]) + len(first[1] & second[1])
        ahead, back = first[0] & second[1], first[1] & second[0]
        if len(ahead) + len(back) > straight or (ahead - first[1] and back - first[0]):
            return "it turns the order round"
    return ""


def _sides(text: str, order: re.Pattern[str]) -> tuple[set[str], set[str]] | None:
    """The stems of what comes first and of what comes after it."""
    match = order.search(text)
    if match is None:
        return None
    left, right = text[: match.start()], text[match.end() :]
    if not left.strip(" ,"):
        right, _, left = right.partition(",")
    if match[0] in ("after", "overridden by"):
        left, right = right, left
    return _stems(left, _GRAMMAR), _stems(right, _GRAMMAR)


def _added(said: str, text: str, passage: set[str], titles: set[str]) -> str:
    if len(_DEMAND.findall(text)) > max(1, len(_DEMAND.findall(said))):
        return "it demands something more"
    known = _stems(said) | titles
    more = [word for word in _WORD.findall(text) if _stems(word) and not _is_in(word, known)]
    new = next((word for word in more if not _is_in(word, passage)), "")
    if new:
        return f"the document does not say {new!r}"
    subject = _DUTY.split(text, maxsplit=1)[0]
    late = len(more) > len([word for word in _WORD.findall(subject) if word in more])
    too_much = len(set(more)) > max(3, len(known) // 2)
    return "it adds to the quotation" if too_much or (late and not _POINTS.search(said)) else ""


def _stems(text: str, free: frozenset[str] = _FREE) -> set[str]:
    stemmed = ((word, _stem(word)) for word in _WORD.findall(text))
    return {stem for word, stem in stemmed if word not in free and stem not in free}


def _stem(word: str) -> str:
    bare = re.sub(
        r"(?<=\w{3})(?:ations?|l?y?ings?|l?ie[sd]|l?y(?:s|ed)?|ed|es|(?<!s)s|e)\Z", "", word
    )
    return bare[:-1] if bare[-1:] == bare[-2:-1] else bare


def _is_in(word: str, stems: set[str]) -> bool:
    return word in NUMBER_WORDS or _is_near(_stem(word), stems)


def _is_near(stem: str, stems: set[str]) -> bool:
    """Whether a stem is among others, apart from an ending."""
    long = len(stem) >= _MIN_STEM
    return stem in stems or any(
        long and len(near) >= _MIN_STEM and (stem.startswith(near) or near.startswith(stem))
        for near in stems
    )
