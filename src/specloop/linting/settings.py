"""Settings that guides decide for a whole project, each with its values: indentation, the length of
lines, quotes, the case of names and headings, the form of commit messages.

Two guides seldom say such a thing in the same words, so it is read by its subject and its value,
not by comparing sentences. What holds for one language or part is not compared with what holds for
another one, nor what has a condition.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from specloop.checking.text import number
from specloop.linting.document import LintDocument
from specloop.linting.pairs import MOST_OF_KEY
from specloop.linting.settings_table import NAME_CASES, SETTINGS, Setting
from specloop.spec.blocks import Block
from specloop.spec.mapped import sentences
from specloop.spec.sections import is_examples


class SettingSaid(NamedTuple):
    """A value that a sentence demands or rules out for one setting."""

    setting: str
    value: str
    wanted: bool
    languages: frozenset[str]
    """Those that the sentence and its headings name."""
    title: frozenset[str]
    """Those that the title above all its headings names."""
    parts: frozenset[str]
    """Other words that say what it is about: equal in both or they do not clash."""
    anywhere: bool
    """Whether it says that it holds for all code."""
    span: tuple[int, int]

    def clashes(self, other: SettingSaid) -> bool:
        """Whether no text can have both values."""
        if self.parts != other.parts or not (self.wanted or other.wanted):
            return False
        mine, theirs = self.languages or self.title, other.languages or other.title
        if mine and theirs:
            together = bool(mine & theirs)
        else:
            together = not (self.languages or other.languages) or self.anywhere or other.anywhere
        return together and (self.value != other.value) == (self.wanted == other.wanted)


_NAMED = re.compile(
    r"\b(function|method|variable|class|constant|file|folder|component|table|column|field|"
    r"parameter|branch|propert(?=y|ies)|namespace|package|module|interface|enum|hook|endpoint|"
    r"member)(?:y|e?s|ies)?\b"
)
_LANGUAGE = re.compile(
    r"(?<![\w.`/])(python|javascript|js|typescript|ts|coffeescript|jsx|tsx|css|scss|sass|less|"
    r"stylus|html|xml|svg|yaml|yml|json|toml|sql|golang|rust|java|kotlin|swift|c\+\+|c#|ruby|php|"
    r"perl|bash|shell|markdown|makefiles?|powershell|solidity|vue|terraform|graphql)(?![\w`+#])"
)
_SAME = {"js": "javascript", "ts": "typescript", "yml": "yaml", "makefiles": "makefile"}
_PART = re.compile(
    r"\b(docstring|comment|attribute|tests?(?! coverage)|import|private|protected|public|static|"
    r"macro|template|continu\w+|nested|inner|hanging|switch|case label|clos\w+|function|class|"
    r"method|namespace|struct|page|section|soft limit|hard limit|front-?end|back-?end|server|"
    r"client|mobile|ios|android|admin\w*|privileged|service|critical|new code|legacy|generated|"
    r"url|path|query|literal|documentation|readme|changelog|email|release|hotfix|single-line|"
    r"multi-?line|inline|e2e|integration|business|working|high|medium|low|major|minor|urgent|"
    r"p[0-4]|sev-?\d|premium|new employees|part-time)(?:e?s)?\b"
)
_EVERYWHERE = re.compile(r"\ball (?:code|source|programming|languages)\b")
_ASIDE = re.compile(
    r"\((?!\d+\))[^()]*\)|[“”\"*]|(?:,| [-–—])? ?\b(?:unless|except|but)\b.*$"
    r"|,? if (?:not )?(?:absolutely )?(?:possible|necessary)\b"
    r"|^when (?:you(?:[’']re| are)? )?(?:writing|naming|indenting|formatting)\b[^,]*,"
)
"""What is left out: asides, and an exception, which leaves the rule as it is elsewhere."""
_OPEN = re.compile(
    r"\b(?:if|when|whenever|where|while|until|either|some|usually|typically|generally|"
    r"often|sometimes|by default|defaults? to|optional\w*|configurable|depend\w*|"
    r"existing|already|instead(?! of)|although|however|whether|(?<!not )allowed|ok(?:ay)?|"
    r"acceptable|(?:may|might|can|could)(?! be (?:returned|carried))|"
    r"or (?:\w+ )?(?:tabs?|spaces|singles?|doubles?))\b|\?\s*$|\bor$"
)
"""Words of a condition, a choice or a fact."""
_ANNOUNCES = re.compile(r"\b(?:guidelines?|rules|conventions|standards|practices)\b")
"""What makes a lead-in no condition: "follow these rules when committing:"."""
_NOT = re.compile(
    r"(?:\b(?:not|never|no|avoid\w*|instead of|rather than|over|without)|n[’']t)(?: \w+){0,3} ?\W?$"
)
_RULED_OUT = re.compile(
    r"[`\w]*(?: \w+)? (?:is|are|must|should)(?: be)? (?:not|never|forbidden|prohibited|avoided)\b"
)
_NUMBER_CUE = re.compile(
    r"(?:\d|\b(?:one|two|three|four|eight)\b).{0,40}(?:ch|col|spac|hour|day|week|month|year|%|approv|"
    r"review)|(?:width|length|limit|size|coverage)\W.{0,40}(?:\d|two|three|four|eight)"
)
_VALUE_CUE = re.compile(
    r"\btabs?\b|spaces|[se][- ]quot|semi-?colon|comma\b|cas(?:e|ing)\b|camel|caps\b|english|"
    r"american|british|capital|studly|singular|plural|[ewt] line\b|function |arrow f|`const`|`type|"
    r"interface|imperative|past tense|underscores|hyphen|dashes"
)
"""Words without which a sentence has no value: a quick look before the slow one."""
MAX_CHARS = 240
"""Longer sentences say too many things."""


def clashing(document: LintDocument, numbers: bool) -> Iterator[tuple[SettingSaid, SettingSaid]]:
    """What is said of one setting and cannot be kept together, once for two places; of the settings
    with numbers or of those with other values."""
    groups: defaultdict[str, list[SettingSaid]] = defaultdict(list)
    seen: set[tuple[tuple[int, int], tuple[int, int]]] = set()
    for said in _all_said(document, numbers):
        group = groups[said.setting]
        for earlier in group:
            both = earlier.span, said.span
            if earlier.span != said.span and both not in seen and earlier.clashes(said):
                seen.add(both)
                yield earlier, said
        if len(group) < MOST_OF_KEY:
            group.append(said)


def _all_said(document: LintDocument, numbers: bool) -> Iterator[SettingSaid]:
    """What the document's headings and sentences say about settings, in reading order."""
    for part in document.parts:
        if is_examples(part.section):
            continue
        path = [heading.lower() for heading in part.section.path]
        if part.heading_span:
            yield from _said(_Place(part.heading.lower(), part.heading_span, "", path), numbers)
        blocks = [document.blocks[at] for at in part.blocks]
        for place in _places(document, blocks, path):
            yield from _said(place, numbers)


