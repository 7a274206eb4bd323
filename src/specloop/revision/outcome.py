"""What a revision has come to, in three parts: whether new and changed rules are followed, whether
the ones that they took the place of are no longer, and whether the rest is as before. Pure.

By code alone: the old and the new check decide on the same answers to the same held-out probes. A
model still follows an old rule where it does what that rule demanded and breaks what took its
place; of a rule that is gone, where it does what that demanded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from specloop.checking import AnswerText, applies, decide
from specloop.evaluation import EvaluationSet, Results, paired
from specloop.evaluation.judged import check_answers
from specloop.measuring.compliance import COMPLIANCE, HELD_OUT
from specloop.measuring.figures import differences, figure_from
from specloop.metrics import Cases, cases_in, metric_of
from specloop.outcomes import Better, settled
from specloop.records import (
    Figure,
    Revision,
    RevisionComparison,
    RevisionFigure,
    RevisionPart,
    Rule,
    Verdict,
)
from specloop.revision.lineage import changed_by, replaced_by
from specloop.stats import Resampling, Unit, bounds, macro, paired_difference, rate

FOLLOWED = "followed"
_REST = (
    (COMPLIANCE, ""),
    (COMPLIANCE, HELD_OUT),
    ("rcs_in_scope", ""),
    ("over_application", ""),
    ("over_refusal", ""),
    ("general", ""),
    ("perplexity", ""),
)
"""What shows whether the rest is as before: metrics with their groups."""
_VALUES = {"YES": 1.0, "NO": 0.0}


class RevisedModels(NamedTuple):
    """The models of one trainer with their graded answers, by what tables call them."""

    trainer: str
    results: Mapping[str, Results]
    """In the order of tables."""
    pairs: Sequence[tuple[str, str]]
    """Who is compared with whom."""


def revision_figures(
    models: RevisedModels, eval_set: EvaluationSet, way: Sequence[Revision]
) -> list[RevisionFigure]:
    """All figures of all three parts. `way`: the updates since the former model's document."""
    return [
        *_Part("new", models, eval_set).figures(_new(models, eval_set, way), eval_set.rules),
        *_Part("old", models, eval_set).figures(
            _old(models, way), [rule for rule, _ in replaced_by(way)]
        ),
        *_rest(models, eval_set, way),
    ]


_Units = Mapping[str, Sequence[Unit]]
"""By the model's label; the column is the rule."""


def _new(models: RevisedModels, eval_set: EvaluationSet, way: Sequence[Revision]) -> _Units:
    """Verdicts on the rules that are new or have changed."""
    changed = changed_by(way).rules
    return {
        label: [
            Unit(graded.cluster, _VALUES.get(verdict.value), verdict.rule)
            for graded in check_answers((g.answer for g in results.graded), eval_set)
            for verdict in graded.verdicts
            if verdict.rule in changed and verdict.value != "NA"
        ]
        for label, results in models.results.items()
    }


def _old(models: RevisedModels, way: Sequence[Revision]) -> _Units:
    """Whether answers still follow the rules that are no longer there as they were."""
    replaced = [(rule, rule.check, now) for rule, now in replaced_by(way) if rule.check]

    def units(results: Results) -> Iterator[Unit]:
        for graded in results.graded:
            by_rule = {verdict.rule: verdict for verdict in graded.verdicts}
            answer = AnswerText.of(graded.answer.text, graded.answer.finish)
            for rule, check, now in replaced:
                new = [by_rule[id_] for id_ in now if id_ in by_rule]
                if applies(check, graded.probe.request) and bool(new) == bool(now):
                    old = decide(check, graded.probe.request, answer).value
                    yield Unit(graded.cluster, _still(old, new), rule.id)

    return {label: list(units(results)) for label, results in models.results.items()}


def _still(old: str, new: Sequence[Verdict]) -> float | None:
    """1 if the old rule is followed and not what took its place; None if that is open."""
    if old == "NO" or (new and all(verdict.value in ("YES", "NA") for verdict in new)):
        return 0.0
    is_known = not new or any(verdict.value == "NO" for verdict in new)
    return 1.0 if old == "YES" and is_known else None


