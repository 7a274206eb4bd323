"""The grammar of a rule's wording: who is bound, whether something is asked or forbidden, and what.

`read_clause` turns a wording into a `Clause` and leaves out only words that do not change its
meaning, which the white lists here name ("always", "in every answer", "even if asked"). Every other
word stays in `rest`, and a kind of check takes a clause only if its own pattern matches `rest` from
the first character to the last. So a wording with an unexpected scope, hedge, comparison or
exception gives no check.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from specloop.checking.sought import sought
from specloop.checking.text import NUMBER, Part, any_case


class Clause(NamedTuple):
    """One demand. Quotations in `rest` are numbered: `"0"` stands for `quotes[0]`."""

    verb: str
    """In its base form; "no ...", "avoid ..." and "... is not allowed" forbid to `use`."""
    rest: str
    negative: bool = False
    may: bool = False
    """It is only allowed ("may have up to ..."), not demanded."""
    part: Part = "answer"
    """What it is about."""
    quotes: tuple[str, ...] = ()

    def demands(self, patterns: Mapping[str, str]) -> re.Match[str] | None:
        """The match for what the answer as a whole must do, by patterns of `rest` for verbs."""
        if self.may or self.negative or self.part != "answer":
            return None
        fitting = (p for verbs, p in patterns.items() if self.verb in verbs.split())
        return next((match for p in fitting if (match := full(p, self.rest))), None)

    def forbids(self, verbs: Collection[str]) -> bool:
        """Whether the answer as a whole must not do one of these."""
        return self.negative and self.part == "answer" and self.verb in verbs

    def phrases(self, listed: str) -> tuple[str, ...]:
        """The quotations that a text refers to by number."""
        return tuple(self.quotes[int(n)].strip() for n in re.findall(r'"(\d+)"', listed))


def full(pattern: str, text: str) -> re.Match[str] | None:
    """Match a pattern with the whole text, in any case."""
    return any_case(pattern).fullmatch(text)


_NOUN = r"(?:(?:entire |whole |complete |full )?(?:answer|reply|response|output))"
_NOUNS = r"(?:(?:entire |whole )?(?:answers|replies|responses|outputs))"
_OWNER = (
    r"(?: (?:of|from|by) the (?:assistant|model|bot)"
    r"| (?:that )?(?:you|the assistant|the model) (?:gives?|writes?|sends?|produces?)"
    r"| to (?:the user|users|the customer|anyone))?"
)
_OURS = r"(?:your|its|our|the assistant's|the model's|the bot's)"
ANSWER = (
    rf"(?:(?:(?:the|every|each|any|an?|every single|{_OURS}) {_NOUN}"
    rf"|(?:(?:all|the|any|each of|all of|all the|all of the)(?: {_OURS})? |{_OURS} )?{_NOUNS}"
    rf"|(?:all )?{_OURS} messages?){_OWNER})"
)
"""Names for the answer as a whole."""

_PARTS: dict[Part, str] = {
    "sentence": "sentence",
    "paragraph": "paragraph",
    "heading": "(?:section )?(?:heading|header)",
    "item": "(?:list item|list entry|item (?:in|of) (?:a|any) list)",
    "bullet": "(?:bullet point|bullet|bulleted item)",
    "list": "list",
}


def _plural(noun: str) -> str:
    items = r"(?:list items|list entries|items (?:in|of) lists)"
    return items if "entry" in noun else rf"{noun}s"


def _named(part: Part) -> str:
    noun = _PARTS[part]
    return (
        rf"(?:(?:(?:each|every|any|an?) {noun}"
        rf"|(?:(?:all|the|{_OURS}|all (?:the|{_OURS})) )?{_plural(noun)})"
        rf"(?: (?:in|of) {ANSWER})?)"
    )


NAMED: dict[Part, str] = {**{part: _named(part) for part in _PARTS}, "answer": ANSWER}
"""How a wording names the answer, or all of its parts of one kind."""

_ASSISTANT = (
    r"(?:(?:the|our|this|an?|every) (?:(?:ai|virtual|chat|support|digital|automated|language"
    r"|customer service|customer support) )?"
    r"(?:assistant|model|bot|chatbot|agent|ai|llm)|you|assistants|chatbots|claude|chatgpt)"
)
ASSISTANT = any_case(rf"{_ASSISTANT}\b")
"""A sentence that begins like this is about the assistant."""
_ASKER = r"(?:the |a )?(?:user|customer|person)|users|customers|anyone|somebody|someone"
_ASKED = (
    rf"(?:even (?:if|when) (?:(?:{_ASKER}|they|you are|it is|asked)(?: explicitly)?(?: asks?| asked"
    r"| requests?| requested| insists?| wants?)?)"
    r"(?: (?:for|on) (?:it|them|one|that|this))?(?: to(?: do so)?)?(?: otherwise)?)"
)
_WHATEVER = (
    r"(?:(?:whatever|regardless of) (?:the )?(?:topic|question|subject|request)"
    rf"|(?:no matter what|whatever|regardless of what) (?:{_ASKER}|they) (?:asks?|says?|wants?))"
)
_ALWAYS = (
    r"(?:in (?:every|each|any|all) cases?|at all times|without (?:any )?exception|always"
    rf"|under all circumstances|{_WHATEVER}|{_ASKED})"
)
_LEAD = any_case(
    r"(?:please|also|note that|remember to|(?:make|be) sure (?:to|that)|make sure|ensure(?: that)?"
    rf"|see to it that|{_ALWAYS}|(?:in|within|throughout) {ANSWER}"
    r"|when (?:answering|replying|responding)(?: to (?:the user|users|the customer))?"
    r"|for (?:brevity|clarity|readability|simplicity|consistency)"
    r"|be (?:brief|concise|short)(?=:)|(?:do not|never) (?:forget|fail|omit) to"
    r")(?:[,:]? |: )"
)
_TAIL = any_case(
    rf"(?:,? (?:please|at all|ever|whatsoever|anywhere|{_ALWAYS}"
    r"|of any kind|under any circumstances|at any (?:time|point)|when (?:answering|replying)"
    rf"|(?:per|in|within|throughout|across) (?:{ANSWER}|{_NOUN})"
    r"|to (?:the user|users|the customer)"
    r"|(?:because|so that) (?:(?!\b(?:unless|except|but|only|if|when|however|though|instead)\b)"
    r"[^.;:\"])+))$"
)

_EACH_TIME = any_case(r"\b(?:every|each|all|always)\b(?![- ]caps)(?<!at all)")
_ADVERB = r"(?:(?:always|also|therefore|strictly|ever|please) )*"
_MODAL = (
    r"(?:must|shall|should|will|(?:is|are) (?:to|required to|expected to|supposed to)"
    r"|ha(?:s|ve) to|needs? to|ought to)"
)
_MAY = r"(?:may|can|(?:is|are) (?:allowed|permitted) to)"
_FORBIDDEN = r"(?:(?:is|are) (?:not|never) (?:allowed|permitted|supposed|expected|to)(?: to)?)"
_NOT = (
    rf"(?:(?:{_MODAL}|{_MAY}|do|does) {_ADVERB}(?:not|never)|{_FORBIDDEN}|never"
    r"|(?:is|are) (?:forbidden|prohibited) (?:to|from)|not)"
)
_MODALITY = any_case(
    rf"{_ADVERB}(?:(?P<no>{_NOT})|(?P<may>{_MAY})|{_MODAL})? ?{_ADVERB}(?P<rest>.+)"
)
_OBLIGES = any_case(r"(?:must|ha(?:s|ve) to|needs? to)\b")
"""After "no answer": "no answer needs to ..." forbids nothing."""
_UNWANTED = any_case(
    r"(?P<what>.+?) (?:(?:(?:must|should|shall|may|can|will) (?:never|not)(?: ever)? (?:be )?"
    r"|(?:is|are) (?:never|not) (?:to be )?)"
    r"(?P<done>used|allowed|permitted|included|written|mentioned|named|said|added|shown|appear"
    r"|occur|acceptable)|(?:is|are) (?:strictly )?(?:forbidden|prohibited|banned|disallowed)"
    r"|(?:must|should|shall) be avoided|never (?:appears?|occurs?))"
)
_LENGTH = any_case(
    rf"(?:the )?max(?:imum|imal)? (?:answer )?length(?: (?:of|for) {ANSWER})?(?: is|:) (?P<n>.+)"
)
_BOUND = any_case(
    r"(?:at (?:most|least)|(?:no|not) (?:more|fewer|less) than|a (?:maximum|minimum) of|maximum"
    r"|minimum|max\.?|min\.?|up to|exactly|fewer than|less than|under|between|only"
    rf"|{NUMBER})\b"
)
_COUNTS = any_case(rf"\b(?:more than|at most) {NUMBER} [\w-]+(?: \w+)? in\b")
_WITHOUT = any_case(
    r"(?:(?:in )?(?:plain |continuous |running )?(?:paragraphs|prose),? )?without "
    r"(?:(?:any|using) )*(?P<what>.+)"
)
_PER = {
    part: any_case(
        rf"(?P<rest>.+?),? (?:per {noun}|(?:in|to|for) (?:each|every|any|an?) {noun}"
        rf"|in (?:all |your |the )?{_plural(noun)})(?: (?:in|of) {ANSWER})?"
    )
    for part, noun in _PARTS.items()
}

_REGULAR = """use write include contain have add give say mention name begin start open end close
finish conclude keep limit restrict cap hold stay remain exceed answer reply respond ask format
present state put provide post insert avoid refrain consist go make show produce place"""
_IRREGULAR = {
    "be": "be", "is": "be", "are": "be", "being": "be", "has": "have", "saying": "say",
    "putting": "put", "beginning": "begin", "replies": "reply", "going": "go", "goes": "go",
    "finishes": "finish",
}  # fmt: skip
VERBS = _IRREGULAR | {
    form: verb
    for verb in _REGULAR.split()
    for form in (verb, f"{verb}s", f"{verb.removesuffix('e')}ing")
}
"""The base form of a verb by its forms."""
USING = ("use", "write", "include", "contain", "have", "add", "put", "insert")
"""Verbs that all mean that something is in the answer."""
_OF_PARTS = frozenset({"contain", "have", "be", "consist", "stay", "remain"})
"""What only an answer or a part of it can do: an assistant does not have 40 words."""


def numbered_quotes(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with straight quotation marks and numbers for its quotations, and the quotations."""
    quotes: list[str] = []

    def number(match: re.Match[str]) -> str:
        quotes.append(next(group for group in match.groups() if group))
        return f'"{len(quotes) - 1}"'

    marked = re.sub(
        r"[\"“„]([^\"”“„\n]+)[\"”“]|`([^`\n]+)`|(?<!\w)[‘']([^'’‘\n]+)['’](?!\w)", number, text
    )
    return marked, tuple(quotes)


