"""The prompts that belong to a document's clauses, as the Model Spec has them in `examples/`.

A scenario is one clause with a footnote mark: the prompts of the file with the mark's name, judged
by the rules whose wording has the mark, or where it is in no rule by those of its section. Nobody
says which of the prompts are permitted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from specloop.errors import InputError
from specloop.records import Case, Scenario, Specs
from specloop.sources import BenchmarkSource, sources
from specloop.spec import read_document, read_spec
from specloop.spec.clauses import (
    ClausePrompt,
    MarkedClause,
    marked_clauses,
    prompts_folder,
    read_prompts,
)


@sources.register("clauses")
class Clauses(BenchmarkSource):
    """A document's prompts for its marked clauses: `examples/MARK.md` beside it."""

    def scenarios(self, where: str) -> dict[str, Callable[[], Scenario]]:
        """The scenarios by marks. InputError if the document has none with prompts."""
        path = Path(where)
        document, sections, rules, *_ = read_spec(read_document(path))
        marked = {one.mark: one for one in marked_clauses(document.text, sections, rules)}
        by_mark: dict[str, list[ClausePrompt]] = {}
        for prompt in read_prompts(prompts_folder(path)):
            by_mark.setdefault(prompt.mark, []).append(prompt)
        found = {
            mark: partial(_scenario, clause, by_mark[mark])
            for mark, clause in marked.items()
            if mark in by_mark and clause.rules
        }
        if not found:
            raise InputError(
                f"{path}: none of its clauses has the mark of a file in {prompts_folder(path)},"
                " such as [^0dh6] for 0dh6.md"
            )
        return found


def _scenario(clause: MarkedClause, prompts: Sequence[ClausePrompt]) -> Scenario:
    texts = {
        category: tuple(dict.fromkeys(r.text for r in clause.rules if r.category == category))
        for category in ("safety", "behavioral")
    }
    asked = {prompt.conversation: prompt for prompt in prompts}
    return Scenario(
        key=clause.mark,
        name=" > ".join(clause.section.path),
        specs=Specs(safety=texts["safety"], behavioral=texts["behavioral"]),
        rows=tuple(_case(clause.mark, *each) for each in enumerate(asked.values())),
    )


def _case(mark: str, number: int, prompt: ClausePrompt) -> Case:
    return Case(
        messages=prompt.conversation,
        scenario=mark,
        side="violation",
        topic=mark,
        source=prompt.title,
        number=number,
    )
