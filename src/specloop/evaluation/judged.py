"""Verdicts on an entrant's answers, and what metrics see of them.

Code applies every decidable rule of the document to every answer, not only the rules that a probe
targets: conditional ones say NA by themselves. A judge is asked about a share of the answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from specloop.checking import applies
from specloop.draws import ranked
from specloop.ended import NOTHING
from specloop.evaluation.believing import PlacedVerdict, judge_belief, mark_of, marked
from specloop.evaluation.general import GeneralScore
from specloop.evaluation.inputs import EvaluationSet, conversation
from specloop.items import Loop, each, local
from specloop.judges import grader_of
from specloop.judging.base import JudgeCase, rule_case, with_rubric
from specloop.judging.grader import Grader, check_judgement, unread
from specloop.llm.roles import RoleModel
from specloop.measuring.evidence import (
    CHECK,
    UNMARKED,
    Cell,
    Evidence,
    EvidenceKind,
    Mark,
    Measured,
)
from specloop.records import (
    CODE,
    Answer,
    Case,
    Category,
    Failure,
    JudgeBelief,
    Judgement,
    Refusal,
    Rule,
    Spec,
    Verdict,
    content_id,
)
from specloop.stats import Unit
from specloop.store import RecordStore, put
from specloop.tolerance import Legibility

HAS: tuple[EvidenceKind, ...] = ("checks", "permitted", "calls", "judge", "questions", "passages")
"""What an evaluation on a run's held-out probes can have for metrics."""


class JudgedAnswer(NamedTuple):
    """An answer with its probe and all verdicts on it."""

    probe: Case
    answer: Answer
    verdicts: tuple[Verdict, ...]
    refusal: Refusal | None = None
    refusal_judge: str = ""
    """Who was asked how far it refuses; empty: nobody."""

    @property
    def judgement(self) -> Judgement:
        """The verdicts of code as the folder keeps them."""
        own = (verdict for verdict in self.verdicts if verdict.kind == "check")
        return Judgement.of(own, answer=self.answer.id, judge="check", model=CODE)

    @property
    def item(self) -> tuple[str, int]:
        """What pairs it with another model's answer: probe and seed."""
        return self.probe.id, self.answer.sampling.seed

    @property
    def cluster(self) -> str:
        """Cases of one cluster are not independent: probes from one seed prompt, rows from one
        prompt before the attacks on it, else one probe."""
        probe = self.probe
        row = "" if probe.is_probe else f"{probe.scenario}\n{probe.query}"
        return probe.seed_prompt or probe.topic or probe.twin_of or row or probe.id


def check_answers(answers: Iterable[Answer], eval_set: EvaluationSet) -> tuple[JudgedAnswer, ...]:
    """Every decidable rule of its document applied to every answer."""
    probes = {probe.id: probe for probe in eval_set.probes}

    def graded(answer: Answer, probe: Case) -> JudgedAnswer:
        rules = [rule for rule in eval_set.document(probe) if rule.check is not None]
        judgement = check_judgement(answer_case(probe, answer, eval_set, rules))
        return JudgedAnswer(probe, answer, judgement.verdicts)

    return tuple(graded(answer, probes[answer.case]) for answer in answers)


async def ask_judge(
    folder: RecordStore,
    graded: Sequence[JudgedAnswer],
    eval_set: EvaluationSet,
    role_model: RoleModel,
) -> tuple[JudgedAnswer, ...]:
    """The same answers, on a share of them with a judge's verdicts on the rules of the
    probe's instance that code cannot decide. Verdicts the folder has are kept, and only those that
    it lacks are asked for.

    RunStoppedError where too many cannot be read; what was asked is in the call store.
    """
    grader = grader_of(eval_set.settings.judge, role_model.model, eval_set.guides)
    if not grader.judge.asks:
        return tuple(graded)
    share = _share(graded, eval_set.settings.judged_share)
    cases = [case for g in share if (case := _undecided(g, eval_set)).specs]
    known = _Known(folder.read(Judgement), grader, is_benchmark=bool(eval_set.source))
    new: list[Judgement] = []
    title, most = f"verdicts of {role_model.model.name}", eval_set.settings.max_failures
    legibility = Legibility(title, most, sum(len(case.specs) for case in cases))

    def seen(case: JudgeCase, result: Judgement | Failure) -> None:
        if isinstance(result, Judgement):
            for trouble in unread(case.end, result):
                legibility.add(trouble)

    async def judged(case: JudgeCase) -> Judgement:
        made = await grader.ended_judgement(known.left(case), role_model.model)
        return known.whole(case, made)

    loop = Loop[JudgeCase, Judgement](
        "verdicts of the judge",
        "evaluate",
        lambda case: f"judge:{case.answer}",
        local(role_model.settings.concurrency),
        earlier=known.had,
        record=folder.append,
        keep=lambda due: new.extend(judgement for _, judgement in due),
        seen=seen,
    )
    judgements = await each(judged, cases, loop)
    put(folder, Judgement, new)
    return _with_verdicts(graded, (one for one in judgements if isinstance(one, Judgement)))


