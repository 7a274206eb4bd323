"""The figures of a certificate, from labelled cases and a judge's judgements of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from statistics import fmean, median
from typing import NamedTuple

import numpy as np

from specloop.calibration.belief import FAMILY, SMALL, has_few
from specloop.calibration.measures import (
    CONSISTENCY,
    IDENTITY_BIAS,
    LEAN,
    LENGTH_BIAS,
    MEASUREMENTS,
    MEMBERS_DIFFER,
    OF_GROUP,
    OF_KEPT,
    ORDERS_DIFFER,
    PASSED_ON,
    STRONG_AGREES,
    THRESHOLD,
    TOKENS,
    TOKENS_SAVED,
    USD,
    Compared,
    best_threshold,
    doubt,
    kinder,
    lean,
)
from specloop.calibration.split import GoldSubject
from specloop.config import Price
from specloop.llm.calls.ledger import money
from specloop.records import Cost, Figure, GoldCase, GoldSample, Judgement
from specloop.signflip import Floats
from specloop.stats import Rate, Resampling, Unit, rate


class LabelledCase(NamedTuple):
    """A case whose labels agree on kept or broken, or a pair whose labels agree on the better
    answer."""

    case: GoldSubject
    is_kept: bool
    """Of a pair: whether its first answer is the better one."""


class Placed(NamedTuple):
    """A labelled case with what the judge said of it."""

    labelled: LabelledCase
    judgements: tuple[Judgement, ...] = ()
    """The judgement that counts, and those of repeats; none if the first failed."""

    @property
    def case(self) -> GoldSubject:
        """The case without its label."""
        return self.labelled.case

    @property
    def single(self) -> GoldCase:
        """The case, which is none of two answers."""
        assert isinstance(self.case, GoldCase)
        return self.case

    @property
    def cluster(self) -> str:
        """Cases of one cluster are not independent."""
        return self.case.group or self.case.id

    @property
    def compared(self) -> Compared:
        """The verdict that counts beside the label."""
        if not self.judgements:
            return Compared(self.cluster, self.labelled.is_kept, "unscored")
        verdict, rule = self.judgements[0].verdicts[0], self.case.rule_text
        is_kept = self.labelled.is_kept
        return Compared(self.cluster, is_kept, verdict.value, verdict.probability, rule)


def figures_of(placed: Sequence[Placed], how: Resampling) -> Iterator[Figure]:
    """All figures in total; by family, of small families together, by authority and section; how
    the judge leans by the answers' length and by who gave them; and what only some judges have."""
    every = [one.compared for one in placed]
    for name in MEASUREMENTS:
        yield _measured(name, "", every, how)
    groups = groups_of(placed)
    for group, members in {**groups, **_together(groups)}.items():
        for name in OF_GROUP:
            yield _measured(name, group, members, how)
    yield figure(LEAN, "", lean(every, how))
    best = best_threshold(every)
    if best is not None:
        yield figure(THRESHOLD, "", Rate(best, sum(c.probability is not None for c in every)))
    yield from _biases(placed, how)
    yield from of_calls(placed, how)


def figure(name: str, group: str, found: Rate) -> Figure:
    """A figure of a certificate."""
    return Figure(name=name, group=group, judge="", **found._asdict())


def _measured(name: str, group: str, cases: Sequence[Compared], how: Resampling) -> Figure:
    """A figure of some verdicts; a share of kept or of broken rules counts those without one."""
    found = figure(name, group, MEASUREMENTS[name](cases, how))
    if name not in OF_KEPT:
        return found
    open_ = [c for c in cases if c.is_kept is OF_KEPT[name] and not c.is_decided]
    return found.model_copy(update={"n_unscored": len(open_)})


def groups_of(placed: Sequence[Placed]) -> Mapping[str, list[Compared]]:
    """The verdicts by rule family, authority and section, each in the order of names."""
    groups: dict[str, list[Compared]] = {}
    for kind, name_in in _GROUPS.items():
        for name, one in sorted((name_in(one.case), n) for n, one in enumerate(placed)):
            if name:
                groups.setdefault(f"{kind}: {name}", []).append(placed[one].compared)
    return groups


_GROUPS: dict[str, Callable[[GoldSubject], str]] = {
    "family": lambda case: case.family,
    "authority": lambda case: case.authority or "",
    "section": lambda case: " > ".join(case.section),
}


def _together(groups: Mapping[str, list[Compared]]) -> dict[str, list[Compared]]:
    """The verdicts on families with few labels as one group; a single one has its own alone."""
    few = [
        members
        for group, members in groups.items()
        if group.startswith(FAMILY) and has_few(*_n_labels(members))
    ]
    return {SMALL: [one for members in few for one in members]} if len(few) > 1 else {}


def _n_labels(members: Sequence[Compared]) -> tuple[int, int]:
    """Of kept rules, and of broken ones."""
    n_kept = sum(one.is_kept for one in members)
    return n_kept, len(members) - n_kept


def _biases(placed: Sequence[Placed], how: Resampling) -> Iterator[Figure]:
    """How much kinder the judge is to long answers than to short ones, and to each model's answers
    than to those of the others."""
    middle = median(len(one.single.answer) for one in placed) if placed else 0
    long, short = _parted(placed, lambda one: len(one.single.answer) > middle)
    for size, members in (("over", long), ("up to", short)):
        if members:
            group = f"answers {size} {middle:.0f} characters"
            yield figure(LEAN, group, lean(members, how))
    yield figure(LENGTH_BIAS, "", kinder(long, short, how))
    named = [one for one in placed if one.single.answered_by]
    for model in sorted({one.single.answered_by for one in named}):
        mine, others = _parted(named, lambda one, model=model: one.single.answered_by == model)
        yield figure(LEAN, f"answers of {model}", lean(mine, how))
        if others:
            yield figure(IDENTITY_BIAS, f"answers of {model}", kinder(mine, others, how))


