"""What a checkpoint is chosen by."""

from collections.abc import Sequence

import pytest

from specloop.checking import compile_check
from specloop.evaluation.general import GeneralQuestion, practice, questions
from specloop.llm.base import Reply
from specloop.pipeline.validation import ValidationPlan, validation_score
from specloop.records import Case, MadeBy, Message, Rule
from specloop.revision.lineage import Changed

EXCLAMATION, DOG = (
    Rule(section="s", text=text, quote=text, start=0, end=len(text), check=compile_check(text))
    for text in (
        "Never use exclamation marks.",
        'Only when the customer mentions a dog, begin the answer with the line "Safety first:".',
    )
)


def probe(text: str) -> Case:
    return Case(
        messages=(Message(role="user", content=text),),
        scenario="i",
        targets=(),
        side="violation",
        split="validation",
        topic="t",
        seed_prompt=text,
        attack="direct",
        made_by=MadeBy(model="plain"),
    )


@pytest.mark.parametrize(
    ("answers", "score"),
    [
        (["Fine.", "Fine.", "Fine.", "Safety first:\nFine."], 1.0),
        # One of two rules is never kept: a half, although three of four answers are right.
        (["Fine.", "Fine.", "Fine.", "Fine."], 0.5),
        # Kept where it applies, broken where it does not.
        (["Safety first:\nFine.", "Fine.", "Fine.", "Safety first:\nFine."], 0.75),
        (["Fine!", "Fine!", "Fine.", "Safety first:\nFine."], 0.75),
    ],
)
def test_rules_weigh_alike_however_often_they_apply(answers: list[str], score: float) -> None:
    probes = [probe("Roses?"), probe("Tulips?"), probe("Moss?"), probe("My dog eats roses.")]

    def generate(conversations: Sequence[Sequence[Message]]) -> list[Reply]:
        assert [c[-1].content for c in conversations] == [p.messages[-1].content for p in probes]
        return [Reply(text=text) for text in answers]

    plan = ValidationPlan(probes, [EXCLAMATION, DOG])
    assert validation_score(plan, generate) == pytest.approx(score)


def test_what_changed_weighs_as_much_as_all_the_rest() -> None:
    probes = [probe("Roses?"), probe("Tulips?"), probe("Moss?"), probe("My dog eats roses.")]
    bloom = Rule(
        id="gone",
        section="s",
        text="b",
        quote="b",
        start=0,
        end=1,
        check=compile_check('End every answer with the line "Bloom."'),
    )

    general: list[GeneralQuestion] = []

    def score(*answers: str, changed: Changed) -> float:
        replies = [Reply(text=text) for text in answers]
        plan = ValidationPlan(probes, [EXCLAMATION, DOG], changed=changed, general=general)
        return validation_score(plan, lambda _: replies)

    # The changed rule is never kept, the other always.
    plain = ("Fine.",) * 4
    assert score(*plain, changed=Changed(frozenset([DOG.id]))) == pytest.approx(0.5)
    # So it is with a rule that is gone: three of four still end as it demanded.
    ended = ("Fine.\nBloom.",) * 3 + ("Safety first:\nFine.",)
    assert score(*ended, changed=Changed(gone=(bloom,))) == pytest.approx((0.25 + 1) / 2)
    both = Changed(frozenset([DOG.id]), (bloom,))
    assert score(*ended, changed=both) == pytest.approx(((1 + 0.25) / 2 + 1) / 2)
    # General questions are a third part: one of two is answered right.
    general += practice().validation[:2]
    known = f"It is {general[0].answers[0]}."
    with_general = score(*plain, known, "No idea.", changed=Changed(frozenset([DOG.id])))
    assert with_general == pytest.approx((0 + 1 + 0.5) / 3)


def test_the_general_questions_of_training_are_none_of_those_that_are_measured() -> None:
    own = practice()
    seen = {one.question for one in (*own.train, *own.validation)}
    assert len(seen) == len(own.train) + len(own.validation) == 120
    assert not seen & {one.question for one in questions()}
    assert not any(one.accepts(one.question) for one in (*own.train, *own.validation))
