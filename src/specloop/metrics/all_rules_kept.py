"""Answers that keep every rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from specloop.measuring.evidence import CHECK, Cell, Evidence
from specloop.metrics import Cases, Metric, metrics
from specloop.stats import Unit

EVERY_RULE = "with held-out rules"


@metrics.register("all_rules_kept")
class AllRulesKept(Metric):
    """Share of answers that break no rule that applies; unscored where that hangs on one."""

    title = "All rules kept"
    needs = ("checks",)
    role = "goal"
    groups = (EVERY_RULE,)
    place = 40
    judge = CHECK

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """Of the rules trained on, and of all, where some were held out."""
        is_split = any(cell.is_held_out for answer in evidence.answers for cell in answer.cells)
        for group in ("", EVERY_RULE) if is_split else ("",):
            units = (
                _unit(answer.cluster, [c for c in answer.cells if group or not c.is_held_out])
                for answer in evidence.answers
            )
            yield Cases(self, tuple(filter(None, units)), group, judge=CHECK)


def _unit(cluster: str, cells: Iterable[Cell]) -> Unit | None:
    """One case; None where no rule applies."""
    values = {cell.value for cell in cells if cell.judge == CHECK} - {"NA"}
    if not values:
        return None
    return Unit(cluster, 0.0 if "NO" in values else None if "unscored" in values else 1.0)
