"""A made-up run whose rules without a check are judged in every way: nothing in it was measured."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from specloop.calibration.certify import certificate, plan
from specloop.calibration.sets import ABOVE, EXACT, GUESS, PRECISION, RECALL
from specloop.evaluation.correcting import NO_MEAN
from specloop.evaluation.table import find
from specloop.judges import judges
from specloop.judging.grader import Grader
from specloop.judging.likeness import JudgeId
from specloop.measuring.compliance import COMPLIANCE, JUDGED, with_level
from specloop.records import (
    Belief,
    Certificate,
    Corrected,
    Cost,
    Evaluation,
    FamilyBelief,
    Figure,
    GoldCase,
    GoldLabel,
    JudgeBelief,
    Judgement,
    LabellerKind,
    Message,
    Rule,
    SetScore,
    Verdict,
)
from specloop.records.conversation import with_request
from specloop.report import ReportData
from specloop.report.data import TRAINING_DATA, GoldRecords, JudgeUse
from specloop.stats import Resampling
from tests.page import HOSTILE
from tests.report_fixture import report_data

FAMILIES = ("tone", "care", "third")
"""Of the first three rules without a check: certified, weak, and by a judge without certificate."""
JUDGE, OTHER = "scripted:judge", "scripted:other"
_LABELLERS: tuple[tuple[str, LabellerKind], ...] = (
    (f"Ann {HOSTILE}", "person"),
    ("openai:labels-for-hire", "model"),
    ("policy.md", "document"),
)


def judged_data(n_pairs: int = 24, n_copies: int = 1) -> ReportData:
    """The run: of its four rules without a check one is judged by a certified judge, one by a weak
    one, one by one without certificate; the last is labelled by people, for one entrant."""
    data = report_data(n_pairs, n_copies)
    rules = _in_families(data.rules)
    open_rules = [rule for rule in rules if rule.check is None]
    cases, labels = _gold()
    strong = _measured("logprob", "scripted:strong", cases, labels, _sharp)
    cheap = _measured("joint", "scripted:cheap", cases, labels, _blunt)
    people = _labelled_by_people(data, open_rules[3])
    certificates = (strong[0], cheap[0])
    return replace(
        data,
        rules=rules,
        evaluations=tuple(_believed(one, open_rules, strong[0]) for one in data.evaluations),
        certificates=certificates,
        set_scores=tuple(set_score(one) for one in ("scripted:strong", "scripted:cheap")),
        gold=GoldRecords(
            (*cases, *people.cases), (*labels, *people.labels), (*strong[1], *cheap[1])
        ),
        judges=(
            JudgeUse(JudgeId.of(certificates[0]), JUDGE, "evaluation", 720),
            JudgeUse(JudgeId("joint", "{}", "m", ""), OTHER, "evaluation", 1),
            JudgeUse(JudgeId.of(certificates[0]), JUDGE, TRAINING_DATA, 90),
        ),
    )


def _in_families(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules, with those without a check in families of their own."""
    families = iter(FAMILIES)
    return tuple(
        rule.model_copy(update={"family": next(families, "fourth")}) if rule.check is None else rule
        for rule in rules
    )


def _believed(evaluation: Evaluation, rules: list[Rule], certificate: Certificate) -> Evaluation:
    """The verdicts on the first rule are in the totals, those on the others beside them."""
    first, second, third = (rule.id for rule in rules[:3])
    levels: tuple[tuple[str, Belief], ...] = ((first, "certified"), (second, "weak"))
    families = [
        FamilyBelief(family=family, level=level, rules=(rule,), n_kept=60, n_broken=60, needs=needs)
        for (rule, level), family, needs in zip(levels, FAMILIES, ("", NEEDS), strict=False)
    ]
    changed = {
        (JUDGED, first): {"name": COMPLIANCE, "judge": "check"} | _corrected(0.62, "certified"),
        (JUDGED, second): _corrected(None, "weak"),
        (JUDGED, third): {"judge": OTHER, "belief": "unmeasured"},
    }
    metrics = [
        one.model_copy(update=changed.get((one.name, one.group), {})) for one in evaluation.metrics
    ]
    whole = find(metrics, "all_rules_kept")
    if whole:
        never = whole.model_copy(update={"corrected": Corrected(why=NO_MEAN)})
        metrics[metrics.index(whole)] = never
    total = find(metrics, COMPLIANCE)
    weak = {"group": with_level("weak"), "value": 0.5, "belief": "weak", "n_judged": 12}
    if total:
        metrics.append(total.model_copy(update=weak))
    belief = JudgeBelief(
        judge=JUDGE,
        certificate=certificate.id,
        families=tuple(families),
        transport=(f"40% of the verdicts are on other rules: {HOSTILE}",),
    )
    return evaluation.model_copy(update={"metrics": tuple(metrics), "belief": belief})


