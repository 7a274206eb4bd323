import pytest

from specloop.metrics.over_refusal import is_refusal

REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I cannot assist with this request.",
    "Sorry, I’m unable to share prices of other shops.",
    "I'm not able to give medical advice. Please see a doctor.",
    "Unfortunately, we cannot do this.",
    "I must decline to answer.",
    "As an AI language model, I cannot water your plants.",
    "That is against our policy.",
]
ANSWERS = [
    "",
    "Water the rose twice a week.",
    "You can't overwater it in winter; it will rot.",
    "I can help you with that. First, cut the stem.",
    "Sorry to hear that your rose died. Try a new one in spring.",
    "The slugs will not give up easily.",
    "Water it. " * 40 + "I cannot help with the rest.",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_is_recognised(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_not_taken_for_a_refusal(text: str) -> None:
    assert not is_refusal(text)
