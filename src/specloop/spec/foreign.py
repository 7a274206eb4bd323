"""Rules of parts in other languages, which only a model reads: code knows English wording alone.

Each quotation is aligned to its passage, as in `refine`; a rule has to be made of its words. What
it asks and whether it forbids is what the model says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError
from rapidfuzz import fuzz

from specloop.items import Loop, each, local
from specloop.llm.base import Request
from specloop.llm.roles import RoleModel
from specloop.llm.structured import ask_json
from specloop.prompt import Prompt
from specloop.records import Failure, MadeBy, Rule
from specloop.spec.blocks import Block
from specloop.spec.extract import make_rule
from specloop.spec.language import Part
from specloop.spec.passages import Passage, passages
from specloop.spec.quotations import align
from specloop.spec.refine import (
    MIN_AGREEMENT,
    ModelRule,
    answer_schema,
    failure,
    read_entries,
    where,
)
from specloop.spec.sections import SectionBlocks
from specloop.spec.wording import Obligation


class Foreign(NamedTuple):
    """A document whose parts in other languages are to be read."""

    source: str
    blocks: Sequence[Block]
    sections: Sequence[SectionBlocks]
    parts: Sequence[Part]

    def passages(self) -> Iterator[_Todo]:
        """What a model reads at once, with its language."""
        for cut in passages(self.source, self.blocks, self.sections, _is_foreign):
            at = cut.blocks[0].start
            names = (part.language for part in self.parts if part.start <= at < part.end)
            yield _Todo(cut, next(names, ""))


def _is_foreign(block: Block) -> bool:
    return block.aside == "foreign"


class _Todo(NamedTuple):
    passage: Passage
    language: str


class _Read(NamedTuple):
    rules: tuple[Rule, ...]
    failures: tuple[Failure, ...]


async def read_foreign(
    document: Foreign,
    role_model: RoleModel,
    record: Callable[[Sequence[Failure]], object],
) -> list[Rule]:
    """The rules of a document's parts in other languages; `record` gets each failure at once."""
    prompt, model = Prompt.beside(__file__), role_model.model
    sampling = role_model.sampling(seed=0, max_tokens=1500)
    made_by = MadeBy(model=model.name, prompt=prompt.digest, sampling=sampling)

    async def ask(todo: _Todo) -> _Read:
        passage = todo.passage
        path = " > ".join(passage.part.section.path)
        messages = prompt.render(language=todo.language, section=path, passage=passage.text)
        request = Request(messages=messages, sampling=sampling, json_schema=answer_schema(0))
        entries = await ask_json(model, request, read_entries)
        outcomes = [_rule(passage, entry, made_by) for entry in entries]
        rules = tuple(o for o in outcomes if isinstance(o, Rule))
        return _Read(rules, tuple(o for o in outcomes if isinstance(o, Failure)))

    loop = Loop[_Todo, _Read](
        "reading other languages",
        "rules",
        lambda todo: where(todo.passage),
        local(role_model.settings.concurrency),
        failing=lambda read: read.failures,
        record=record,
    )
    results = await each(ask, list(document.passages()), loop)
    read = [rule for result in results if isinstance(result, _Read) for rule in result.rules]
    return list({rule.id: rule for rule in read}.values())


def _rule(passage: Passage, entry: Any, made_by: MadeBy) -> Rule | Failure:
    try:
        answer = ModelRule.model_validate(entry)
    except ValidationError:
        return failure(passage, f"a rule is not in the form asked for: {str(entry)[:80]}")
    span = align(answer.quote, passage.source, passage.blocks)
    if span is None:
        return failure(passage, f"the quotation is not in the section: {answer.quote[:120]!r}")
    if fuzz.token_set_ratio(answer.text.lower(), answer.quote.lower()) < MIN_AGREEMENT:
        reason = "the rule says something else than its quotation"
        return failure(passage, f"{reason}: {answer.text[:120]!r}")
    duty = Obligation("must", answer.type == "prohibition")
    rule = make_rule(passage.source, passage.part, answer.text, span, duty)
    update = {"type": answer.type, "category": answer.category, "extracted_by": made_by}
    return rule.model_copy(update=update)