class _Known:
    """What the folder has of a judge's judgements."""

    def __init__(
        self, judgements: Iterable[Judgement], grader: Grader, *, is_benchmark: bool
    ) -> None:
        self._by_id = {one.id: one for one in judgements}
        self._grader = grader
        self._is_benchmark = is_benchmark

    def had(self, case: JudgeCase) -> Judgement | None:
        """The judgement of a case, where nothing of it is left to ask."""
        one = self._of(case)
        if one and _is_about(one, case):
            return one
        return None if self.left(case).specs else self.whole(case, self._grader.blank(case.answer))

    def left(self, case: JudgeCase) -> JudgeCase:
        """The case with the specs that have no verdict yet."""
        there = self._still(case)
        return case._replace(specs=tuple(spec for spec in case.specs if spec.id not in there))

    def whole(self, case: JudgeCase, made: Judgement) -> Judgement:
        """What was made, with the verdicts that were there, in the order of the specs."""
        by_rule = self._still(case) | {verdict.rule: verdict for verdict in made.verdicts}
        own = tuple(by_rule[spec.id] for spec in case.specs if spec.id in by_rule)
        return made.model_copy(update={"verdicts": own, "wordings": _wordings(case.specs)})

    def _of(self, case: JudgeCase) -> Judgement | None:
        return self._by_id.get(self._grader.blank(case.answer).id)

    def _still(self, case: JudgeCase) -> dict[str, Verdict]:
        """Verdicts on specs of the case in the same words, by rule: a benchmark's rule has its id
        of its words; of a document's rules the judgement says in which words they were, if it is
        about no others."""
        one = self._of(case)
        said = {verdict.rule: verdict for verdict in one.verdicts} if one else {}
        by_id = {spec.id: spec for spec in case.specs}
        specs = [by_id[rule] for rule in said if rule in by_id]
        is_same = one is not None and one.wordings in ("", _wordings(specs))
        if not self._is_benchmark and not (is_same and len(specs) == len(said)):
            return {}
        return {spec.id: said[spec.id] for spec in specs}


def judged_before(
    folder: RecordStore,
    graded: Sequence[JudgedAnswer],
    eval_set: EvaluationSet,
    role_model: RoleModel,
) -> tuple[JudgedAnswer, ...]:
    """The same answers with the judge's verdicts that the folder has."""
    grader = grader_of(eval_set.settings.judge, role_model.model, eval_set.guides)
    cases = [_undecided(one, eval_set) for one in graded] if grader.judge.asks else []
    asked = {grader.blank(case.answer).id: case for case in cases}
    known = (one for one in folder.read(Judgement) if one.id in asked)
    return _with_verdicts(graded, (one for one in known if _is_about(one, asked[one.id])))


def _is_about(judgement: Judgement, case: JudgeCase) -> bool:
    """Whether it is about the same rules in the same words, as far as it says in which."""
    rules = {verdict.rule for verdict in judgement.verdicts}
    is_same = judgement.wordings in ("", _wordings(case.specs))
    return is_same and rules == {spec.id for spec in case.specs}


def _wordings(specs: Iterable[Spec]) -> str:
    """A rule that a person has reworded keeps its id."""
    return content_id([spec.text for spec in specs])


