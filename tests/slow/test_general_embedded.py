import pytest

from specloop.evaluate import Target
from specloop.evaluate.general import answer_general, general_under
from specloop.evaluate.measures import general_measures
from specloop.evaluate.metrics import metric
from specloop.llm.backends import resolve
from specloop.stats import DEFAULT
from specloop.store import RunFolder

pytestmark = pytest.mark.slow


async def test_the_embedded_target_gets_about_half_of_the_questions_and_a_sane_perplexity(
    tmp_path,
) -> None:
    folder = RunFolder(tmp_path)
    model = resolve("embedded:smollm2-135m")
    try:
        scores = (await answer_general(folder, Target("base", model))).scores
    finally:
        await model.aclose()
    right, perplexity = (metric(m, DEFAULT) for m in general_measures(scores))
    assert 0.4 < right.value < 0.75
    assert 20 < perplexity.value < 120
    assert perplexity.ci_high - perplexity.ci_low < perplexity.value / 3
    assert general_under(folder, model.name) == scores
