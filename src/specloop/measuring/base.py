"""The base class of metrics, the cases of their figures, and the registry."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Container, Iterable, Iterator
from typing import ClassVar, Literal, NamedTuple

from specloop.ended import End
from specloop.errors import InputError
from specloop.measuring.evidence import Evidence, EvidenceKind, Mark, Measured
from specloop.measuring.scores import Convention, Score
from specloop.outcomes import Better
from specloop.records import Belief, least_believed
from specloop.registry import Registry, Strategy
from specloop.stats import Summary, Unit, macro, pooled

ValueFormat = Literal["share", "number", "ratio"]
"""A share is between 0 and 1 and is written in percent. The cases of a ratio are logarithms: its
figure is their exponential; a difference stays a logarithm and is written as a factor."""
MetricRole = Literal["goal", "side effect", "detail"]


class Metric(Strategy):
    """A kind of figure. The first line of its docstring says what it measures."""

    title: ClassVar[str]
    better: ClassVar[Better] = "up"
    """Whether higher or lower is better, or neither."""
    format: ClassVar[ValueFormat] = "share"
    needs: ClassVar[tuple[EvidenceKind, ...]] = ()
    """What it needs besides the answers' text."""
    role: ClassVar[MetricRole] = "side effect"
    """What training should improve, a side effect, or a detail that no summary names."""
    headline: ClassVar[tuple[str, ...]] = ("",)
    """The groups that short tables show; empty for none."""
    groups: ClassVar[tuple[str, ...]] = ()
    """The groups that it has besides the total and single rules."""
    place: ClassVar[int] = 1000
    """Its place in tables; the lowest comes first."""
    judge: ClassVar[str] = ""
    """What decides its cases."""
    is_judged: ClassVar[bool] = False
    """Whether it is of a judge's verdicts alone, and separate from all other figures."""
    is_linear: ClassVar[bool] = False
    """Whether it is a mean of verdicts, so that a judge's errors can be taken off."""
    beside: ClassVar[str] = ""
    """The metric beside which it is shown."""
    ending: ClassVar[str | None] = None
    """For shares of answers that are not whole: the name of such answers, or empty if the groups
    say it. They are compared on all that was asked."""

    @property
    def name(self) -> str:
        """The name under which it is registered."""
        return metrics.name_of(self)

    @property
    def help(self) -> str:
        """What it measures, in one line."""
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
        """The cases of its figures."""


class AnswerMetric(Metric):
    """The mean of a score of each answer; if there are several scenarios, the mean of their
    means."""

    convention: ClassVar[Convention | Literal[""]] = ""
    """How it treats NA, if there are two figures of it."""

    @abstractmethod
    def score(self, answer: Measured) -> Score:
        """The answer's score; an undefined one is not a case."""

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """One case per answer."""
        yield self.total(evidence.answers)

    def total(self, answers: Iterable[Measured], group: str = "") -> Cases:
        """The figure of some answers."""
        scored = [(answer, self.score(answer)) for answer in answers]
        defined = [(answer, unit(answer, score)) for answer, score in scored if score.is_defined]
        units = tuple(one for _, one in defined)
        marks = [answer.mark for answer, _ in defined] if "verdicts" in self.needs else []
        known = tuple(marks) if any(marks) else ()
        return Cases(self, units, group, mean_of(units), self.judge, known)


class EndShare(AnswerMetric):
    """A share of all that was asked, by how the answers ended."""

    better = "down"
    role = "detail"

    ends: ClassVar[tuple[End, ...]]

    def score(self, answer: Measured) -> Score:
        """1 if it ended in one of these ways."""
        return Score.of(float(answer.end in self.ends))

    def cases(self, evidence: Evidence) -> Iterator[Cases]:
        """Its cases; none if no answer ended in these ways and no short table shows it."""
        if self.headline or any(answer.end in self.ends for answer in evidence.answers):
            yield self.share(evidence, self.ends)

    def share(self, evidence: Evidence, ends: Container[End], group: str = "") -> Cases:
        """The share of answers with one of these ends."""
        answers = evidence.answers
        units = tuple(Unit(a.cluster, float(a.end in ends), a.scenario) for a in answers)
        return Cases(self, units, group, mean_of(units))


class Cases(NamedTuple):
    """The cases of one figure, before they are summed up.

    Rate, interval and bounds, and the paired difference from another entrant's, come from them.
    """

    metric: Metric
    units: tuple[Unit, ...]
    group: str = ""
    summary: Summary = pooled
    judge: str = ""
    marks: tuple[Mark | None, ...] = ()
    """What is known of the judged ones, in the order of the units; empty if code decided all."""
    not_applying: tuple[tuple[Unit, Mark], ...] = ()
    """What a judge calls NA: no cases, but labels may say otherwise."""

    @property
    def belief(self) -> Belief | Literal[""]:
        """The least belief in a judge's verdict among them; empty without any."""
        return least_believed(mark.level for mark in self.marks if mark)

    @property
    def key(self) -> tuple[str, str, str]:
        """The key that is the same for the same figure of two entrants."""
        return self.metric.name, self.group, self.judge


metrics: Registry[Metric] = Registry(Metric, "specloop.metrics")


def unit(answer: Measured, score: Score) -> Unit:
    """An answer's score as a unit for the statistics."""
    low = 0.0 if score.low is None else score.low
    return Unit(answer.cluster, score.value, answer.scenario, low=low, high=score.high)


def mean_of(units: Iterable[Unit]) -> Summary:
    """The mean over scenarios, or the plain mean of one."""
    return macro if len({unit.column for unit in units}) > 1 else pooled


def answer_metrics(has: Container[EvidenceKind]) -> list[AnswerMetric]:
    """The metrics that score answers one by one and that summaries name."""
    summarised = (metric for metric in measurable(has) if metric.role != "detail")
    return [metric for metric in summarised if isinstance(metric, AnswerMetric)]


def every_metric() -> list[Metric]:
    """All metrics, in the order of tables."""
    return [metrics.build(name) for name in in_order(metrics.names())]


def in_order(names: Iterable[str]) -> list[str]:
    """Names of metrics in the order of tables."""
    return sorted(names, key=lambda name: (metric_of(name).place, name))


def title_of(name: str, group: str) -> str:
    """The title of a figure with its group."""
    title = metric_of(name).title
    return f"{title}, {group}" if group else title


def measurable(has: Container[EvidenceKind]) -> list[Metric]:
    """The metrics whose needs are met, in the order of tables."""
    return [metric for metric in every_metric() if all(need in has for need in metric.needs)]


def cases_in(evidence: Evidence) -> Iterator[Cases]:
    """The cases of all figures whose needs are met."""
    configured = {metric.name: metric for metric in map(metrics.build, evidence.options)}
    for metric in measurable(evidence.has):
        yield from configured.get(metric.name, metric).cases(evidence)


def metric_of(name: str) -> Metric:
    """The metric of that name; an unknown one is a plain number."""
    try:
        return metrics.build(name)
    except InputError:
        return type("Unknown", (_Unknown,), {"title": name.replace("_", " ")})()


class _Unknown(Metric):
    title = ""
    better = "neither"
    format = "number"

    def cases(self, evidence: Evidence) -> Iterable[Cases]:
        return ()
