"""What the metrics see of an evaluation. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from specloop.checking import applies
from specloop.evaluation.general import GeneralScore
from specloop.evaluation.inputs import EvaluationSet
from specloop.evaluation.score import JudgedAnswer
from specloop.measuring.evidence import CHECK, Cell, Evidence, EvidenceKind, Measured
from specloop.records import Category, Rule, Verdict
from specloop.stats import Unit

HAS: tuple[EvidenceKind, ...] = ("checks", "permitted", "calls", "judge", "questions", "passages")
"""What an evaluation can have for metrics."""


def evidence_of(
    graded: Iterable[JudgedAnswer],
    eval_set: EvaluationSet,
    general: Sequence[GeneralScore] = (),
    judged: Iterable[Verdict] = (),
    judge: str = "",
) -> Evidence:
    """Graded answers, general questions and passages, and an unmeasured judge's verdicts. `judge`
    was asked about every answer: a verdict of its that is missing is unscored."""
    of_judge: dict[str, list[Verdict]] = {}
    for verdict in judged:
        of_judge.setdefault(verdict.answer, []).append(verdict)
    questions = tuple(Unit(s.item, s.told) for s in general if not s.passage)
    passages = tuple(Unit(s.item, s.value, weight=s.n_tokens) for s in general if s.passage)
    is_own = not eval_set.source
    checks = [rule.check is not None for rule in eval_set.rules]
    permitted = is_own or any(probe.side == "permitted" for probe in eval_set.chosen)
    there = (is_own or any(checks), permitted, True, of_judge, questions, passages)
    has: set[EvidenceKind] = {need for need, found in zip(HAS, there, strict=True) if found}
    if not is_own and (judge or all(checks)):
        has.add("verdicts")
    return Evidence(
        tuple(_measured(g, eval_set, of_judge.get(g.answer.id, ()), judge) for g in graded),
        frozenset(has),
        tuple(sorted(eval_set.rules, key=lambda rule: rule.start)),
        questions,
        passages,
        eval_set.settings.metrics,
    )


def _measured(
    graded: JudgedAnswer, eval_set: EvaluationSet, judged: Iterable[Verdict], judge: str
) -> Measured:
    cells = [*_checked(graded, eval_set), *_judged(judged, eval_set)]
    if eval_set.source and judge:
        there = {cell.rule for cell in cells}
        cells += [
            Cell(rule.id, "unscored", rule.category, judge)
            for rule in eval_set.instance_rules(graded.probe)
            if rule.id not in there
        ]
    return Measured(
        cluster=graded.cluster,
        text=graded.answer.text,
        end=graded.answer.end,
        cells=tuple(cells),
        scenario=graded.probe.scenario if eval_set.source else "",
        is_permitted=graded.probe.side == "permitted",
        tokens=graded.answer.cost.prompt_tokens + graded.answer.cost.completion_tokens,
    )


def _checked(graded: JudgedAnswer, eval_set: EvaluationSet) -> Iterator[Cell]:
    probe = graded.probe
    own = set[str]() if eval_set.source else {rule.id for rule in eval_set.instance_rules(probe)}
    rules = {rule.id: rule for rule in eval_set.rules}
    for verdict in graded.verdicts:
        rule = rules.get(verdict.rule)
        if verdict.kind == "check" and rule is not None:
            yield Cell(
                rule.id,
                verdict.value,
                rule.category,
                CHECK,
                verdict.over_applied,
                is_conditional=bool(rule.check and rule.check.when),
                is_outside=_is_outside(rule, probe.query),
                is_held_out=rule.id in eval_set.held_out,
                is_targeted=rule.id in probe.targets,
                is_own=rule.id in own,
            )


def _judged(verdicts: Iterable[Verdict], eval_set: EvaluationSet) -> Iterator[Cell]:
    categories: dict[str, Category] = {rule.id: rule.category for rule in eval_set.rules}
    for one in verdicts:
        if one.kind != "check":
            category = categories.get(one.rule, "behavioral")
            yield Cell(one.rule, one.value, category, one.judge, one.over_applied)


def _is_outside(rule: Rule, request: str) -> bool:
    """The rule's condition is not met and its wording forbids the behaviour there."""
    call = rule.check
    if call is None or not call.only:
        return False
    return not applies(call.model_copy(update={"unless": ()}), request)