def _parted(
    placed: Sequence[Placed], is_first: Callable[[Placed], bool]
) -> tuple[list[Compared], list[Compared]]:
    """Those of one kind, and the others."""
    sides: tuple[list[Compared], list[Compared]] = ([], [])
    for one in placed:
        sides[not is_first(one)].append(one.compared)
    return sides


def of_calls(placed: Sequence[Placed], how: Resampling) -> Iterator[Figure]:
    """What the judgements tell besides verdicts: tokens, repeats, orders, members."""
    asked = _asked(placed)
    if not asked:
        return
    taken = (Unit(cluster, float(tokens_of(j.cost)), high=None) for cluster, j in asked)
    yield figure(TOKENS, "", rate(taken, how=how))
    repeated = [one for one in placed if len(one.judgements) > 1]
    if repeated:
        yield figure(CONSISTENCY, "", rate(map(_alike, repeated), how=how))
    swapped = [(cluster, j.n_swapped) for cluster, j in asked if j.n_swapped is not None]
    if swapped:
        yield figure(ORDERS_DIFFER, "", _share(swapped, how))
    split = [(cluster, first.n_split) for cluster, first in asked]
    if any(n for _, n in split):
        yield figure(MEMBERS_DIFFER, "", _share(split, how))
    yield from _of_cascade(asked, how)


def of_money(
    placed: Sequence[Placed], prices: Mapping[str, Price], how: Resampling
) -> Iterator[Figure]:
    """What verdicts cost, where the prices of all models are known; replies that the cache had cost
    nothing, and verdicts from these alone do not count."""
    asked = [(cluster, j) for cluster, j in _asked(placed) if j.cost.n_calls > j.cost.n_cached]
    costs = [(cluster, j.costs or {j.model: j.cost}) for cluster, j in asked]
    if costs and all(by_model.keys() <= prices.keys() for _, by_model in costs):
        paid = (
            (cluster, sum(money(cost, prices[model]) for model, cost in by_model.items()))
            for cluster, by_model in costs
        )
        units = (Unit(cluster, 1000 * usd, high=None) for cluster, usd in paid)
        yield figure(USD, "", rate(units, how=how))


def _asked(placed: Sequence[Placed]) -> list[tuple[str, Judgement]]:
    """The judgements that count of a model that was asked, with their clusters."""
    every = ((one.cluster, one.judgements[0]) for one in placed if one.judgements)
    return [(cluster, first) for cluster, first in every if first.cost.n_calls]


def _of_cascade(asked: Sequence[tuple[str, Judgement]], how: Resampling) -> Iterator[Figure]:
    """What a cascade passed on, how often its strong judge then said the same, and the tokens that
    it saved against asking the strong judge always."""
    passed = [(cluster, first) for cluster, first in asked if first.n_passed_on]
    if not passed:
        return
    yield figure(PASSED_ON, "", _share([(c, j.n_passed_on) for c, j in asked], how))
    yield figure(STRONG_AGREES, "", _share([(c, j.n_confirmed) for c, j in passed], how))
    units = [Unit(c, float(tokens_of(j.cost)), "all", high=None) for c, j in asked]
    units += [Unit(c, float(j.strong_tokens), "strong", high=None) for c, j in passed]
    yield figure(TOKENS_SAVED, "", rate(units, _saved, how)._replace(n=len(asked)))


def _saved(sums: Floats, weights: Floats, columns: Sequence[str]) -> Floats:
    """One minus the tokens of a verdict over those of a strong one."""
    both = [columns.index(name) for name in ("all", "strong")]
    each = np.divide(sums, weights, out=np.full(sums.shape, np.nan), where=weights > 0)
    own, strong = (each[..., at] for at in both)
    return 1 - np.divide(own, strong, out=np.full(own.shape, np.nan), where=strong > 0)


def _share(counts: Sequence[tuple[str, int]], how: Resampling) -> Rate:
    return rate((Unit(cluster, float(n > 0)) for cluster, n in counts), how=how)


def _alike(one: Placed) -> Unit:
    """How often two judgements of a case have the same verdict."""
    values = [judgement.verdicts[0].value for judgement in one.judgements]
    pairs = list(combinations(values, 2))
    return Unit(one.cluster, sum(a == b for a, b in pairs) / len(pairs))


def tokens_of(cost: Cost) -> int:
    """Tokens in and out."""
    return cost.prompt_tokens + cost.completion_tokens


def sample_of(placed: Sequence[Placed]) -> GoldSample | None:
    """What the labelled answers are like."""
    if not placed:
        return None
    # Ids are other ones once a section is called otherwise; a rule's wording stays.
    about = ((one.case.rules, one.case.rule_text) for one in placed)
    rules = {rule for ids, text in about for rule in (*ids, *([text] if len(ids) < 2 else []))}
    low, high = np.percentile([len(one.single.answer) for one in placed], _TAILS)
    compared = [one.compared for one in placed]
    decided = [one for one in compared if one.is_decided]
    unsure = [doubt(p) for one in compared if (p := one.probability) is not None]
    return GoldSample(
        rules=tuple(sorted(rules)),
        lengths=(int(low), int(np.ceil(high))),
        said_kept=fmean(one.value == "YES" for one in decided) if decided else None,
        doubt=fmean(unsure) if unsure else None,
    )


_TAILS = (5, 95)
