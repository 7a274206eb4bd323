"""Methods that weigh answers: self-refine, best-of-n and TPO."""

# pyright: basic
from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from tests.method_context import DRAWN, TASK, StandIn, Wishes, context, scripted, steps_of

from specloop.errors import InputError, ModelError
from specloop.judging.base import JudgeCase
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Model, Reply, Request
from specloop.methods import methods
from specloop.records import Message
from specloop.responding.candidates import rank
from specloop.responding.wording import OURS
from specloop.scorers import Scorer, ScorerResult


def roses(scores: list[object]) -> list[str]:
    return [f"Roses {score}" for score in scores]


def chain(scores: list[object], feedback: str = "shorter") -> list[str]:
    """Replies of self-refine: an answer, then feedback and answer in turn."""
    first, *later = roses(scores)
    return [first, *(text for answer in later for text in (feedback, answer))]


async def refined(replies: list[str], more: dict | None = None, **options):
    model, given = scripted(replies, **(more or {}))
    method = methods.build({"name": "self_refine", **options})
    return await method.answer(TASK, given), model, given


async def test_self_refine_sends_what_is_published():
    answer, model, given = await refined(
        ["A", "f1", "B", "f2", "C", "f3", "D"], {"wording": StandIn()}, iterations=3
    )
    users = [request.messages[-1].content for request in model.requests]
    assert users[1:] == ["A", "<1 A|f1>", "B", "<1 B|f2>", "C", "<1 C|f3>"]
    assert model.requests[0].messages == StandIn().augmented(TASK)
    assert not any(r.prefill for r in model.requests)
    assert [r.sampling.seed == DRAWN.seed for r in model.requests] == [True, *[False] * 6]
    assert (answer.text, answer.thought, answer.form) == ("D", "", "plain")
    assert [s.purpose for s in steps_of(given)] == ["answer", *["feedback", "refine"] * 3]


async def test_the_history_is_numbered_anew_from_its_oldest_part():
    _, model, _ = await refined(
        ["A", "f1", "B", "f2", "C", "f3", "D"], {"wording": StandIn()}, iterations=3, history=2
    )
    refines = [r.messages[-1].content for r in model.requests[2::2]]
    assert refines == ["<1 A|f1>", "<1 A|f1><2 B|f2>", "<1 B|f2><2 C|f3>"]


async def test_by_default_it_takes_thirty_one_calls_and_the_last_answer():
    answer, model, given = await refined(chain(list(range(16))))
    assert (len(model.requests), answer.text) == (31, "Roses 15")
    assert (answer.candidates, answer.scores) == ((), ())
    steps = steps_of(given)
    tokens = methods.build("self_refine").paper_tokens(steps)
    assert tokens.prompt == sum(step.prompt_tokens for step in steps)


async def test_with_a_scorer_the_best_answer_is_kept():
    answer, _, _ = await refined(chain([1, 5, 3, "?"]), {"scorer": Wishes()}, iterations=3)
    assert (answer.text, answer.scores) == ("Roses 5", (1, 5, 3, None))
    assert answer.candidates == tuple(roses([1, 5, 3, "?"]))


async def test_with_a_scorer_it_ends_once_several_are_no_better():
    answer, model, _ = await refined(chain([1, 5, 5, 4, 9]), {"scorer": Wishes()}, patience=2)
    assert (answer.text, len(model.requests)) == ("Roses 5", 7)


@pytest.mark.parametrize(
    ("scores", "calls"),
    [(["?"] * 6, 11), (["?", "?", 5, "?", "?", 4], 11), ([5, "?", 4, "?", 3, 9], 9)],
)
async def test_only_scored_answers_can_be_no_better(scores: list[object], calls: int):
    _, model, _ = await refined(chain(scores), {"scorer": Wishes()}, patience=2, iterations=5)
    assert len(model.requests) == calls


