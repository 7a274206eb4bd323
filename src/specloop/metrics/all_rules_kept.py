"""Answers that keep every rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from specloop.measuring.compliance import WITH, not_believed, with_level
from specloop.measuring.evidence import CHECK, UNMARKED, Cell, Evidence, Mark, Measured
from specloop.metrics import Cases, Metric, metrics
from specloop.records import Belief, least_believed
from specloop.stats import Unit

EVERY_RULE = "with held-out rules"


@metrics.register("all_rules_kept")
class AllRulesKept(Metric):
    """Share of answers that break no rule that applies; unscored where that hangs on one."""

    title = "All rules kept"
    needs = ("checks",)
    role = "goal"
    groups = (*WITH, EVERY_RULE)
    place = 40
    judge = CHECK

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """Of the rules trained on; of all, where some were held out; and with verdicts that are not
        believed, if every answer was judged."""
        answers = evidence.answers
        is_split = any(cell.is_held_out for a in answers for cell in a.cells if cell.counts)
        yield self._kept(answers, "", lambda cell: cell.counts and not cell.is_held_out)
        if is_split:
            yield self._kept(answers, EVERY_RULE, lambda cell: cell.counts)
        for level, _ in not_believed(evidence) if evidence.is_all_judged else ():
            yield self._kept(answers, with_level(level), _of_level(level))

    def _kept(
        self, answers: Iterable[Measured], group: str, is_used: Callable[[Cell], bool]
    ) -> Cases:
        found = ((a.cluster, [cell for cell in a.cells if is_used(cell)]) for a in answers)
        cases = [(unit, _mark(own)) for cluster, own in found if (unit := _unit(cluster, own))]
        marks = tuple(mark for _, mark in cases)
        units = tuple(unit for unit, _ in cases)
        return Cases(self, units, group, judge=CHECK, marks=marks if any(marks) else ())


def _of_level(level: Belief) -> Callable[[Cell], bool]:
    """What the total holds, with the verdicts of this level."""

    def is_used(cell: Cell) -> bool:
        is_more = cell.judge != CHECK and (cell.mark or UNMARKED).level == level
        return not cell.is_held_out and (cell.counts or is_more)

    return is_used


def _unit(cluster: str, cells: Iterable[Cell]) -> Unit | None:
    """One case; None where no rule applies."""
    values = {cell.value for cell in cells} - {"NA"}
    if not values:
        return None
    return Unit(cluster, 0.0 if "NO" in values else None if "unscored" in values else 1.0)


def _mark(cells: Iterable[Cell]) -> Mark | None:
    """How far a judge is believed that has a part in it."""
    judged = (cell.mark or UNMARKED for cell in cells if cell.judge != CHECK)
    level = least_believed(mark.level for mark in judged)
    return Mark(level) if level else None
