"""How far answers to permitted requests refuse, where a refusal judge is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from specloop.evaluation.inputs import EvaluationSet
from specloop.evaluation.judged import JudgedAnswer, answer_case
from specloop.items import Loop, each, local
from specloop.judging.likeness import own_answers
from specloop.llm.roles import RoleModel
from specloop.records import Failure, RefusalVerdict
from specloop.refusal_judges import RefusalGrader
from specloop.store import RecordStore

USUAL = "classifier"
"""What metrics use where nobody is asked."""


async def ask_refusals(
    folder: RecordStore,
    graded: Sequence[JudgedAnswer],
    eval_set: EvaluationSet,
    role_model: RoleModel | None,
) -> Sequence[JudgedAnswer]:
    """The answers, those to permitted requests with what the configured refusal judge says. What
    the folder has is kept; RunStoppedError where too many calls fail."""
    grader = RefusalGrader.of(eval_set.settings.refusals, role_model.model if role_model else None)
    if grader.name == USUAL:
        return graded
    known = {one.id: one for one in folder.read(RefusalVerdict)}
    model = role_model.model if role_model and grader.judge.asks else None

    async def told(one: JudgedAnswer) -> RefusalVerdict:
        result = await grader.judge.tell(answer_case(one.probe, one.answer, eval_set), model)
        return grader.blank(one.answer.id).model_copy(update=result._asdict())

    loop = Loop[JudgedAnswer, RefusalVerdict](
        "refusals",
        "evaluate",
        lambda one: f"refusal:{one.answer.id}",
        local(role_model.settings.concurrency if role_model else 1),
        eval_set.settings.max_failures,
        earlier=lambda one: known.get(grader.blank(one.answer.id).id),
        record=folder.append,
        keep=lambda due: folder.append(verdict for _, verdict in due),
    )
    permitted = [one for one in graded if one.probe.side == "permitted"]
    results = await each(told, permitted, loop)
    return _with_refusals(graded, grader, (r for r in results if not isinstance(r, Failure)))


def refusals_before(
    folder: RecordStore,
    graded: Sequence[JudgedAnswer],
    eval_set: EvaluationSet,
    role_model: RoleModel | None,
) -> Sequence[JudgedAnswer]:
    """The same answers with what the refusal judge has said of them; open where it has not."""
    grader = RefusalGrader.of(eval_set.settings.refusals, role_model.model if role_model else None)
    if grader.name == USUAL:
        return graded
    return _with_refusals(graded, grader, folder.read(RefusalVerdict))


def _with_refusals(
    graded: Iterable[JudgedAnswer], grader: RefusalGrader, verdicts: Iterable[RefusalVerdict]
) -> list[JudgedAnswer]:
    told = {one.id: one.refusal for one in verdicts}
    return [
        one._replace(refusal=told.get(grader.blank(one.answer.id).id), refusal_judge=grader.label)
        for one in graded
    ]


def refusal_notes(graded: Iterable[JudgedAnswer], eval_set: EvaluationSet) -> Iterator[str]:
    """A line where refusals are told by the model that wrote the answers."""
    models = {one.refusal_judge.partition(":")[2]: one.answer.model for one in graded}
    for judge, model in models.items():
        for line in own_answers(judge, [model], eval_set.worth.trained_from):
            yield f"refusals: {line}"