async def test_the_last_answer_can_be_asked_for():
    answer, _, _ = await refined(chain([9, 1]), {"scorer": Wishes()}, iterations=1, keep="last")
    assert (answer.text, answer.scores) == ("Roses 1", ())


async def test_where_nothing_could_be_scored_it_is_the_last():
    answer, _, _ = await refined(chain(["a", "b"]), {"scorer": Wishes()}, iterations=1)
    assert (answer.text, answer.scores) == ("Roses b", (None, None))


async def test_a_published_wording_gets_the_published_procedure():
    more = {"scorer": Wishes(), "wording": StandIn()}
    answer, model, _ = await refined(chain([9, 1, 1, 1, 1]), more, iterations=4)
    assert (answer.text, len(model.requests)) == ("Roses 1", 9)
    with pytest.raises(InputError, match="'until_unchanged'"):
        await refined(["x"], more, until_unchanged=True)


async def test_it_can_end_when_nothing_is_to_be_changed():
    replies = ["A", "B1: BROKEN, too long.", "B", "**NOTHING TO CHANGE.**"]
    answer, model, _ = await refined(replies, until_satisfied=True)
    assert (answer.text, len(model.requests)) == ("B", 4)


async def test_it_can_end_when_the_answer_stays_the_same():
    answer, model, _ = await refined(["A", "f", "B", "f", "B", "f", "C"], until_unchanged=True)
    assert (answer.text, len(model.requests)) == ("B", 5)


@pytest.mark.parametrize(
    ("said", "satisfied"),
    [
        ("NOTHING TO CHANGE", True),
        ("  Nothing to change.\n", True),
        ("S1: KEPT, no poison.\nB1: NOT CONCERNED.\n**NOTHING TO CHANGE**", True),
        ("S1: BROKEN, names a poison.\nNOTHING TO CHANGE", False),
        ("S1: KEPT.\nTO CHANGE: nothing to change but the end", False),
        ("If it ends well: NOTHING TO CHANGE", False),
        ("", False),
    ],
)
def test_a_review_is_satisfied_if_its_last_line_says_so_and_no_other_gainsays_it(
    said: str, satisfied: bool
):
    assert OURS.satisfied(said) is satisfied


def test_the_best_and_worst_are_found_among_what_was_scored():
    assert rank([None, 2.0, 1.0, 2.0, 1.0]) == (1, 2)
    assert rank([None, None]) == (0, 0)
    assert rank([None, 0.0]) == (1, 1)


def by_seed(request: Request) -> str:
    """An answer whose score is the draw's number; reviews and advice say what they are."""
    number = (request.sampling.seed - DRAWN.seed) // 1_000_003
    return f"Roses {[3, 8, 8, 1, 4][number % 5] + number // 5}"


async def test_best_of_n_draws_with_seeds_of_their_own_and_keeps_the_best():
    model, given = scripted(by_seed, scorer=Wishes())
    answer = await methods.build({"name": "best_of_n", "n": 5}).answer(TASK, given)
    assert (answer.text, answer.scores) == ("Roses 8", (3, 8, 8, 1, 4))
    assert model.requests[0].sampling == DRAWN
    assert len({r.sampling.seed for r in model.requests}) == 5
    assert {r.messages for r in model.requests} == {OURS.augmented(TASK)}


@pytest.mark.parametrize(("name", "n"), [("best_of_n", 15), ("tpo", 15)])
async def test_the_papers_fifteen_answers_are_drawn(name: str, n: int):
    _, given = scripted(by_seed, scorer=Wishes())
    answer = await methods.build(name).answer(TASK, given)
    assert len(answer.candidates) == n


