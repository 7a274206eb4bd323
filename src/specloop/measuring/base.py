"""What a metric is and what its figures rest on; the registry of metrics and how they are found."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Container, Iterable, Iterator
from typing import ClassVar, Literal, NamedTuple

from specloop.ended import End
from specloop.errors import InputError
from specloop.measuring.evidence import Evidence, EvidenceKind, Measured
from specloop.measuring.scores import Convention, Score
from specloop.outcomes import Better
from specloop.registry import Registry, Strategy
from specloop.stats import Summary, Unit, macro, pooled

ValueFormat = Literal["share", "number", "ratio"]
"""A share lies between 0 and 1 and is written in percent. The cases of a ratio are logarithms: its
figure is their exponential, a difference stays a logarithm and is written as a factor."""
MetricRole = Literal["goal", "side effect", "detail"]


class Measure(Strategy):
    """A kind of figure. Its docstring says in a line what it tells."""

    title: ClassVar[str]
    better: ClassVar[Better] = "up"
    """Which way it is better."""
    format: ClassVar[ValueFormat] = "share"
    needs: ClassVar[tuple[EvidenceKind, ...]] = ()
    """What there must be beside the answers' text."""
    role: ClassVar[MetricRole] = "side effect"
    """What training is for, what it may cost, or a detail that no summary names."""
    headline: ClassVar[tuple[str, ...]] = ("",)
    """The groups that short tables show; empty for none."""
    groups: ClassVar[tuple[str, ...]] = ()
    """The groups that it has beside the total and single rules."""
    place: ClassVar[int] = 1000
    """Where it stands in tables, from the lowest on."""
    judge: ClassVar[str] = ""
    """What decides its cases."""
    is_measured: ClassVar[bool] = True
    """False where no one has checked its judge: it stands apart from all other figures."""
    beside: ClassVar[str] = ""
    """The metric beside which it is told."""
    ending: ClassVar[str | None] = None
    """For shares of answers that are not whole: what such answers are called, or empty where the
    groups tell. They are compared on all that was asked."""

    @property
    def name(self) -> str:
        """What it is known under."""
        return metrics.name_of(self)

    @property
    def help(self) -> str:
        """What it tells, in a line."""
        return next(iter((type(self).__doc__ or "").strip().splitlines()), "")

    @property
    def form(self) -> str:
        """How the terminal writes a value."""
        return ".2f" if self.format == "share" else ".1f"

    @property
    def change_form(self) -> str:
        """How the terminal writes a difference."""
        return "+.1f" if self.format == "number" else "+.2f"

    @property
    def noun(self) -> str:
        """Its title inside a sentence."""
        is_name = self.title[1:2].isupper()
        return self.title if is_name else self.title[:1].lower() + self.title[1:]

    @abstractmethod
    def cases(self, evidence: Evidence) -> Iterable[Cases]:
        """What its figures rest on, one by one."""


class AnswerMeasure(Measure):
    """A score of each answer, averaged: over scenarios where there are several, each once."""

    convention: ClassVar[Convention | Literal[""]] = ""
    """What it does with NA, where that makes two figures of it."""

    @abstractmethod
    def score(self, answer: Measured) -> Score:
        """The answer's score; one that is not defined is no case."""

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """One an answer."""
        yield self.total(evidence.answers)

    def total(self, answers: Iterable[Measured], group: str = "") -> Cases:
        """The figure of some answers."""
        scored = ((answer, self.score(answer)) for answer in answers)
        units = tuple(unit(answer, score) for answer, score in scored if score.is_defined)
        return Cases(self, units, group, mean_of(units), self.judge)


class EndShare(AnswerMeasure):
    """A share of all that was asked, by how the answers ended."""

    better = "down"
    role = "detail"

    ends: ClassVar[tuple[End, ...]]

    def score(self, answer: Measured) -> Score:
        """1 where it ended so."""
        return Score.of(float(answer.end in self.ends))

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """Left out where no answer ended so and no short table shows it."""
        if self.headline or any(answer.end in self.ends for answer in evidence.answers):
            yield self.share(evidence, self.ends)

    def share(self, evidence: Evidence, ends: Container[End], group: str = "") -> Cases:
        """The share of answers with one of some ends."""
        answers = evidence.answers
        units = tuple(Unit(a.cluster, float(a.end in ends), a.scenario) for a in answers)
        return Cases(self, units, group, mean_of(units))


class Cases(NamedTuple):
    """What one figure rests on, before anything is summed up.

    Rate, interval and bounds, and the paired difference to another entrant's, come from it.
    """

    measure: Measure
    units: tuple[Unit, ...]
    group: str = ""
    summary: Summary = pooled
    judge: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same figure of two entrants."""
        return self.measure.name, self.group, self.judge


metrics: Registry[Measure] = Registry(Measure, "specloop.metrics")


def unit(answer: Measured, score: Score) -> Unit:
    """An answer's score as the statistics take it."""
    low = 0.0 if score.low is None else score.low
    return Unit(answer.cluster, score.value, answer.scenario, low=low, high=score.high)


def mean_of(units: Iterable[Unit]) -> Summary:
    """The mean over scenarios, or the plain mean of one."""
    return macro if len({unit.column for unit in units}) > 1 else pooled


def answer_metrics(has: Container[EvidenceKind]) -> list[AnswerMeasure]:
    """Those of them that score answers one by one and that summaries name."""
    found = (one for one in measurable(has) if one.role != "detail")
    return [one for one in found if isinstance(one, AnswerMeasure)]


def every_metric() -> list[Measure]:
    """All metrics, in the order of tables."""
    return [metrics.build(name) for name in in_order(metrics.names())]


def in_order(names: Iterable[str]) -> list[str]:
    """Names of metrics in the order of tables."""
    return sorted(names, key=lambda name: (measure_of(name).place, name))


def title_of(name: str, group: str) -> str:
    """What a figure is called, with its group."""
    title = measure_of(name).title
    return f"{title}, {group}" if group else title


def measurable(has: Container[EvidenceKind]) -> list[Measure]:
    """The metrics for which there is what they need, in the order of tables."""
    return [one for one in every_metric() if all(need in has for need in one.needs)]


def cases_in(evidence: Evidence) -> Iterator[Cases]:
    """All figures for which there is what they need."""
    configured = {one.name: one for one in map(metrics.build, evidence.options)}
    for one in measurable(evidence.has):
        yield from configured.get(one.name, one).cases(evidence)


def measure_of(name: str) -> Measure:
    """The metric of that name; one that is not known here is a plain number."""
    try:
        return metrics.build(name)
    except InputError:
        return type("Unknown", (_Unknown,), {"title": name.replace("_", " ")})()


class _Unknown(Measure):
    title = ""
    better = "neither"
    format = "number"

    def cases(self, evidence: Evidence) -> Iterable[Cases]:
        return ()
