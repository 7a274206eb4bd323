"""The worked examples of a document, as its authors graded their answers.

An example belongs to a section, and a graded answer says whether it keeps what the section
demands. So the section's text is what a judge is given, up to its first example.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import Field

from specloop.gold import GoldItem, GoldSource, gold
from specloop.records import Example, GoldCase, GoldLabel, GoldValue, GradedAnswer, Rule, Section
from specloop.spec import read_document, read_spec
from specloop.spec.examples import before_examples

_VALUES: dict[bool | None, GoldValue] = {True: "YES", False: "NO"}


@gold.register("examples")
class Examples(GoldSource):
    """A document's worked examples with answers marked GOOD or BAD."""

    max_chars: int = Field(default=4000, ge=200)
    """Characters of the section that a judge is given."""

    def read(self, where: str, rules: Sequence[Rule] = ()) -> Iterator[GoldItem]:
        """Its graded answers; those graded OK, or not at all, have no label and are left out."""
        spec = read_spec(read_document(Path(where)))
        sections = {section.id: section for section in spec.sections}
        for example in spec.examples:
            section = sections[example.section]
            wording = before_examples(section, spec.examples, self.max_chars)
            line = spec.document.text.count("\n", 0, example.start) + 1
            place = f"{where}: line {line}"
            for answer in example.answers:
                if value := _VALUES.get(answer.is_kept):
                    case = _case(example, answer, section, wording, place)
                    yield GoldItem(case, _label(case, value, answer, spec.document.name))


def _case(
    example: Example, answer: GradedAnswer, section: Section, wording: str, place: str
) -> GoldCase:
    return GoldCase(
        messages=example.conversation,
        answer=answer.text,
        rule_text=wording,
        rules=example.rules,
        section=section.path,
        authority=section.authority,
        group=example.id,
        place=place,
    )


def _label(case: GoldCase, value: GoldValue, answer: GradedAnswer, document: str) -> GoldLabel:
    return GoldLabel(
        case=case.id, value=value, by=document, kind="document", comment=answer.comment
    )
