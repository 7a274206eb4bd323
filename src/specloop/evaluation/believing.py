"""How far the judge of an evaluation is believed, and what that makes of each verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import nan
from types import MappingProxyType
from typing import NamedTuple

from specloop.calibration.belief import USUAL, Believed, Threshold, believed
from specloop.calibration.measures import doubt
from specloop.calibration.transport import (
    MOST_OUTSIDE,
    JudgedVerdict,
    asked_together,
    belief_about,
)
from specloop.judging.grader import Grader
from specloop.judging.likeness import JudgeId, Likeness, likeness, own_answers
from specloop.measuring.evidence import UNMARKED, Mark
from specloop.records import (
    Answer,
    Belief,
    Case,
    Certificate,
    FamilyBelief,
    GoldValue,
    JudgeBelief,
    Judgement,
    Rule,
    Section,
    Verdict,
    content_id,
    gold_case,
    least_believed,
)

_LABELS: dict[GoldValue, float] = {"YES": 1.0, "NO": 0.0, "NA": nan}


class JudgeWorth(NamedTuple):
    """What a run knows of its judges."""

    certificates: tuple[Certificate, ...] = ()
    identity: str = ""
    """The judge's models with the options that decide a reply."""
    threshold: Threshold = USUAL
    """What certifies a judge."""
    labels: Mapping[str, GoldValue] = MappingProxyType({})
    """What people say by the id of the gold case: YES, NO or NA; where they say nothing of any,
    what models do."""
    labelled_by: str = ""
    """Who gave them, in words."""
    chains: Mapping[str, str] = MappingProxyType({})
    """What rules depend on, by their texts."""
    sections: Mapping[str, Section] = MappingProxyType({})
    """The document's sections by their ids."""
    chose_pairs: tuple[Judgement, ...] = ()
    """A judgement of each judge whose verdicts chose pairs to train on."""
    chose_checkpoints: tuple[JudgeId, ...] = ()
    """The judges that trainings were validated by."""
    trained_from: Mapping[str, str] = MappingProxyType({})
    """The base of each trained model, by its name."""

    @property
    def digest(self) -> str:
        """Digest of what decides figures; empty if nothing is known."""
        known = [one.model_dump(mode="json") for one in self.certificates]
        if not (known or self.labels or self.chose_pairs):
            return ""
        chose = [one.id for one in self.chose_pairs]
        said = [dict(self.labels), self.labelled_by]
        return content_id([known, self.identity, *self.threshold, *said, chose])

    def known_as(self, grader: Grader) -> Judgement:
        """A judge as its certificate knows it."""
        return grader._replace(options=self.identity).blank("")

    def label_of(self, asked: Case, answer: Answer, rule: Rule) -> float | None:
        """What labels say about an answer and a rule: 1 kept, 0 broken, NaN not applicable."""
        if not self.labels:
            return None
        case = gold_case(asked, answer, rule, chain=self.chains.get(rule.text, ""))
        return _LABELS.get(self.labels.get(case.id, "cannot tell"))


NOTHING_KNOWN = JudgeWorth()


class PlacedVerdict(NamedTuple):
    """A judge's verdict with what it is about."""

    asked: Case
    answer: Answer
    rule: Rule
    verdict: Verdict


def judge_belief(cases: Sequence[PlacedVerdict], grader: Grader, worth: JudgeWorth) -> JudgeBelief:
    """How far a judge is believed about what it has judged, by rule family."""
    rules = {case.rule.id: case.rule for case in cases}
    judge = JudgeId.of(worth.known_as(grader))
    known = believed(worth.certificates, judge, rules.values(), worth.threshold)
    verdicts = [_judged(case, worth.sections) for case in cases if case.verdict.value != "NA"]
    models = [case.answer.model for case in cases[:1]]
    found = belief_about(f"{grader.name}:{grader.model}", known, verdicts, models)
    own = own_answers(grader.model, models, worth.trained_from)
    chose = {
        "training pairs": [JudgeId.of(one) for one in worth.chose_pairs],
        "checkpoints": worth.chose_checkpoints,
    }
    same = (line for what, each in chose.items() for line in _same_judge(what, each, grader))
    n_rules = max(Counter(case.answer.id for case in cases).values(), default=0)
    together = asked_together(known, grader.judge, n_rules)
    n_na = len(cases) - len(verdicts)
    remarks = (*found.remarks, *same, *own, *together, *_not_applied(known, n_na, len(cases)))
    return found.model_copy(update={"remarks": tuple(dict.fromkeys(remarks))})


def shared(first: JudgeBelief | None, second: JudgeBelief | None) -> JudgeBelief | None:
    """The belief in verdicts that are compared: as far as both are believed."""
    if first is None or second is None or first.judge != second.judge:
        return None
    other = second.by_rule
    families = (
        one.model_copy(update={"level": least_believed([one.level, *_levels(one, other)])})
        for one in first.families
    )
    known = first.by_rule
    new = (
        one.model_copy(update={"rules": rules})
        for one in second.families
        if (rules := tuple(rule for rule in one.rules if rule not in known))
    )
    return first.model_copy(update={"families": (*families, *new)})


def mark_of(rule: Rule, belief: JudgeBelief, *, is_whole: bool) -> Mark:
    """What is known of any verdict on a rule. Where all verdicts on it are missing, its family
    tells."""
    others = (one for one in belief.families if one.family == rule.family)
    family = belief.by_rule.get(rule.id) or next(others, None)
    if family is None:
        return UNMARKED
    counts = is_whole and family.level == "certified"
    return Mark(level=family.level, group=family.group, counts=counts)


def marked(case: PlacedVerdict, belief: JudgeBelief, worth: JudgeWorth, *, is_whole: bool) -> Mark:
    """What is known of a verdict; `is_whole`: every answer was judged."""
    probability = case.verdict.probability
    return mark_of(case.rule, belief, is_whole=is_whole)._replace(
        label=worth.label_of(case.asked, case.answer, case.rule),
        doubt=None if probability is None else doubt(probability),
    )


def _levels(family: FamilyBelief, other: Mapping[str, FamilyBelief]) -> list[Belief]:
    return [other[rule].level for rule in family.rules if rule in other]


def _judged(case: PlacedVerdict, sections: Mapping[str, Section]) -> JudgedVerdict:
    section = sections.get(case.rule.section)
    return JudgedVerdict(
        case.rule,
        " > ".join(section.path) if section else "",
        len(case.answer.text),
        case.verdict.value,
        case.verdict.probability,
    )


def _not_applied(known: Believed, n_na: int, n: int) -> Iterable[str]:
    """What to know of a measured judge that often says NA: its labels say kept or broken."""
    if known.fit.certificate and n_na > MOST_OUTSIDE * n:
        yield (
            f"it says NA of {n_na / n:.0%} of what it was asked here, and no label says how often"
            " that is true: rules that are broken may be among them"
        )


def _same_judge(what: str, chose: Iterable[JudgeId], grader: Grader) -> Iterable[str]:
    """Whether the judge has also chosen what was trained, which it may then like too well."""
    own = [JudgeId.of(grader.blank(""))]
    for other in chose:
        if how := _ALIKE[likeness(own, [other])]:
            yield (
                f"{what} were chosen by {how} ({other.name}): what was"
                " trained may please this judge more than it pleases people"
            )


_ALIKE: dict[Likeness, str] = {
    "same judge": "the same model and wording",
    "same model": "the same model with another wording",
    "another model": "",
}
