"""Worked examples: fenced conversations and the answers their authors graded.

    <user> ... </user>
    <comparison>
    <assistant> <!-- GOOD: why --> ... </assistant>
    <assistant> <!-- BAD --> ... </assistant>
    </comparison>

One fence may hold several comparisons: a later one continues from the first good answer of the one
before it. A message's recipient or sender is kept as its first line, `[to browser]` or `[from
browser]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Literal, NamedTuple, cast

from specloop.checking.text import any_case
from specloop.records import Example, GradedAnswer, Message, Role, Rule, Section
from specloop.spec.blocks import Block, is_example
from specloop.spec.sections import SectionBlocks

Grade = Literal["GOOD", "OK", "BAD"]

_ELEMENT = re.compile(
    r"<(?P<tag>system|developer|user|assistant|tool)(?P<attrs>(?:\s[^<>]*)?)>"
    r"(?:[ \t]*<!--(?P<note>.*?)-->)?(?P<body>.*?)</(?P=tag)\s*>|<(?P<edge>/?comparison)\s*>",
    re.S,
)
_GRADE = re.compile(r"\s*(GOOD|OK|BAD)\b[\s,:;—–-]*(.*?)\s*$", re.S | re.I)
_ATTRIBUTE = re.compile(r"([\w-]+)=\"([^\"]*)\"")
_REFERENCE = re.compile(r"\[#([\w:-]+)\]|\]\(#([\w:-]+)\)")
_TITLE = any_case(r"\W*(?:worked |counter)?examples?(?: \d+)?\s*[:.—–-]\s*")


class _Turn(NamedTuple):
    message: Message
    note: str
    comment: str


def read_examples(
    source: str, blocks: Sequence[Block], parts: Sequence[SectionBlocks], rules: Sequence[Rule]
) -> list[Example]:
    """Every comparison in reading order, tied to its section and to that section's rules."""
    by_section: dict[str, list[str]] = {}
    for rule in rules:
        by_section.setdefault(rule.section, []).append(rule.id)
    anchors = {part.section.anchor: part.section.id for part in parts if part.section.anchor}
    examples: list[Example] = []
    for part in parts:
        for at in (at for at in part.blocks if blocks[at].kind == "fence"):
            before = blocks[at - 1].text.text if at - 1 in part.blocks else ""
            title = title_of(before)
            for example in _fence(source, blocks[at], title, part.section.id):
                named = (anchors[anchor] for anchor in _references(example) if anchor in anchors)
                sections = dict.fromkeys([example.section, *named])
                ids = [rule for section in sections for rule in by_section.get(section, [])]
                content = example.model_dump(exclude={"id"}) | {"rules": tuple(ids)}
                examples.append(Example.model_validate(content))
    return examples


def before_examples(section: Section, examples: Sequence[Example], max_chars: int) -> str:
    """A section's text before its first example, shortened at a paragraph."""
    inside = [e.start for e in examples if section.start <= e.start < section.end]
    text = section.text[: min(inside, default=section.end) - section.start].strip()
    text = text.partition("\n**Example**")[0].rstrip()
    short = text[:max_chars]
    return short if len(short) == len(text) else short.rpartition("\n")[0] or short


def title_of(text: str) -> str:
    """The title that a text before a conversation gives it; empty if it gives none."""
    return _TITLE.sub("", text).strip() if is_example(text) else ""


def read_conversation(source: str, fence: Block) -> tuple[Message, ...]:
    """The turns of a fenced block up to its first comparison."""
    matches = _ELEMENT.finditer(source, fence.start, fence.end)
    before = takewhile(lambda match: not match["edge"], matches)
    return tuple(_turn(match).message for match in before)


def _references(example: Example) -> Iterator[str]:
    for comment in (example.comment, *(answer.comment for answer in example.answers)):
        for match in _REFERENCE.finditer(comment):
            yield match[1] or match[2]


def _fence(source: str, fence: Block, title: str, section: str) -> Iterator[Example]:
    """The comparisons of one fenced block."""
    so_far: list[_Turn] = []
    answers: list[_Turn] = []
    inside, start = False, fence.start
    for match in _ELEMENT.finditer(source, fence.start, fence.end):
        if match["edge"] == "comparison":
            inside, answers = True, []
        elif match["edge"]:
            inside = False
            yield Example(
                section=section,
                title=title,
                conversation=tuple(turn.message for turn in so_far),
                answers=tuple(map(_graded, answers)),
                comment="; ".join(turn.comment for turn in so_far if turn.comment),
                start=start,
                end=match.end(),
            )
            start = match.end()
            so_far += [turn for turn in answers if _graded(turn).grade == "GOOD"][:1]
        else:
            (answers if inside else so_far).append(_turn(match))


def _graded(turn: _Turn) -> GradedAnswer:
    match = _GRADE.match(turn.note)
    grade = cast(Grade, match[1].upper()) if match else None
    comment = match[2] if match else turn.note
    return GradedAnswer(messages=(turn.message,), grade=grade, comment=comment)


def _turn(match: re.Match[str]) -> _Turn:
    attrs = dict(_ATTRIBUTE.findall(match["attrs"]))
    body = re.sub(r"\A[ \t]*\r?\n|\r?\n[ \t]*\Z", "", match["body"])
    if "recipient" in attrs:
        body = f"[to {attrs['recipient']}]\n{body}"
    elif "name" in attrs:
        body = f"[from {attrs['name']}]\n{body}"
    message = Message(role=cast(Role, match["tag"]), content=body)
    return _Turn(message, (match["note"] or "").strip(), attrs.get("comment", ""))