def spelt_out(text: str) -> str:
    """The text on one line, with contractions written out and without its final mark."""
    plain = " ".join(text.replace("’", "'").split())
    for pattern, words in _IN_FULL:
        plain = pattern.sub(words, plain)
    return plain.rstrip(".!;, ")


_IN_FULL = (
    (sought(r"\bcan(?:'t|not)\b"), "can not"),
    (sought(r"\bwon't\b"), "will not"),
    (sought(r"(\w)n't\b"), r"\1 not"),
    (
        sought(r"\b(?:is|are) (never|not) (?=(?:longer|shorter|more|fewer|less|over|under)\b)"),
        r"must \1 be ",
    ),
    (sought(r"\bunder no circumstances\b,?"), "never"),
)


LISTED = re.compile(r",? (?:and/or|and|or|nor) |, ")
"""What stands between the items of a list."""


def names_of(kinds: Mapping[str, str]) -> dict[str, str]:
    """What wordings call each kind, from the kinds with their names ("link, links")."""
    return {name: kind for kind, names in kinds.items() for name in names.split(", ")}


def items(text: str, known: Mapping[str, str]) -> tuple[str, ...] | None:
    """The known things that a list ("emojis, hashtags or links") names; None if one is unknown."""
    parts = LISTED.split(text.lower())
    names = [known.get(re.sub(r"^(?:any|an?|the use of) ", "", part)) for part in parts]
    return None if None in names else tuple(dict.fromkeys(name for name in names if name))


