"""Refine the rules of a document with a model, passage by passage, under a JSON schema.

Every quotation the model gives is aligned to the passage or rejected and recorded as a failure, so
no rule can stand outside the document, in commentary or in an example. What the model leaves out is
kept only where the wording itself states a duty ('must', 'should', 'is not allowed'): there a small
model's omission is more likely wrong than the reading. Rules read from mood, tense or a heading go
when the model does not confirm them. A passage whose answer could not be had or read keeps all its
rules.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, NamedTuple

import json_repair
from pydantic import BaseModel, ConfigDict, ValidationError
from rapidfuzz import fuzz

from specloop.errors import ModelError
from specloop.llm.base import Model, Request, schema_text
from specloop.llm.wrap import bounded
from specloop.prompt import Prompt
from specloop.records import Category, Failure, MadeBy, Rule, RuleType, Sampling
from specloop.spec.align import align
from specloop.spec.blocks import Block
from specloop.spec.context import tidy
from specloop.spec.extract import make_rule, manner_of
from specloop.spec.sections import Part
from specloop.spec.statements import may_state_rules
from specloop.spec.wording import Obligation, obligation

MAX_PASSAGE = 2500
"""Characters of a passage: what a small model reads with care."""
MIN_AGREEMENT = 50.0
"""Of 100: how much of the rule's text must come from its quotation."""