def believed_judge(
    graded: Iterable[JudgedAnswer], eval_set: EvaluationSet, role_model: RoleModel | None
) -> JudgeBelief | None:
    """How far the judge is believed about these answers; None if it has judged nothing."""
    if role_model is None:
        return None
    cases = [case for one in graded for case in _judged_cases(one, eval_set)]
    grader = grader_of(eval_set.settings.judge, role_model.model, eval_set.guides)
    return judge_belief(cases, grader, eval_set.worth) if cases else None


def _judged_cases(graded: JudgedAnswer, eval_set: EvaluationSet) -> Iterator[PlacedVerdict]:
    """The verdicts of a judge on an answer; none on one that did not come."""
    return iter(()) if graded.answer.end in NOTHING else _placed(graded, eval_set)


def _placed(graded: JudgedAnswer, eval_set: EvaluationSet) -> Iterator[PlacedVerdict]:
    rules = {rule.id: rule for rule in eval_set.instance_rules(graded.probe)}
    for verdict in graded.verdicts:
        if verdict.kind != "check" and verdict.rule in rules:
            yield PlacedVerdict(graded.probe, graded.answer, rules[verdict.rule], verdict)


def judge_label(eval_set: EvaluationSet, role_model: RoleModel | None) -> str:
    """What verdicts call the judge that is asked about every answer; empty where none is."""
    if role_model is None or eval_set.settings.judged_share < 1:
        return ""
    grader = grader_of(eval_set.settings.judge, role_model.model, eval_set.guides)
    return f"{grader.name}:{grader.model}" if grader.judge.asks else ""


def _with_verdicts(
    graded: Iterable[JudgedAnswer], judgements: Iterable[Judgement]
) -> tuple[JudgedAnswer, ...]:
    added = {one.answer: one.verdicts for one in judgements}
    return tuple(
        one._replace(verdicts=(*one.verdicts, *added.get(one.answer.id, ()))) for one in graded
    )


def _undecided(graded: JudgedAnswer, eval_set: EvaluationSet) -> JudgeCase:
    """The answer with the rules that a judge is asked about."""
    rules = eval_set.judged_rules(graded.probe)
    return answer_case(graded.probe, graded.answer, eval_set, rules)


def answer_case(
    probe: Case, answer: Answer, eval_set: EvaluationSet, rules: Iterable[Rule] = ()
) -> JudgeCase:
    """What a judge is given of an answer to a probe."""
    case = rule_case(probe.messages, answer, rules)._replace(
        query=probe.query,
        scenario=eval_set.descriptions.get(probe.scenario, ""),
        reference=probe.reference,
    )
    return with_rubric(case, probe.rubric)


def _share(graded: Sequence[JudgedAnswer], share: float) -> Sequence[JudgedAnswer]:
    """A share of the answers, drawn by probe so that every target is judged on the same ones."""
    there = [g for g in graded if g.answer.end != "failed"]
    drawn = ranked(there, lambda g: f"{g.item[1]} {conversation(g.probe)}")
    return drawn[: round(share * len(drawn))]


class AskedJudge(NamedTuple):
    """The judge of an evaluation."""

    judge: str = ""
    """Its name, if it was asked about every answer: a verdict of its that is missing is
    unscored."""
    belief: JudgeBelief | None = None

    def marks(self, graded: JudgedAnswer, eval_set: EvaluationSet) -> Mapping[str, Mark]:
        """What is known of its verdicts on an answer, by rule."""
        if self.belief is None:
            return {}
        return {
            case.rule.id: marked(case, self.belief, eval_set.worth, is_whole=bool(self.judge))
            for case in _placed(graded, eval_set)
        }

    def mark_of(self, rule: Rule) -> Mark:
        """What is known of a verdict of its that is missing."""
        return mark_of(rule, self.belief, is_whole=bool(self.judge)) if self.belief else UNMARKED


NOBODY = AskedJudge()


