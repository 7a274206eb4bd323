"""What the metrics see of an evaluation. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from specloop.checking import applies
from specloop.evaluation.general import GeneralScore
from specloop.evaluation.inputs import EvaluationSet
from specloop.evaluation.score import JudgedAnswer
from specloop.measuring.evidence import CHECK, Cell, Evidence, EvidenceKind, Measured
from specloop.records import Rule, Verdict
from specloop.stats import Unit

HAS: tuple[EvidenceKind, ...] = ("checks", "permitted", "calls", "judge", "questions", "passages")
"""What an evaluation can have for metrics."""


def evidence_of(
    graded: Iterable[JudgedAnswer],
    eval_set: EvaluationSet,
    general: Sequence[GeneralScore] = (),
    judged: Iterable[Verdict] = (),
) -> Evidence:
    """Graded answers, general questions and passages, and an unmeasured judge's verdicts."""
    of_judge: dict[str, list[Verdict]] = {}
    for verdict in judged:
        of_judge.setdefault(verdict.answer, []).append(verdict)
    questions = tuple(Unit(s.item, s.told) for s in general if not s.passage)
    passages = tuple(Unit(s.item, s.value, weight=s.n_tokens) for s in general if s.passage)
    there = (True, True, True, of_judge, questions, passages)
    return Evidence(
        tuple(_measured(g, eval_set, of_judge.get(g.answer.id, ())) for g in graded),
        frozenset(need for need, found in zip(HAS, there, strict=True) if found),
        tuple(sorted(eval_set.rules, key=lambda rule: rule.start)),
        questions,
        passages,
        eval_set.settings.metrics,
    )


def _measured(graded: JudgedAnswer, eval_set: EvaluationSet, judged: Iterable[Verdict]) -> Measured:
    return Measured(
        cluster=graded.cluster,
        text=graded.answer.text,
        end=graded.answer.end,
        cells=(
            *_checked(graded, eval_set),
            *(_cell(v, v.judge) for v in judged if v.kind != "check"),
        ),
        is_permitted=graded.probe.side == "permitted",
        tokens=graded.answer.cost.prompt_tokens + graded.answer.cost.completion_tokens,
    )


def _checked(graded: JudgedAnswer, eval_set: EvaluationSet) -> Iterator[Cell]:
    probe = graded.probe
    request = probe.request
    own = {rule.id for rule in eval_set.instance_rules(probe)}
    rules = {rule.id: rule for rule in eval_set.rules}
    for verdict in graded.verdicts:
        rule = rules.get(verdict.rule)
        if verdict.kind == "check" and rule is not None:
            yield _cell(verdict, CHECK)._replace(
                category=rule.category,
                is_conditional=bool(rule.check and rule.check.when),
                is_outside=_is_outside(rule, request),
                is_held_out=rule.id in eval_set.held_out,
                is_targeted=rule.id in probe.targets,
                is_own=rule.id in own,
            )


def _cell(verdict: Verdict, judge: str) -> Cell:
    return Cell(verdict.rule, verdict.value, judge=judge, over_applied=verdict.over_applied)


def _is_outside(rule: Rule, request: str) -> bool:
    """The rule's condition is not met and its wording forbids the behaviour there."""
    call = rule.check
    if call is None or not call.only:
        return False
    return not applies(call.model_copy(update={"unless": ()}), request)