def read_clause(text: str, quotes: tuple[str, ...] = ()) -> Clause | None:
    """The demand of a wording that has been through `spelt_out` and `numbered_quotes`, or None."""
    bare = trimmed(text)
    tail = text[text.find(bare) + len(bare) :]
    for read in (_length, _edge, _unwanted, _of_part, _by_assistant, _bare):
        clause = read(bare)
        if clause is not None and _not_always(clause, bare, tail):
            return None
        if clause is not None:
            return _of_its_part(clause._replace(quotes=quotes))
    return None


def _not_always(clause: Clause, text: str, tail: str) -> bool:
    """Whether it may only deny that something is always so ("do not end every answer with ...")."""
    if not clause.negative or re.search(r"\b(?:avoid\w*|refrain|forbidden|banned)\b", text, re.I):
        return False
    return bool(_EACH_TIME.search(clause.rest) or _EACH_TIME.search(tail))


def trimmed(text: str) -> str:
    """The wording without the white-listed words at its beginning and end."""
    while (match := _LEAD.match(text)) and match.end() < len(text):
        text = text[match.end() :]
    while (match := _TAIL.search(text)) and match.start():
        text = text[: match.start()]
    if _COUNTS.search(text):
        text = re.sub(rf" in (?:a single|one|the same) {_NOUN}$", "", text, flags=re.I)
    return text


def _length(text: str) -> Clause | None:
    match = _LENGTH.fullmatch(text)
    return Clause("be", f"at most {match['n']}") if match else None