class _Part(NamedTuple):
    """One of the first two parts."""

    part: RevisionPart
    models: RevisedModels
    eval_set: EvaluationSet

    @property
    def better(self) -> Better:
        return "up" if self.part == "new" else "down"

    @property
    def how(self) -> Resampling:
        return _how(self.eval_set)

    def figures(self, units: _Units, rules: Iterable[Rule]) -> Iterator[RevisionFigure]:
        """The mean over rules, then rule by rule."""
        there = {unit.column for each in units.values() for unit in each}
        own = [rule for rule in rules if rule.id in there]
        if len(own) > 1:
            yield self.figure("", "mean over rules", units)
        for rule in own:
            of_rule = {k: [u for u in each if u.column == rule.id] for k, each in units.items()}
            yield self.figure(rule.id, rule.text, of_rule)

    def figure(self, group: str, text: str, units: _Units) -> RevisionFigure:
        """A share of every model, with the paired differences."""
        compared = [
            (label, against, self._difference(group, units[label], units[against]))
            for label, against in self.models.pairs
        ]
        return RevisionFigure(
            trainer=self.models.trainer,
            part=self.part,
            name=FOLLOWED,
            group=group,
            text=text,
            better=self.better,
            benchmark=self.eval_set.benchmark,
            values={label: self._share(group, each) for label, each in units.items()},
            compared=_compared(compared, self.better, self.eval_set),
        )

    def _share(self, group: str, units: Sequence[Unit]) -> Figure:
        share, open_ = rate(units, macro, self.how), bounds(units, macro)
        return Figure(
            name=FOLLOWED,
            group=group,
            **share._asdict(),
            n_unscored=sum(unit.value is None for unit in units),
            bound_low=open_.low,
            bound_high=open_.high,
        )

    def _difference(self, group: str, mine: Sequence[Unit], other: Sequence[Unit]) -> Figure:
        difference = paired_difference(mine, other, macro, self.how)
        open_ = bounds(mine, macro).minus(bounds(other, macro))
        return Figure(
            name=FOLLOWED,
            group=group,
            **difference._asdict(),
            n_unscored=sum(unit.value is None for unit in (*mine, *other)),
            bound_low=open_.low,
            bound_high=open_.high,
        )


def _rest(
    models: RevisedModels, eval_set: EvaluationSet, way: Sequence[Revision]
) -> Iterator[RevisionFigure]:
    """The usual metrics over the rules that have not changed."""
    changed = changed_by(way).rules
    same = eval_set._replace(rules=tuple(r for r in eval_set.rules if r.id not in changed))
    results = {
        label: one._replace(graded=check_answers((g.answer for g in one.graded), same))
        for label, one in models.results.items()
    }
    cases = {label: _cases(one, same) for label, one in results.items()}
    changes = {
        pair: _differences(results[pair[0]], results[pair[1]], same) for pair in models.pairs
    }
    for key in _REST:
        values = {
            label: figure_from(own[key], _how(same)) for label, own in cases.items() if key in own
        }
        if not any(figure.n for figure in values.values()):
            continue
        metric = metric_of(key[0])
        compared = [(*pair, own[key]) for pair, own in changes.items() if key in own]
        yield RevisionFigure(
            trainer=models.trainer,
            part="rest",
            name=key[0],
            group=key[1],
            text=f"{metric.title}, {key[1]}" if key[1] else metric.title,
            better=metric.better,
            benchmark=eval_set.benchmark,
            values=values,
            compared=_compared(compared, metric.better, eval_set),
        )


def _cases(results: Results, eval_set: EvaluationSet) -> dict[tuple[str, str], Cases]:
    every = cases_in(results.evidence(eval_set))
    return {(one.metric.name, one.group): one for one in every}


def _differences(
    mine: Results, other: Results, eval_set: EvaluationSet
) -> dict[tuple[str, str], Figure]:
    """On what both answered."""
    sides = [
        [one for key, one in _cases(each, eval_set).items() if key in _REST]
        for each in (mine, *mine.beside(other))
    ]
    every = differences(*paired(*sides), _how(eval_set))
    return {(one.name, one.group): one for one in every}


def _compared(
    differences: Sequence[tuple[str, str, Figure]], better: Better, eval_set: EvaluationSet
) -> tuple[RevisionComparison, ...]:
    """With outcomes corrected for all comparisons of the figure."""
    confidence, margin = eval_set.settings.confidence, eval_set.settings.margin
    outcomes = settled([figure for *_, figure in differences], better, confidence)
    return tuple(
        RevisionComparison(
            label=label,
            against=against,
            difference=figure,
            margin=margin,
            is_no_worse=_is_no_worse(figure, better, margin),
        )
        for (label, against, _), figure in zip(differences, outcomes, strict=True)
    )


def _is_no_worse(difference: Figure, better: Better, margin: float) -> bool | None:
    if difference.ci_low is None or difference.ci_high is None:
        return None
    worst = -difference.ci_high if better == "down" else difference.ci_low
    return worst >= -margin


def _how(eval_set: EvaluationSet) -> Resampling:
    return Resampling(eval_set.settings.confidence, eval_set.settings.seed)
