import pytest
from tests.targets import a_target

from specloop.config import Evaluate
from specloop.evaluation import EvaluationSet
from specloop.evaluation.general import answer_general, general_under, questions
from specloop.evaluation.judged import evidence_of
from specloop.llm.backends import resolve
from specloop.measuring.figures import figure_from
from specloop.metrics import cases_in
from specloop.stats import DEFAULT
from specloop.store import RunFolder

pytestmark = pytest.mark.slow


async def test_the_embedded_target_gets_about_half_of_the_questions_and_a_sane_perplexity(
    tmp_path,
) -> None:
    folder = RunFolder(tmp_path)
    model = resolve("embedded:smollm2-135m")
    try:
        scores = (await answer_general(folder, a_target(model), len(questions()))).scores
    finally:
        await model.aclose()
    eval_set = EvaluationSet((), (), (), frozenset(), Evaluate())
    found = {m.metric.name: m for m in cases_in(evidence_of((), eval_set, scores))}
    right, perplexity = (figure_from(found[name], DEFAULT) for name in ("general", "perplexity"))
    assert 0.4 < right.value < 0.75
    assert 20 < perplexity.value < 120
    assert perplexity.ci_high - perplexity.ci_low < perplexity.value / 3
    assert general_under(folder, model.name) == scores
