"""Requests without an answer."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.ended import NOTHING, short_words
from specloop.measuring.evidence import Evidence
from specloop.metrics import Cases, EndShare, metrics


@metrics.register("failed")
class Failed(EndShare):
    """Share of requests to which nothing came, or whose call failed; in all and by kind."""

    title = "Without an answer"
    groups = tuple(map(short_words, NOTHING))
    place = 80
    ending = ""
    ends = NOTHING

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """In total and by kind; kinds that did not occur are left out."""
        yield self.share(evidence, self.ends)
        ends = {answer.end for answer in evidence.answers}
        yield from (self.share(evidence, [e], short_words(e)) for e in NOTHING if e in ends)
