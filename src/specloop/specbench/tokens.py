"""What an answer takes: tokens as the papers count them, tokens and calls as billed, seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from specloop.measuring.base import mean_of
from specloop.records import Answer, Cost, Figure
from specloop.specbench.cases import JudgedCase
from specloop.stats import DEFAULT, Resampling, Unit, rate

_PROMPT = attrgetter("prompt_tokens")
_CACHED = attrgetter("cached_tokens")
_COMPLETION = attrgetter("completion_tokens")


class Takes(NamedTuple):
    """Means an answer, with intervals where they vary. The judge's own cost stands apart.

    What is not known of an answer is in no mean.
    """

    paper: Figure
    """Completion tokens; forced text and scoring left out."""
    billed: Figure
    """Prompt and completion tokens of all calls."""
    prompt: Figure
    cached: Figure
    """The part of the prompt that the server had already."""
    completion: Figure
    calls: Figure
    seconds: Figure
    judge: Figure
    """Tokens that judging it took."""


TITLES: Mapping[str, tuple[str, str]] = {
    "paper": ("As papers count", "completion tokens; forced text and scoring left out"),
    "billed": (
        "As billed",
        "prompt and completion tokens of every call, prefixes sent again included",
    ),
    "prompt": ("Prompt", "part of the billed tokens"),
    "cached": ("Cached", "part of the prompt that the server had already"),
    "completion": ("Completion", "part of the billed tokens"),
    "calls": ("Calls", ""),
    "seconds": ("Seconds", "from first call to answer, waiting included"),
    "judge": ("Judging", "tokens that judging an answer took; in no other column"),
}
"""What tables call the fields of `Takes`, and what each tells."""


def takes(cases: Sequence[JudgedCase], how: Resampling = DEFAULT) -> Takes:
    """What answers took."""

    def mean(name: str, of: Callable[[JudgedCase], float | None]) -> Figure:
        units = [Unit(case.cluster, of(case), case.row.scenario) for case in cases]
        known = [unit for unit in units if unit.value is not None]
        average = rate(known, mean_of(known), how)
        if len({one.value for one in known}) < 2:
            average = average._replace(ci_low=None, ci_high=None)
        return Figure(name=name, **average._asdict(), judge="")

    return Takes(
        paper=mean("paper_tokens", lambda case: paper(case.answer)),
        billed=mean("billed_tokens", lambda case: billed(case.answer, tokens)),
        prompt=mean("prompt_tokens", lambda case: billed(case.answer, _PROMPT)),
        cached=mean("cached_tokens", lambda case: billed(case.answer, _CACHED)),
        completion=mean("completion_tokens", lambda case: billed(case.answer, _COMPLETION)),
        calls=mean("calls", lambda case: case.answer.cost.n_calls or None),
        seconds=mean("seconds", lambda case: case.answer.cost.wall_s or None),
        judge=mean("judge_tokens", _judge_tokens),
    )


def paper(answer: Answer) -> int | None:
    """Completion tokens as the papers count them; None where no token was counted at all."""
    return answer.paper_tokens if tokens(answer.cost) else None


def billed(answer: Answer, of: Callable[[Cost], int]) -> int | None:
    """A count of what was billed; None where the calls are not known, as in files of results, or
    the server told no tokens."""
    return of(answer.cost) if answer.cost.n_calls and tokens(answer.cost) else None


def tokens(cost: Cost) -> int:
    """Prompt and completion tokens together."""
    return cost.prompt_tokens + cost.completion_tokens


def _judge_tokens(case: JudgedCase) -> float | None:
    return (tokens(case.judgement.cost) or None) if case.judgement else None