class _Answer(BaseModel):
    """One rule as the model gives it."""

    model_config = ConfigDict(extra="ignore")
    quote: str
    text: str
    type: RuleType
    category: Category


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "rules": {
            "type": "array",
            "maxItems": 24,
            "items": {
                "type": "object",
                "properties": {
                    "quote": {"type": "string", "maxLength": 600},
                    "text": {"type": "string", "maxLength": 400},
                    "type": {"enum": ["prohibition", "requirement", "guideline", "definition"]},
                    "category": {"enum": ["safety", "behavioral"]},
                },
                "required": ["quote", "text", "type", "category"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["rules"],
    "additionalProperties": False,
}


class Passage(NamedTuple):
    """Consecutive blocks of one section that a model reads at once."""

    source: str
    part: Part
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """The passage as the model sees it: clean text, one block a paragraph."""
        return "\n".join(
            "  " * (b.level - 1) + "- " + b.text.text if b.kind == "item" else b.text.text
            for b in self.blocks
        )


class Refined(NamedTuple):
    """What a model made of one passage; `read` is false if its answer could not be used at all."""

    passage: Passage
    rules: tuple[Rule, ...]
    failures: tuple[Failure, ...]
    read: bool = True


def passages(source: str, blocks: Sequence[Block], parts: Sequence[Part]) -> list[Passage]:
    """What of the document can state rules, cut to a length that a small model reads with care."""
    found: list[Passage] = []
    for at, part in enumerate(parts):
        if manner_of(parts, at) is None:
            continue
        gathered: list[Block] = []
        for block in (blocks[i] for i in part.blocks if may_state_rules(blocks[i])):
            size = sum(len(b.text.text) for b in gathered)
            if gathered and size + len(block.text.text) > MAX_PASSAGE:
                found.append(Passage(source, part, tuple(gathered)))
                gathered = []
            gathered.append(block)
        if gathered:
            found.append(Passage(source, part, tuple(gathered)))
    return found


async def refine(
    todo: Iterable[Passage], model: Model, sampling: Sampling, limit: int
) -> AsyncIterator[Refined]:
    """Ask the model about each passage, `limit` at once; results come as they finish."""
    prompt = Prompt.beside(__file__)

    async def ask(passage: Passage) -> Refined:
        messages = prompt.render(
            section=" > ".join(passage.part.section.path), passage=passage.text
        )
        request = Request(messages=messages, sampling=sampling, json_schema=schema_text(SCHEMA))
        try:
            reply = await model.generate(request)
        except ModelError as error:
            return Refined(passage, (), (_failure(passage, str(error)),), read=False)
        made_by = MadeBy(model=model.name, prompt=prompt.digest, sampling=sampling)
        return read_reply(passage, reply.text, made_by)

    async for _, refined in bounded(ask, todo, limit):
        yield refined


def read_reply(passage: Passage, reply: str, made_by: MadeBy) -> Refined:
    """Rules from a model's reply; each quotation that is not in the passage becomes a failure."""
    entries = _entries(reply)
    if entries is None:
        return Refined(
            passage, (), (_failure(passage, "the reply is not a list of rules"),), read=False
        )
    rules: dict[str, Rule] = {}
    failures: list[Failure] = []
    for entry in entries:
        outcome = _rule(passage, entry, made_by)
        if isinstance(outcome, Failure):
            failures.append(outcome)
        else:
            rules.setdefault(outcome.id, outcome)
    return Refined(passage, tuple(rules.values()), tuple(failures))


def _entries(reply: str) -> list[Any] | None:
    try:
        content: Any = json.loads(reply)
    except json.JSONDecodeError:
        content = json_repair.loads(reply)
    entries = content.get("rules") if isinstance(content, dict) else content
    return entries if isinstance(entries, list) else None


def _rule(passage: Passage, entry: Any, made_by: MadeBy) -> Rule | Failure:
    try:
        answer = _Answer.model_validate(entry)
    except ValidationError as error:
        return _failure(
            passage, f"a rule lacks {error.errors()[0]['loc'][-1]!r}: {str(entry)[:80]}"
        )
    span = align(answer.quote, passage.source, passage.blocks)
    if span is None:
        return _failure(passage, f"the quotation is not in the section: {answer.quote[:120]!r}")
    if fuzz.partial_token_set_ratio(answer.text, passage.text) < MIN_AGREEMENT or not _agrees(
        answer
    ):
        return _failure(
            passage, f"the rule says something else than its quotation: {answer.text[:120]!r}"
        )
    duty = obligation(answer.text) or Obligation("indicative", answer.type == "prohibition")
    rule = make_rule(passage.source, passage.part, tidy(answer.text), span, duty)
    update = {"type": answer.type, "category": answer.category, "extracted_by": made_by}
    return rule.model_copy(update=update)


def _agrees(answer: _Answer) -> bool:
    return fuzz.token_set_ratio(answer.text.lower(), answer.quote.lower()) >= MIN_AGREEMENT


def _failure(passage: Passage, reason: str) -> Failure:
    where = passage.part.section.anchor or " > ".join(passage.part.section.path) or "beginning"
    first = passage.blocks[0].start
    return Failure(stage="rules", item=f"{where}@{first}", reason=reason)


def merge(rules: Sequence[Rule], refined: Iterable[Refined]) -> list[Rule]:
    """The document's rules after refinement, in reading order."""
    kept = {rule.id: rule for rule in rules}
    renamed: dict[str, str] = {}
    for result in refined:
        if not result.read:
            continue
        for old in [rule for rule in kept.values() if _inside(rule, result.passage)]:
            new = next((rule for rule in result.rules if _overlap(old, rule)), None)
            if new is not None:
                renamed[old.id] = new.id
            if new is not None or not _explicit(old):
                del kept[old.id]
        kept |= {rule.id: rule for rule in result.rules}
    order = sorted(kept.values(), key=lambda rule: (rule.start, rule.end))
    return [_relinked(rule, renamed, rules, kept) for rule in order]


def _inside(rule: Rule, passage: Passage) -> bool:
    return any(b.start <= rule.start and rule.end <= b.end for b in passage.blocks)


def _overlap(one: Rule, other: Rule) -> bool:
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared * 2 > min(one.end - one.start, other.end - other.start)


def _explicit(rule: Rule) -> bool:
    duty = obligation(rule.text)
    return (duty is not None and duty.explicit) or rule.exception_to is not None


def _relinked(
    rule: Rule, renamed: dict[str, str], before: Sequence[Rule], kept: dict[str, Rule]
) -> Rule:
    """Carry the exception link over from the rules that this one replaces."""
    links = [rule.exception_to, *(o.exception_to for o in before if renamed.get(o.id) == rule.id)]
    bases = (renamed.get(link, link) for link in links if link)
    base = next((link for link in bases if link in kept and link != rule.id), None)
    return rule if base == rule.exception_to else rule.model_copy(update={"exception_to": base})
