"""One result made of those of several judges on the same case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specloop.judging.base import JudgeResult
from specloop.records import Verdict

_BETWEEN = "\n===\n"


def together(results: Sequence[JudgeResult], verdicts: tuple[Verdict, ...]) -> JudgeResult:
    """The verdicts that some results come to, with all that the judges wrote and noticed."""
    signs = (sign for result in results for sign in result.suspicions)
    return JudgeResult(
        verdicts,
        raw=_BETWEEN.join(result.raw for result in results if result.raw),
        n_repairs=sum(result.n_repairs for result in results),
        suspicions=tuple(dict.fromkeys(signs)),
        n_hidden=max(result.n_hidden for result in results),
        n_split=sum(result.n_split for result in results),
        n_passed_on=sum(result.n_passed_on for result in results),
        n_confirmed=sum(result.n_confirmed for result in results),
        strong_tokens=sum(result.strong_tokens for result in results),
        n_swapped=_sum(result.n_swapped for result in results),
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [n for n in counts if n is not None]
    return sum(known) if known else None