def _edge(text: str) -> Clause | None:
    """ "The last line of every answer must be "Bye."\""""
    match = full(
        r"the (?P<edge>first|opening|last|final|closing) (?P<kind>line|sentence|words?)"
        rf" (?:of|in) {ANSWER} (?:{_MODAL} )?(?:always )?(?:be|reads?|is)[:,]? (?P<n>\"\d+\")",
        text,
    )
    return Clause("edge", f"{match['edge']} {match['kind']} {match['n']}") if match else None


def _unwanted(text: str) -> Clause | None:
    """ "Emojis are not allowed." """
    match = _UNWANTED.fullmatch(text)
    if match is None or re.match(r"(?:no|not|never)\b", match["what"], re.I):
        return None
    verbs = {"mentioned": "mention", "named": "name", "said": "say"}
    verb = verbs.get((match["done"] or "").lower(), "use")
    return Clause(verb, match["what"], negative=True)


def _of_part(text: str) -> Clause | None:
    """ "Every answer must ...", "No sentence may ..." """
    for part, named in NAMED.items():
        noun = _NOUN if part == "answer" else _PARTS[part]
        match = full(rf"(?:(?P<no>no {noun}{_OWNER})|{named}) (?P<rest>.+)", text)
        if match is None:
            continue
        clause = _demand(match["rest"], subject=True)
        if clause is None or (match["no"] and (clause.negative or _OBLIGES.match(match["rest"]))):
            continue
        if match["no"]:
            clause = clause._replace(negative=True, may=False)
        return clause._replace(part=part)
    return None


def _by_assistant(text: str) -> Clause | None:
    match = full(rf"{_ASSISTANT} (?P<rest>.+)", text)
    clause = _demand(match["rest"], subject=True) if match else None
    return None if clause is None or clause.verb in _OF_PARTS else clause


def _bare(text: str) -> Clause | None:
    """Without a subject: "Never use ...", "No emojis", "At most 40 words"."""
    if _BOUND.match(text):
        return Clause("use", text)
    absent = full(r"no (?P<what>.+)", text)
    if absent:
        return Clause("use", absent["what"], negative=True)
    clause = _demand(text, subject=False)
    return None if clause is None or clause.verb in _OF_PARTS - {"stay"} else clause


def _demand(text: str, *, subject: bool) -> Clause | None:
    """Read from the modal verb on; without a subject only "do not", "never" and the imperative."""
    match = _MODALITY.fullmatch(text)
    if match is None:
        return None
    modal = match.start("rest") and re.match(rf"{_ADVERB}(?:{_MODAL}|{_MAY})\b", text, re.I)
    if modal and not subject and not re.match(r"(?:must|should|shall|may)\b", text, re.I):
        return None
    after = text[match.end("no") :] if match["no"] else ""
    if re.match(r" *(?:\w+ )?(?:always|at all times)\b", after, re.I):
        return None
    word, _, rest = trimmed(match["rest"]).partition(" ")
    verb = VERBS.get(word.lower())
    if verb is None or (rest == "" and verb != "be"):
        return None
    return _turned(Clause(verb, rest, bool(match["no"]), bool(match["may"])))


def _turned(clause: Clause) -> Clause | None:
    """Read "avoid ...", "refrain from ..." and "write without ..." as forbidding what follows."""
    refused, verb, rest = clause.negative or clause.may, clause.verb, clause.rest
    if verb in ("avoid", "refrain"):
        what = rest.removeprefix("from ") if verb == "refrain" else rest
        return None if refused else _forbidden(what)
    without = _WITHOUT.fullmatch(rest) if verb in ("answer", "reply", "respond", "write") else None
    if verb == "be":
        without = full(r"(?:free of|without) (?P<what>.+)", rest)
    if without:
        return None if refused else _forbidden(without["what"])
    none = full(r"no (?!more|fewer|less|longer)(?P<what>.+)", rest)
    if none and verb in ("use", "contain", "have", "include", "write", "add", "ask"):
        return None if refused else clause._replace(rest=none["what"], negative=True)
    return clause


def _forbidden(what: str) -> Clause:
    word, _, rest = what.partition(" ")
    verb = VERBS.get(word.lower()) if word.lower().endswith("ing") and rest else None
    return Clause(verb, rest, negative=True) if verb else Clause("use", what, negative=True)


def _of_its_part(clause: Clause) -> Clause:
    """A clause whose end names the part it is about: "... per sentence"."""
    if clause.part != "answer":
        return clause
    for part, per in _PER.items():
        match = per.fullmatch(clause.rest)
        if match:
            return clause._replace(part=part, rest=trimmed(match["rest"]))
    return clause
