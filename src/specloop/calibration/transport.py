"""Whether what is judged resembles what the judge was measured on. Pure.

A judge's errors are those of the labelled answers: of their rules, sections, models and lengths. A
certificate says nothing about others, so it certifies nothing if more than a fifth of the verdicts
are about others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean
from typing import NamedTuple

from specloop.calibration.belief import USUAL, Believed
from specloop.calibration.measures import LEAN, doubt
from specloop.judging.base import Judge
from specloop.records import Certificate, FamilyBelief, JudgeBelief, Rule, VerdictValue
from specloop.stats import DEFAULT

MOST_OUTSIDE = 0.2
"""The share of verdicts that may be about what no label is about."""
MOST_DOUBT = 0.15
"""How much more or less unsure the judge may be than on the labelled answers."""
_MOST_SHARE = 0.25
"""How far the share that it says is kept may be from that on the labelled answers."""
_SECTION, _ANSWERS = "section: ", "answers of "
_NAMED = 3


def asked_together(known: Believed, judge: Judge, n: int) -> Iterator[str]:
    """A line where a measured judge is asked about several rules at once; `n` is the most that an
    answer is judged by. Labelled answers are judged by one rule a call."""
    most = min(judge.at_once or n, n)
    if known.fit.certificate and most > 1:
        yield (
            f"it is asked here about up to {most} rules in one call, and was measured on one a"
            " call, so its errors may be others"
        )


class JudgedVerdict(NamedTuple):
    """A verdict with what it is about."""

    rule: Rule
    section: str
    """Headings joined by ` > `."""
    length: int | None = None
    """Characters of the answer; None of a verdict that is still to be given."""
    value: VerdictValue = "unscored"
    probability: float | None = None


class Mismatch(NamedTuple):
    """A way in which what is judged is not what was labelled."""

    words: str
    lowers: bool
    """Whether the labels can certify nothing because of it."""
    needs: str = ""
    """The labels that would."""


def belief_about(
    judge: str, known: Believed, verdicts: Sequence[JudgedVerdict], models: Iterable[str]
) -> JudgeBelief:
    """How far a judge is believed about these verdicts on the answers of some models: as its
    certificate says, as far as they resemble what that rests on."""
    certificate = known.fit.certificate

    def found(own: Sequence[JudgedVerdict]) -> list[Mismatch]:
        return list(mismatches(certificate, own, *models)) if certificate else []

    families = (
        lowered(family, found([one for one in verdicts if one.rule.id in family.rules]))
        for family in known.families
    )
    return JudgeBelief(
        judge=judge,
        certificate=certificate.id if certificate else "",
        confidence=certificate.confidence if certificate else DEFAULT.confidence,
        families=tuple(families),
        transport=tuple(one.words for one in found(verdicts)),
        remarks=known.fit.remarks,
    )


def mismatches(
    certificate: Certificate, verdicts: Sequence[JudgedVerdict], *models: str
) -> Iterator[Mismatch]:
    """All of them, for verdicts on the answers of some models."""
    if not verdicts:
        return
    for model in models:
        yield from _of_model(certificate, model)
    yield from _of_rules(certificate, verdicts)
    yield from _of_lengths(certificate, verdicts)
    yield from _of_verdicts(certificate, verdicts)


def lowered(family: FamilyBelief, found: Sequence[Mismatch]) -> FamilyBelief:
    """A family's belief as far as its verdicts resemble the labelled ones."""
    needs = [one.needs for one in found if one.lowers]
    if family.level != "certified" or not needs:
        return family
    return family.model_copy(update={"level": "weak", "needs": " and ".join(needs)})


def _of_model(certificate: Certificate, model: str) -> Iterator[Mismatch]:
    n_by_model = _counts(certificate, LEAN, _ANSWERS)
    n, least = n_by_model.get(model, 0), 2 * USUAL.least
    if n >= least:
        return
    others = f"; there are on answers of {_list(sorted(n_by_model))}" if n_by_model else ""
    yield Mismatch(
        f"{n or 'no'} labels on answers of {model}{others}",
        lowers=True,
        needs=f"about {least - n} labels on answers of {model}",
    )


def _of_rules(certificate: Certificate, verdicts: Sequence[JudgedVerdict]) -> Iterator[Mismatch]:
    known = set(certificate.sample.rules) if certificate.sample else set[str]()
    unknown = [v for v in verdicts if not {v.rule.id, v.rule.text} & known]
    new = [v.rule for v in unknown]
    are = "rules are" if all(v.length is None for v in verdicts) else "verdicts are on rules"
    if new:
        yield Mismatch(
            f"{len(new) / len(verdicts):.0%} of the {are} without labels:"
            f" {_list(sorted({f'“{rule.text:.60}”' for rule in new}))}",
            lowers=len(new) > MOST_OUTSIDE * len(verdicts),
            needs="labels on these rules",
        )
    sections = _counts(certificate, "sensitivity", _SECTION)
    # Of a rule with labels it does not matter what its section is called by now.
    unseen = [v.section for v in unknown if v.section and v.section not in sections]
    if sections and unseen:
        yield Mismatch(
            f"{len(unseen) / len(verdicts):.0%} of the {are} of sections without"
            f" labels: {_list(sorted(set(unseen)))}",
            lowers=len(unseen) > MOST_OUTSIDE * len(verdicts),
            needs="labels on rules of these sections",
        )


def _of_lengths(certificate: Certificate, verdicts: Sequence[JudgedVerdict]) -> Iterator[Mismatch]:
    if not (certificate.sample and certificate.sample.lengths):
        yield Mismatch(
            "the certificate does not say what its answers were like",
            lowers=True,
            needs="the judge to be measured again",
        )
        return
    low, high = certificate.sample.lengths
    lengths = [v.length for v in verdicts if v.length is not None]
    outside = fmean(not low <= length <= high for length in lengths) if lengths else 0.0
    if outside > MOST_OUTSIDE:
        yield Mismatch(
            f"{outside:.0%} of the verdicts are on answers shorter than {low} or longer than {high}"
            " characters, as few labelled ones are",
            lowers=True,
            needs="labels on answers of such lengths",
        )


def _of_verdicts(certificate: Certificate, verdicts: Sequence[JudgedVerdict]) -> Iterator[Mismatch]:
    sample = certificate.sample
    unsure = [doubt(v.probability) for v in verdicts if v.probability is not None]
    if sample and sample.doubt is not None and unsure:
        more = fmean(unsure) - sample.doubt
        if abs(more) > MOST_DOUBT:
            yield Mismatch(
                f"the judge is {'more' if more > 0 else 'less'} unsure here than on the labelled"
                f" answers ({fmean(unsure):.2f} against {sample.doubt:.2f}, 1 is a coin)",
                lowers=True,
                needs="labels on answers that are drawn evenly (review with --pick even)",
            )
    decided = [v.value == "YES" for v in verdicts if v.value in ("YES", "NO")]
    if sample and sample.said_kept is not None and decided:
        here = fmean(decided)
        if abs(here - sample.said_kept) > _MOST_SHARE:
            yield Mismatch(
                f"the judge says kept of {here:.0%} here, of {sample.said_kept:.0%} on the labelled"
                " answers",
                lowers=False,
            )


def _counts(certificate: Certificate, name: str, prefix: str) -> dict[str, int]:
    """The labels of each group whose name begins so."""
    found = (one for one in certificate.figures if one.name == name)
    return {one.group.removeprefix(prefix): one.n for one in found if one.group.startswith(prefix)}


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