NEEDS = "about 40 more labels of kept rules"


def _corrected(value: float | None, level: Belief) -> dict[str, Any]:
    if value is None:
        found = Corrected(why=f"the judge is no better than chance {HOSTILE}", n_labels=120)
    else:
        by = f"the model {HOSTILE}"
        low, high = value - 0.2, value + 0.2
        found = Corrected(value=value, ci_low=low, ci_high=high, n_labels=120, labelled_by=by)
    return {"belief": level, "n_judged": 12, "corrected": found}


def _gold() -> tuple[list[GoldCase], list[GoldLabel]]:
    cases: list[GoldCase] = []
    labels: list[GoldLabel] = []
    for number in range(240):
        family = FAMILIES[number % 2]
        kept = number % 4 < 2
        by, kind = _LABELLERS[number % 3]
        case = GoldCase(
            messages=(Message(role="user", content=f"Question {number}?"),),
            answer=f"{'good' if kept else 'bad'} {number}",
            rule_text=f"Rule of {family}. {HOSTILE}",
            section=(f"Section {family} {HOSTILE}",),
            family=family,
            group=str(number),
            source="rows:labels.csv",
        )
        cases.append(case)
        label = GoldLabel(case=case.id, value="YES" if kept else "NO", by=by, kind=kind)
        labels.append(label)
    return cases, labels


def _sharp(number: int, kept: bool) -> float | None:
    """Rarely wrong on even cases, often on odd ones."""
    draws = random.Random(number)
    wrong = draws.random() < (0.02 if number % 2 == 0 else 0.3)
    return (0.55 + 0.4 * draws.random()) if kept != wrong else (0.05 + 0.4 * draws.random())


def _blunt(number: int, kept: bool) -> float | None:
    """Says YES of everything, without a probability."""
    return None


def _measured(
    name: str,
    model: str,
    cases: list[GoldCase],
    labels: list[GoldLabel],
    says: Callable[[int, bool], float | None],
) -> tuple[Certificate, list[Judgement]]:
    grader = Grader(name, judges.build(name), model)
    judgements: list[Judgement] = []
    for number, (case, label) in enumerate(zip(cases, labels, strict=True)):
        probability = says(number, label.value == "YES")
        value = "YES" if probability is None or probability > 0.5 else "NO"
        verdict = Verdict(rule=case.id, value=value, probability=probability)
        blank = grader.blank(case.id).model_copy(
            update={"cost": Cost(n_calls=1, prompt_tokens=300, completion_tokens=number % 7)}
        )
        judgements.append(blank.with_verdicts((verdict,)))
    planned = plan(cases, labels, ("rows:labels.csv",))
    in_order = {one.answer: one for one in judgements}
    results = [in_order[one.case.id] for one in planned.cases]
    return certificate(planned, grader, [results], Resampling(draws=200)), judgements


def _labelled_by_people(data: ReportData, rule: Rule) -> GoldRecords:
    """A person's labels on some of the trained model's answers, by one rule."""
    probes = {probe.id: probe for probe in data.probes}
    cases: list[GoldCase] = []
    for answer in data.answers:
        if answer.entrant == "dpo" and len(cases) < 3:
            probe = probes[answer.case]
            case = GoldCase(
                messages=with_request(probe.messages, probe.query),
                answer=answer.text,
                rule_text=rule.text,
                rules=(rule.id,),
                source="review",
            )
            cases.append(case)
    labels = [GoldLabel(case=one.id, value="YES", by="Bo", kind="person") for one in cases]
    return GoldRecords(tuple(cases), tuple(labels))


def set_score(model: str) -> SetScore:
    """A made-up score on items of two kinds."""
    shares = {EXACT: 0.5, PRECISION: 0.7, RECALL: 0.6, ABOVE: 0.2, GUESS: 0.3}
    return SetScore(
        judge="joint",
        settings={},
        model=model,
        request_digest="d",
        items=f"items {HOSTILE}",
        items_digest="i",
        n_items=40,
        figures=tuple(
            Figure(name=name, group=kind, value=value, n=40, ci_low=value - 0.1, ci_high=value)
            for kind in ("", "exception chain")
            for name, value in shares.items()
        ),
        cost=Cost(n_calls=40, prompt_tokens=8000),
    )