class _Place(NamedTuple):
    """A sentence in lower case, with what stands above it."""

    text: str
    span: tuple[int, int]
    above: str
    """Its lead-in, or else its heading."""
    path: Sequence[str]


def _places(
    document: LintDocument, blocks: Sequence[Block], path: Sequence[str]
) -> Iterator[_Place]:
    """The sentences that may set something: no alternatives, and nothing below a condition."""
    before = ""
    for block in blocks:
        lead = document.blocks[block.lead].text.text.lower() if block.lead >= 0 else ""
        conditional = lead.endswith(":") and _OPEN.search(lead) and not _ANNOUNCES.search(lead)
        if block.aside or block.kind == "fence" or conditional:
            continue
        above = lead[:MAX_CHARS] or "".join(path[-1:])
        for sentence in sentences(block.text):
            # Written with a capital it is the other case.
            text = sentence.text.replace("CamelCase", "PascalCase").lower()
            if len(text) <= MAX_CHARS and not before.endswith((" or", " either")):
                yield _Place(text, sentence.span(0, len(sentence.text)), above, path)
            before = text


def _said(place: _Place, numbers: bool) -> Iterator[SettingSaid]:
    """The settings of one sentence."""
    text, span, above, path = place
    if not (_NUMBER_CUE if numbers else _VALUE_CUE).search(text):
        return
    bare = " ".join(_ASIDE.sub(" ", text).split())
    around = f"{' / '.join(path)} / {above}"
    clauses = re.split(r"; |, (?=`[^`]+` for\b)", bare)
    read = _numbers if numbers else _values
    readings = [reading for clause in clauses for reading in read(clause, above, around)]
    if not readings or _OPEN.search(bare):
        return
    languages = _languages(" / ".join([*path[1:], *([above] if above not in path else []), text]))
    parts = frozenset(_PART.findall(bare))
    anywhere = bool(_EVERYWHERE.search(text))
    title = _languages("".join(path[:1]))
    for setting, value, wanted in readings:
        about = parts - {word.removesuffix("s") for word in f"{setting} {value}".split()}
        yield SettingSaid(setting, value, wanted, languages, title, about, anywhere, span)