async def test_tpo_compares_the_best_and_worst_of_all_so_far():
    model, given = scripted(by_seed, scorer=Wishes())
    answer = await methods.build("tpo").answer(TASK, given)
    purposes = [step.purpose for step in steps_of(given)]
    advised = ["compare", "advise", *["candidate"] * 5]
    assert purposes == ["candidate"] * 5 + advised * 2
    assert len({r.sampling.seed for r in model.requests if not compares(r)}) == 15
    first, second = (r for r in model.requests if compares(r) and "Roses 1\n" in told(r))
    assert "Roses 8\n" in told(first)
    assert "Roses 9\n" in told(second)
    rewrite = model.requests[-1].messages
    assert [m.role for m in rewrite] == ["system", "user", "assistant", "user"]
    assert rewrite[:2] == OURS.augmented(TASK)
    assert rewrite[2].content == "Roses 9"
    assert answer.text == "Roses 10"


def told(request: Request) -> str:
    return request.messages[-1].content


def compares(request: Request) -> bool:
    """Whether it is a call for a comparison or advice."""
    return request.messages[0] != OURS.augmented(TASK)[0]


@pytest.mark.parametrize("name", ["best_of_n", "tpo"])
async def test_choosing_needs_a_scorer_and_something_to_choose_among(name: str):
    model = ScriptedModel(["x"])
    with pytest.raises(InputError, match="scorer"):
        await methods.build(name).answer(TASK, context(model))
    greedy = DRAWN.model_copy(update={"temperature": 0.0})
    with pytest.raises(InputError, match="temperature"):
        await methods.build(name).answer(TASK, context(model, scorer=Wishes(), sampling=greedy))
    assert not model.requests


async def test_scoring_calls_are_logged_but_are_no_tokens_of_the_papers():
    scoring = ScriptedModel(["a long verdict"])
    _, given = scripted(by_seed, scorer=Wishes(), scoring_model=scoring)
    method = methods.build({"name": "best_of_n", "n": 3})
    await method.answer(TASK, given)
    steps = steps_of(given)
    assert [step.purpose for step in steps] == ["candidate"] * 3 + ["score"] * 3
    assert steps[-1].completion_tokens == 3
    assert method.paper_tokens(steps).completion == 3 * 2
    assert len(scoring.requests) == 3


class Breaking(ScriptedModel):
    """Fails at the request of one number while all others wait for ever."""

    def __init__(self, number: int) -> None:
        super().__init__([""])
        self.number, self.n_asked, self.n_given_up = number, 0, 0

    async def generate(self, request: Request) -> Reply:
        self.n_asked += 1
        if self.n_asked == self.number:
            raise ModelError("broken")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.n_given_up += 1
            raise
        return Reply(text="")


@pytest.mark.parametrize("stage", ["drawing", "scoring"])
async def test_a_call_that_fails_ends_those_beside_it(stage: str):
    breaking, fine = Breaking(3), ScriptedModel(by_seed)
    model, scoring = (breaking, fine) if stage == "drawing" else (fine, breaking)
    given = context(model, scorer=Wishes(), scoring_model=scoring)
    with pytest.raises(ModelError, match="broken"):
        await methods.build({"name": "best_of_n", "n": 3}).answer(TASK, given)
    await asyncio.sleep(0)
    assert (breaking.n_asked, breaking.n_given_up) == (3, 2)


class Weighs(Scorer):
    """Takes the probability of a continuation for the score."""

    async def score(self, case: JudgeCase, model: Model | None) -> ScorerResult:
        assert model is not None
        return ScorerResult(sum(await model.score((), case.response)))


class Scoring(ScriptedModel):
    """Gives each word the same probability."""

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        return (-1.0,) * len(continuation.split())


async def test_a_scoring_without_a_reply_is_a_call_in_the_books():
    _, given = scripted(by_seed, scorer=Weighs(), scoring_model=Scoring([""]))
    answer = await methods.build({"name": "best_of_n", "n": 2}).answer(TASK, given)
    assert answer.scores == (-2.0, -2.0)
    scored = [step for step in steps_of(given) if step.purpose == "score"]
    assert [(step.prompt_tokens, step.completion_tokens) for step in scored] == [(2, 0), (2, 0)]