def evidence_of(
    graded: Iterable[JudgedAnswer],
    eval_set: EvaluationSet,
    general: Sequence[GeneralScore] = (),
    by: AskedJudge = NOBODY,
) -> Evidence:
    """Graded answers, general questions and passages."""
    graded = list(graded)
    asked = any(verdict.kind != "check" for one in graded for verdict in one.verdicts)
    of = by if asked or eval_set.source else by._replace(judge="")
    answers = tuple(_measured(one, eval_set, of) for one in graded)
    questions = tuple(Unit(s.item, s.known) for s in general if not s.passage)
    passages = tuple(Unit(s.item, s.value, weight=s.n_tokens) for s in general if s.passage)
    is_own = not eval_set.source
    decided = [rule.check is not None for rule in eval_set.rules]
    permitted = is_own or any(probe.side == "permitted" for probe in eval_set.chosen)
    judged = any(cell.judge != CHECK for answer in answers for cell in answer.cells)
    certified = any(cell.mark and cell.mark.counts for answer in answers for cell in answer.cells)
    there = (is_own or certified or any(decided), permitted, True, judged, questions, passages)
    has: set[EvidenceKind] = {need for need, is_there in zip(HAS, there, strict=True) if is_there}
    if not is_own and (by.judge or all(decided)):
        has.add("verdicts")
    if any(rule.category == "safety" for rule in eval_set.rules):
        has.add("safety")
    rules = tuple(sorted(eval_set.rules, key=lambda rule: rule.start))
    metrics = eval_set.settings.metrics
    of_all = bool(by.judge)
    return Evidence(answers, frozenset(has), rules, questions, passages, metrics, of_all)


def _measured(graded: JudgedAnswer, eval_set: EvaluationSet, by: AskedJudge) -> Measured:
    cells = list(_cells(graded, eval_set, by))
    if by.judge:
        there = {cell.rule for cell in cells}
        cells += [
            Cell(
                rule.id,
                "unscored",
                rule.category,
                by.judge,
                is_held_out=rule.id in eval_set.held_out,
                is_targeted=rule.id in graded.probe.targets,
                is_own=not eval_set.source,
                mark=by.mark_of(rule),
            )
            for rule in _asked_rules(graded.probe, eval_set)
            if rule.id not in there
        ]
    return Measured(
        cluster=graded.cluster,
        text=graded.answer.text,
        end=graded.answer.end,
        cells=tuple(cells),
        request=graded.probe.query,
        refusal=graded.refusal,
        refusal_judge=graded.refusal_judge,
        scenario=graded.probe.scenario if eval_set.source else "",
        is_permitted=graded.probe.side == "permitted",
        tokens=graded.answer.cost.prompt_tokens + graded.answer.cost.completion_tokens,
    )


def _asked_rules(probe: Case, eval_set: EvaluationSet) -> tuple[Rule, ...]:
    """The rules without a verdict that somebody was to give: of a benchmark, code too."""
    return eval_set.instance_rules(probe) if eval_set.source else eval_set.judged_rules(probe)


def _cells(graded: JudgedAnswer, eval_set: EvaluationSet, by: AskedJudge) -> Iterator[Cell]:
    """The verdicts of code with how their rules relate to the request, then a judge's."""
    probe, rules = graded.probe, {rule.id: rule for rule in eval_set.rules}
    own = set[str]() if eval_set.source else {rule.id for rule in eval_set.instance_rules(probe)}
    judged: list[Cell] = []
    marks = by.marks(graded, eval_set)
    for verdict in graded.verdicts:
        rule = rules.get(verdict.rule)
        category: Category = rule.category if rule else "behavioral"
        if verdict.kind != "check":
            judged.append(
                Cell(
                    verdict.rule,
                    verdict.value,
                    category,
                    verdict.judge,
                    over_applied=verdict.over_applied,
                    is_held_out=verdict.rule in eval_set.held_out,
                    is_targeted=verdict.rule in probe.targets,
                    is_own=verdict.rule in own,
                    mark=marks.get(verdict.rule, UNMARKED),
                )
            )
        elif rule is not None:
            yield Cell(
                rule.id,
                verdict.value,
                category,
                over_applied=verdict.over_applied,
                is_conditional=bool(rule.check and rule.check.when),
                is_outside=_is_outside(rule, probe.query),
                is_held_out=rule.id in eval_set.held_out,
                is_targeted=rule.id in probe.targets,
                is_own=rule.id in own,
            )
    yield from judged


def _is_outside(rule: Rule, request: str) -> bool:
    """The rule's condition is not met and its wording forbids the behaviour there."""
    call = rule.check
    if call is None or not call.only:
        return False
    return not applies(call.model_copy(update={"unless": ()}), request)