def _languages(text: str) -> frozenset[str]:
    return frozenset(_SAME.get(match[0], match[0]) for match in _LANGUAGE.finditer(text))


def _about(text: str, above: str, around: str, numbers: bool) -> Iterator[Setting]:
    """The settings that a text or what stands above it names."""
    for setting in SETTINGS:
        named = any(re.search(setting.subject, said) for said in (text, above))
        beside = not setting.near or re.search(setting.near, f"{around} / {text}")
        if named and beside and ("" in setting.values) == numbers:
            yield setting


def _values(text: str, above: str, around: str) -> Iterator[tuple[str, str, bool]]:
    """Settings with their values and whether these are wanted."""
    for setting in _about(text, above, around, numbers=False):
        yield from ((setting.name, *one) for one in _chosen(setting.values, text))
    yield from _names(text)


_HOURS = {"hour": 1, "day": 24, "week": 168, "month": 730, "year": 8766}


def _numbers(text: str, above: str, around: str) -> Iterator[tuple[str, str, bool]]:
    """Settings with the one number that is given for them; of lengths only the first."""
    measured = False
    for setting in _about(text, above, around, numbers=True):
        lengths = "length" in setting.name or "body" in setting.name
        found = {_amount(match) for match in re.finditer(setting.values[""], text)}
        if len(found) == 1 and not (lengths and measured):
            yield setting.name, str(*found), True
        measured = measured or (lengths and bool(found))


def _amount(match: re.Match[str]) -> int:
    """A number, of times in hours."""
    named = match.groupdict()
    return number(named["n"] or named["n2"]) * _HOURS.get(named.get("unit") or "hour", 1)


def _chosen(values: dict[str, str], text: str) -> Iterator[tuple[str, bool]]:
    """The value that is wanted, if it is one, and those that are ruled out."""
    wanted, ruled_out = set[str](), set[str]()
    for value, pattern in values.items():
        for match in re.finditer(pattern, text):
            before, after = text[: match.start()], text[match.end() :]
            ruled = _NOT.search(before) or _RULED_OUT.match(after)
            (ruled_out if ruled else wanted).add(value)
    if len(wanted) < 2:
        yield from ((value, True) for value in wanted)
        yield from ((value, False) for value in ruled_out - wanted)


def _names(text: str) -> Iterator[tuple[str, str, bool]]:
    """How names of a kind are written: "camelCase for variables", "file names in kebab-case"."""
    for clause in re.split(r"[;.]|, (?:and )?(?=`?\w+(?:case|_case)\b)", text):
        chosen = [value for value, wanted in _chosen(NAME_CASES, clause) if wanted]
        nouns = dict.fromkeys(_NAMED.findall(clause))
        yield from ((f"names of {noun}", value, True) for value in chosen for noun in nouns)
