"""Stored pairs whose rule has changed: right as they are, turned round, to be answered anew, or of
no use."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from perf.triage_worth import changed_pairs
from tests.judge_replies import prompt_of, verdict_reply
from tests.unit.test_synth import player, rule

from specloop.config import Synthesis, build
from specloop.errors import ModelError
from specloop.llm.backends.scripted import Script, ScriptedModel
from specloop.llm.base import Reply, Request
from specloop.llm.roles import RoleModels
from specloop.pipeline.judged_pairs import PairingSource, pairing_context
from specloop.records import (
    Answer,
    Belief,
    Case,
    Exchange,
    Failure,
    Instance,
    Judgement,
    Message,
    PairVerdict,
    PreferencePair,
    Rule,
    RuleChange,
    said,
)
from specloop.revision.triage import TriageContext, Triaged, to_answer, triage
from specloop.synth.pairs import make_pairs

SHORT = "Water the roses well in the morning.\nBye now."
LONG = (
    "Water roses once a week, feed every plant early in spring, cut old wood away, mulch the bed"
    " and look out for greenfly on young shoots.\nBye now."
)
FORTY, TEN = rule("Keep answers under 20 words."), rule("Keep answers over 20 words.")
BYE = rule('End every answer with the line "Bye now."')
KIND, CURT = rule("Be kind to everybody."), rule("Be curt with everybody.")


def pair(chosen: str, rejected: str, *violated: Rule, **more: object) -> PreferencePair:
    verdicts = [
        PairVerdict(
            side=side,
            rule=r.id,
            judge="check" if r.check else "sequential:m",
            level="check" if r.check else "weak",
        )
        for r in violated
        for side in ("chosen", "rejected")
    ]
    given = {
        "prompt": (Message(role="user", content="What about roses?"),),
        "chosen": said(chosen),
        "rejected": said(rejected),
        "chosen_id": "c",
        "rejected_id": "r",
        "probe": "p",
        "exchange": "e",
        "instance": "i",
        "violated": tuple(r.id for r in violated),
        "verdicts": tuple(verdicts),
        "pairing": "repaired",
        "side": "violation",
        "split": "train",
    }
    return PreferencePair.model_validate(given | more)


def reworded(old: Rule, *new: Rule) -> RuleChange:
    return RuleChange(kind="reworded", old=(old.id,), new=tuple(r.id for r in new))


def kept(one: Rule) -> RuleChange:
    return RuleChange(kind="kept", old=(one.id,), new=(one.id,))


def judge(kind: str) -> Script:
    """Says that an answer breaks a rule where it has that word."""

    def script(request: Request) -> str | Reply:
        answer = prompt_of(request).rpartition("<answer ")[2]
        return verdict_reply("NO" if kind in answer else "YES")(request)

    return script


class Done:
    """What a triage came to, and who was asked how often."""

    def __init__(self, each: list[Triaged], context: TriageContext, model: ScriptedModel) -> None:
        self.each, self.context, self.n_calls = each, context, len(model.requests)
        self.one = each[0]
        self.outcome = self.one.record.outcome


async def done(
    pairs: Sequence[PreferencePair],
    changes: Sequence[RuleChange],
    rules: Sequence[Rule],
    says: Script | None = None,
    beliefs: dict[str, Belief] | None = None,
    **settings: object,
) -> Done:
    asked = player(says or verdict_reply("YES"))
    answering = player([SHORT])
    usual = {"contrast_share": 0.0, "judge": "sequential", "trust_judge": "weak"}
    synthesis = pairing_context(
        RoleModels({"target": answering, "defender": answering, "compliance": asked}),
        rules,
        build(Synthesis, usual | settings, "synthesis"),
        PairingSource(beliefs=beliefs or {}),
    )
    probe = Case(
        id="p",
        messages=(Message(role="user", content="What about roses?"),),
        scenario="i",
        side="violation",
        split="train",
    )
    answers = {
        id_: Answer(id=id_, case="p", purpose="defender", model="m", text="") for id_ in "cr"
    }
    context = TriageContext(synthesis, {"p": probe}, answers)
    assert isinstance(asked.model, ScriptedModel)
    return Done(await triage(pairs, changes, context), context, asked.model)


async def test_a_pair_that_still_tells_its_rule_is_right_and_names_the_new_one() -> None:
    new = rule("Keep answers under 15 words.")
    found = await done([pair(SHORT, LONG, FORTY)], [reworded(FORTY, new), kept(BYE)], [new, BYE])
    assert (found.outcome, found.n_calls) == ("right", 0)
    assert found.one.pair
    assert found.one.pair.violated == (new.id,)
    assert {one.rule for one in found.one.pair.verdicts} == {new.id}
    assert found.one.record.made == found.one.pair.id != found.one.record.pair
    assert (found.one.record.old, found.one.record.new) == ((FORTY.id,), (new.id,))


async def test_the_reason_names_the_rule_that_is_broken_where_it_is_another() -> None:
    two, changes = pair(SHORT, "Water roses.", FORTY, BYE), [reworded(FORTY, CURT), kept(BYE)]
    found = await done([two], changes, [CURT, BYE])
    assert found.outcome == "right"
    assert f"the rejected answer breaks {BYE.text!r}, the chosen" in found.one.record.reason
    word = rule('Never use the word "morning".')
    found = await done([pair(SHORT, LONG, FORTY)], [reworded(FORTY, CURT)], [CURT, word])
    assert found.outcome == "inverted"
    assert f"the chosen answer breaks {word.text!r}, the rejected" in found.one.record.reason


async def test_a_reversed_rule_swaps_the_sides_with_all_that_belongs_to_them() -> None:
    old = pair(SHORT, LONG, FORTY, finish_rejected="length")
    found = await done([pair(SHORT, LONG, FORTY)], [reworded(FORTY, TEN)], [TEN, BYE])
    assert (found.outcome, found.n_calls) == ("inverted", 0)
    turned = found.one.pair
    assert turned
    assert (turned.chosen_text, turned.rejected_text) == (LONG, SHORT)
    assert (turned.chosen_id, turned.rejected_id) == ("r", "c")
    assert turned.violated == (TEN.id,)
    assert turned.level == "check"
    cut = await done([old], [reworded(FORTY, TEN)], [TEN, BYE])
    assert cut.outcome == "new answer"
    assert "will not do" in cut.one.record.reason


async def test_sides_are_not_swapped_where_the_other_breaks_a_rule_that_it_must_keep() -> None:
    other = rule('Never use the word "spring".')
    found = await done([pair(SHORT, LONG, FORTY)], [reworded(FORTY, TEN)], [TEN, other])
    assert found.outcome == "new answer"
    assert found.one.rejected
    assert found.one.rejected.text == LONG
    assert found.one.violated == (other.id,)


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        ([], "its rule is gone"),
        ([rule('Never use the word "tulip".')], "neither answer is found to break it"),
        ([CURT], "code cannot decide its rule now, and no judge is believed on it"),
    ],
)
async def test_a_pair_that_teaches_nothing_now_is_irrelevant(new: list[Rule], reason: str) -> None:
    found = await done([pair(SHORT, LONG, FORTY)], [reworded(FORTY, *new)], [*new, BYE])
    assert (found.outcome, found.one.record.reason) == ("irrelevant", reason)
    assert found.one.pair is None


async def test_a_chosen_answer_that_code_can_repair_costs_no_call() -> None:
    new = rule('End every answer with the line "See you."')
    change = [reworded(BYE, new), kept(FORTY)]
    found = await done([pair(SHORT, LONG, FORTY)], change, [FORTY, new])
    assert (found.outcome, found.n_calls) == ("new answer", 0)
    assert found.one.pair
    assert found.one.pair.chosen_text.endswith("See you.")
    (answer,) = [one for one in found.one.made if isinstance(one, Answer)]
    assert (answer.id, answer.source) == (found.one.pair.chosen_id, "c")
    as_it_is = await done([pair(SHORT, LONG, FORTY)], change, [FORTY, new], pairing="sampled")
    assert as_it_is.one.pair is None
    assert as_it_is.one.violated == (FORTY.id, new.id)


async def test_what_needs_a_new_answer_is_material_for_the_maker_of_pairs() -> None:
    new = rule('Never use the word "morning".')
    old = pair(SHORT, LONG, FORTY, BYE)
    found = await done([old], [reworded(BYE, new), kept(FORTY)], [FORTY, new], pairing="sampled")
    exchange = Exchange(id="e", probe="p", answer="r", wave=0, round=0, strategy="", roles={})
    instance = Instance(id="i", rules=(FORTY.id, new.id), seed=0)
    items = to_answer(found.each, {old.id: old}, found.context, {"i": instance}, {"e": exchange})
    (item,) = items
    assert item.exchange.violated == (FORTY.id,)
    records = await make_pairs(items, found.context.synthesis)
    assert [one.reason for one in records if isinstance(one, Failure)]


@pytest.mark.parametrize(
    ("breaks", "outcome", "n_calls"),
    [
        ("feed", "right", 2),
        ("Bye", "new answer", 2),
        ("morning.", "inverted", 3),
        ("x", "irrelevant", 2),
    ],
)
async def test_where_code_cannot_decide_the_judge_is_asked_about_both_sides(
    breaks: str, outcome: str, n_calls: int
) -> None:
    old = pair(SHORT, LONG, KIND)
    beliefs: dict[str, Belief] = {CURT.id: "weak"}
    found = await done([old], [reworded(KIND, CURT)], [CURT, BYE], judge(breaks), beliefs)
    assert (found.outcome, found.n_calls) == (outcome, n_calls)
    if outcome in ("right", "inverted"):
        assert found.one.pair
        assert found.one.pair.level == "weak"
        assert {one.judge for one in found.one.pair.verdicts} == {"sequential:scripted:test"}
    assert len([one for one in found.one.made if isinstance(one, Judgement)]) == n_calls


async def test_a_judge_that_is_not_believed_decides_nothing() -> None:
    old = pair(SHORT, LONG, KIND)
    found = await done([old], [reworded(KIND, CURT)], [CURT, BYE], judge("feed"), {})
    assert (found.outcome, found.n_calls) == ("irrelevant", 0)
    assert "no judge is believed" in found.one.record.reason


@pytest.mark.parametrize(("seconds", "outcome"), [("feed", "right"), ("x", "irrelevant")])
async def test_a_second_judge_must_agree(seconds: str, outcome: str) -> None:
    def two(request: Request) -> str | Reply:
        is_second = "own verdict on the answer for" in prompt_of(request)
        return judge(seconds if is_second else "feed")(request)

    found = await done(
        [pair(SHORT, LONG, KIND)],
        [reworded(KIND, CURT)],
        [CURT, BYE],
        two,
        {CURT.id: "weak"},
        second_judge={"name": "joint", "role": "compliance"},
    )
    assert found.outcome == outcome
    if found.one.pair:
        assert all(one.also for one in found.one.pair.verdicts)
    else:
        reason = "a second judge's verdict on the rejected answer is YES"
        assert found.one.record.reason == reason


async def test_verdicts_on_a_judged_rule_that_is_as_it_was_hold() -> None:
    moved = RuleChange(kind="moved", old=(KIND.id,), new=(CURT.id,), differs=("section",))
    new = rule("Keep answers under 15 words.")
    old = pair(SHORT, LONG, FORTY, KIND)
    found = await done([old], [reworded(FORTY, new), moved], [new, CURT], beliefs={CURT.id: "weak"})
    assert (found.outcome, found.n_calls) == ("right", 0)
    assert found.one.pair
    assert found.one.pair.violated == (new.id, CURT.id)
    assert [(v.rule, v.judge) for v in found.one.pair.verdicts if v.rule == CURT.id] == [
        (CURT.id, "sequential:m")
    ] * 2


async def test_a_call_that_fails_leaves_the_pair_to_be_made_anew() -> None:
    def fails(_: Request) -> str:
        raise ModelError("no line")

    found = await done(
        [pair(SHORT, LONG, KIND)],
        [reworded(KIND, CURT)],
        [CURT],
        fails,
        {CURT.id: "weak"},
        max_failures=1.0,
    )
    assert found.outcome == "new answer"
    assert "no line" in found.one.record.reason
    assert found.one.violated == (CURT.id,)


def test_pairs_are_touched_by_their_own_rules_and_by_what_their_chosen_answer_breaks_now() -> None:
    new = rule('Never use the word "morning".')
    about, other, clean = (
        pair(SHORT, LONG, FORTY),
        pair(SHORT, LONG, BYE),
        pair("Feed them.\nBye now.", LONG, BYE),
    )
    changes = [
        RuleChange(kind="gone", old=(FORTY.id,)),
        RuleChange(kind="new", new=(new.id,)),
        kept(BYE),
    ]
    assert changed_pairs([about, other, clean], changes) == [about]
    assert changed_pairs([about, other, clean], changes, [new, BYE]) == [about, other]
