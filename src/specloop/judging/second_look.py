"""The second look: a violation that a judge found is held against the document's own text.

A judge is shown the rule with its section, the request, the answer and the first verdict with its
reason. A worked example of that very request, which says what to think of its answers, is left out
of the section. The judge's NO confirms the violation, YES or NA is a false alarm, and what cannot
be read leaves it open. The judgement is a record of its own, whose name says that it is a second
look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from specloop.judging.base import JudgeCase
from specloop.judging.grader import OpenJudge
from specloop.judging.guard import marked_lines
from specloop.judging.guides import Guides, asked_in, near
from specloop.judging.worked import of_request
from specloop.records import Example, Judgement, Rule, Section, Verdict

NAME = "second look"
_CLAIM = (
    "An earlier reader says that the answer breaks it. That reader is often wrong. The next line is"
    " the reason that was given:"
)
_CHECK = "Give NO only if the answer itself, held against this section, breaks the specification."


class SecondLook(NamedTuple):
    """The judge that looks again, with the document that it looks into."""

    judge: OpenJudge
    sections: Mapping[str, Section] = MappingProxyType({})
    """By id."""
    concurrency: int = 16
    """Answers that are looked at at once."""
    examples: Sequence[Example] = ()
    """The worked examples in the sections."""

    @property
    def label(self) -> str:
        """The judge's name and model."""
        return f"{self.judge.grader.name}:{self.judge.grader.model}"

    async def at(
        self, case: JudgeCase, found: Sequence[Verdict], rules: Iterable[Rule]
    ) -> Judgement:
        """The verdicts on the rules that `found` says are broken, from the reasons that it gives;
        ModelError if the model gave no reply at all."""
        return await self.about(case, found, rules).judgement(self.case(case, found))

    def case(self, case: JudgeCase, found: Iterable[Verdict]) -> JudgeCase:
        """The case with the rules that are found broken."""
        broken = {verdict.rule for verdict in found}
        return case._replace(specs=tuple(spec for spec in case.specs if spec.id in broken))

    def about(self, case: JudgeCase, found: Iterable[Verdict], rules: Iterable[Rule]) -> OpenJudge:
        """The judge as it is shown what is claimed: with other claims it is another. The specs of
        the case may have rubrics of their own."""
        by_id = {rule.id: rule for rule in rules}
        own = {spec.text: spec.guide for spec in case.specs}
        left_out = of_request(self.examples, asked_in(case))
        own.update(self.judge.grader.guides.by_text)
        claimed = [(by_id[verdict.rule], verdict) for verdict in found]
        guides = Guides.of(
            {
                rule.text: "\n".join(
                    [*filter(None, [own.get(rule.text)]), *self._lines(rule, verdict, left_out)]
                )
                for rule, verdict in claimed
            }
        )
        grader, model = self.judge
        worked = grader.guides.of_rules(rule for rule, _ in claimed).examples
        guides = guides.with_examples(worked, grader.guides.n_examples)
        return OpenJudge(grader._replace(name=f"{NAME} by {grader.name}", guides=guides), model)

    def _lines(self, rule: Rule, verdict: Verdict, left_out: Sequence[Example]) -> Iterator[str]:
        section = self.sections.get(rule.section)
        if section is not None:
            yield f"It stands in the document's section {' > '.join(section.path)!r}:"
            yield from marked_lines(near(rule, section, _within(section, left_out)))
        yield _CLAIM
        yield from marked_lines(verdict.rationale or "(none)")
        yield _CHECK


def _within(section: Section, examples: Iterable[Example]) -> list[Example]:
    return [one for one in examples if one.section == section.id]


def is_second_look(judgement: Judgement) -> bool:
    """Whether a judgement looks again at violations."""
    return judgement.judge.startswith(f"{NAME} by ")


class Looked(NamedTuple):
    """What second looks have found, in numbers of violations."""

    confirmed: int = 0
    false_alarms: int = 0
    open: int = 0
    """Of which the second look could not be read."""

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> Looked:
        """Counted over verdicts of second looks."""
        values = [verdict.value for verdict in verdicts]
        n_open = values.count("unscored")
        n_confirmed = values.count("NO")
        return cls(n_confirmed, len(values) - n_confirmed - n_open, n_open)

    @property
    def n(self) -> int:
        """All violations that were looked at."""
        return sum(self)

    @property
    def words(self) -> str:
        """`violations confirmed 31 of 40 (8 false alarms, 1 open)`."""
        left = f"{self.false_alarms} false alarms" + f", {self.open} open" * bool(self.open)
        return f"violations confirmed {self.confirmed} of {self.n} ({left})"
