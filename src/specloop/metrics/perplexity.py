"""Perplexity of plain text, without any rule in the context, where the backend can score text."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.measuring.evidence import Evidence
from specloop.metrics import Cases, Metric, metrics


@metrics.register("perplexity")
class Perplexity(Metric):
    """Exponential of the mean negative log-likelihood a token over plain passages."""

    title = "Perplexity"
    better = "down"
    format = "ratio"
    needs = ("passages",)
    role = "detail"
    place = 61
    beside = "general"

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """One a passage."""
        yield Cases(self, evidence.passages)
