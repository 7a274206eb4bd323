"""The figures of a judge that compares two answers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from specloop.calibration.figures import Placed, figure, groups_of, of_calls
from specloop.calibration.measures import (
    HALF_FOR_TIES,
    IDENTITY_BIAS,
    LENGTH_BIAS,
    POSITION_LEAN,
    TIES,
    Compared,
    accuracy,
    auc,
    minus,
    sensitivity,
    signed,
    specificity,
)
from specloop.records import Figure, GoldPair, VerdictValue
from specloop.stats import Rate, Resampling, Unit, rate


def figures_of_pairs(placed: Sequence[Placed], how: Resampling) -> Iterator[Figure]:
    """How often the better answer is found, in total and by group, ties, and what the place, the
    length and the model of an answer decide."""
    every = [one.compared for one in placed]
    for group, members in {"": every, **groups_of(placed)}.items():
        yield figure("accuracy", group, accuracy(members, how))
        yield figure(HALF_FOR_TIES, group, _half_for_ties(members, how))
        yield figure(TIES, group, _share(members, "NA", how))
        yield figure("auc", group, auc(members, how))
        yield figure("unscored", group, _share(members, "unscored", how))
    leans = [(one.cluster, j.position_lean) for one in placed for j in one.judgements[:1]]
    known = [(cluster, way) for cluster, way in leans if way is not None]
    if known:
        yield figure(POSITION_LEAN, "", signed(known, how))
    longer = _preferred(placed, lambda pair: _sign(len(pair.answers[0]) - len(pair.answers[1])))
    yield figure(LENGTH_BIAS, "", _favours(longer, how))
    for model in sorted({name for one in placed for name in _pair(one).answered_by if name}):
        mine = _preferred(placed, lambda pair, model=model: _is_of(pair, model))
        if mine:
            yield figure(IDENTITY_BIAS, f"answers of {model}", _favours(mine, how))
    yield from of_calls(placed, how)


def _favours(cases: Sequence[Compared], how: Resampling) -> Rate:
    """How much more often the judge is right where the answer of one kind is the better one than
    where it is not: that such answers are better more often is no bias."""
    return minus(sensitivity(cases, how), specificity(cases, how))


def _half_for_ties(cases: Sequence[Compared], how: Resampling) -> Rate:
    """The share of right verdicts, with half a one for a tie."""
    scored = [case for case in cases if case.value != "unscored"]
    units = (Unit(c.cluster, 0.5 if c.value == "NA" else float(c.is_right)) for c in scored)
    return rate(units, how=how)


def _share(cases: Sequence[Compared], value: str, how: Resampling) -> Rate:
    return rate((Unit(case.cluster, float(case.value == value)) for case in cases), how=how)


def _preferred(placed: Sequence[Placed], side: Callable[[GoldPair], int]) -> list[Compared]:
    """Labels and verdicts about the answer on one side, 1 for the first and -1 for the second; 0
    leaves the pair out."""
    sides = [(one.compared, side(_pair(one))) for one in placed]
    return [_about(compared, way) for compared, way in sides if way]


def _about(compared: Compared, way: int) -> Compared:
    if way > 0:
        return compared
    value = _TURNED.get(compared.value, compared.value)
    return Compared(compared.cluster, not compared.is_kept, value)


_TURNED: dict[VerdictValue, VerdictValue] = {"YES": "NO", "NO": "YES"}


def _sign(difference: int) -> int:
    return (difference > 0) - (difference < 0)


def _is_of(pair: GoldPair, model: str) -> int:
    first, second = (name == model for name in pair.answered_by)
    return int(first) - int(second)


def _pair(one: Placed) -> GoldPair:
    assert isinstance(one.case, GoldPair)
    return one.case
