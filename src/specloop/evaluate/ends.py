"""How a model's answers ended, from its figures: the share that is not whole, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from specloop.ended import MUCH, NOTHING, UNENDED, End, short_words
from specloop.records import Metric

FAILED = "failed"
"""Figure of the answers in which nothing came; its groups are their kinds."""
UNENDED_FIGURES: Mapping[str, End] = dict(
    zip(("cut", "filtered", "ended_otherwise"), UNENDED, strict=True)
)
"""Figures of the answers whose end did not come."""
ENDS = (FAILED, *UNENDED_FIGURES)


def missing_share(metrics: Iterable[Metric]) -> str:
    """`12.5% of 84 (blank 10.7%, cut 1.8%)`; empty where the share is small."""
    shares = {(m.name, m.group): m for m in metrics if m.name in ENDS}
    kinds: dict[End, Metric | None] = {
        end: shares.get((FAILED, short_words(end))) for end in NOTHING
    }
    kinds |= {end: shares.get((name, "")) for name, end in UNENDED_FIGURES.items()}
    found = [(short_words(end), m.value, m.n) for end, m in kinds.items() if m and m.value]
    total = sum(value for _, value, _ in found)
    if total <= MUCH:
        return ""
    told = ", ".join(f"{kind} {value:.1%}" for kind, value, _ in found)
    return f"{total:.1%} of {found[0][2]:,} ({told})"
