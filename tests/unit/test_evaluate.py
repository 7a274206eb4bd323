import asyncio
import json

import pytest
from rich.table import Table
from tests.judge_replies import verdict_reply
from tests.targets import a_target

from specloop.config import Evaluate, RoleSettings
from specloop.errors import InputError, ModelError, NotScoredError, RunStoppedError
from specloop.evaluation import EvaluationSet, Inputs, evaluate
from specloop.evaluation.answers import answer_probes
from specloop.evaluation.general import GeneralScore, general_under, passages, questions
from specloop.evaluation.table import find, remarks, summary_table
from specloop.judging.guides import Guides
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Request
from specloop.llm.roles import RoleModel
from specloop.records import (
    Answer,
    Case,
    CheckCall,
    Condition,
    Evaluation,
    Failure,
    Instance,
    Judgement,
    Message,
    Rule,
    verdicts_of,
)
from specloop.store import RunFolder

BRIEF = Rule(
    section="s",
    text="Keep every answer to at most 5 words.",
    quote="",
    start=0,
    end=1,
    check=CheckCall(name="word_count", options={"most": 5}),
)
LABEL = Rule(
    section="s",
    text='Only when the customer mentions weedkiller, include "Read the label".',
    quote="",
    start=2,
    end=3,
    check=CheckCall(
        name="required_phrase",
        options={"phrase": "Read the label"},
        when=Condition(mentions=("weedkiller",)),
        only=True,
    ),
)
KIND = Rule(section="s", text="Be kind.", quote="", start=4, end=5)
INSTANCE = Instance(rules=(LABEL.id, BRIEF.id, KIND.id), seed=0, split="test")
QUIET = Evaluate(general=False)


def a_probe(text: str, number: int, side: str = "violation") -> Case:
    return Case(
        messages=(Message(role="user", content=text),),
        scenario=INSTANCE.id,
        targets=(LABEL.id,),
        side=side,
        split="test",
        seed_prompt=f"seed{number}",
    )


PROBES = tuple(
    a_probe(f"{what} number {i}?", i, side)
    for i in range(6)
    for what, side in (("Which weedkiller", "violation"), ("Which rose", "permitted"))
)


def an_eval_set(settings: Evaluate = QUIET, probes: tuple[Case, ...] = PROBES) -> EvaluationSet:
    return EvaluationSet(probes, (INSTANCE,), (BRIEF, LABEL, KIND), frozenset(), settings)


def obedient(request: Request) -> str:
    asked = request.messages[-1].content
    return "Read the label." if "weedkiller" in asked else "A red one."


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    return RunFolder(tmp_path / "run", create=True)


async def measured(folder: RunFolder, script, label: str = "base", **more) -> Evaluation:
    eval_set = more.pop("eval_set", an_eval_set())
    model = ScriptedModel(script, name=more.pop("name", f"scripted:{label}"))
    target = a_target(model, label, more.pop("method", "vanilla"), more.pop("told", None))
    return await evaluate(Inputs(folder, target, eval_set, **more))


async def test_a_model_that_obeys_gets_full_marks_with_an_interval(folder: RunFolder) -> None:
    found = await measured(folder, obedient)
    total = find(found.metrics, "rcs")
    assert (total.value, total.n, total.n_unscored) == (1.0, 18, 0)
    assert total.ci_low < 1.0
    assert find(found.metrics, "over_application").value == 0.0
    assert find(found.metrics, "all_rules_kept").n == 12
    assert folder.read(Evaluation) == [found]
    assert len(list(verdicts_of(folder.read(Judgement)))) == 24


async def test_applying_a_conditional_rule_everywhere_counts_as_an_error(folder: RunFolder) -> None:
    found = await measured(folder, ["Read the label."])
    assert find(found.metrics, "rcs_in_scope").value == 1.0
    assert find(found.metrics, "over_application").value == 1.0
    assert find(found.metrics, "over_application").n == 6
    assert find(found.metrics, "rcs").value == pytest.approx(18 / 24)


async def test_differences_are_paired_and_carry_interval_and_p_value(folder: RunFolder) -> None:
    await measured(folder, ["I would suggest that you look around a bit more."])
    found = await measured(folder, obedient, "dpo", against="base")
    change = find(found.differences, "rcs")
    assert change.value == pytest.approx(1.0)
    assert change.ci_low > 0
    assert change.p_value < 0.05
    assert {d.name for d in found.differences} >= {"rcs", "over_refusal", "mean_words", "cut"}


async def test_comparing_with_a_label_that_was_not_measured_says_what_to_do(
    folder: RunFolder,
) -> None:
    with pytest.raises(InputError, match="evaluate 'base' first"):
        await measured(folder, obedient, "dpo", against="base")


async def test_held_out_rules_stand_apart_from_the_total(folder: RunFolder) -> None:
    eval_set = an_eval_set()._replace(held_out=frozenset({LABEL.id}))
    found = await measured(folder, ["A red one."], eval_set=eval_set)
    assert find(found.metrics, "rcs").value == 1.0
    assert find(found.metrics, "rcs", "held-out rules").value == 0.0
    assert find(found.metrics, "rcs_in_scope").n == 0


async def test_a_rerun_asks_nothing_again(folder: RunFolder) -> None:
    first = await measured(folder, obedient)
    model = ScriptedModel(["never asked"], name="scripted:base")
    again = await evaluate(Inputs(folder, a_target(model), an_eval_set()))
    assert model.requests == []
    assert again == first
    assert folder.read(Evaluation) == [first]


async def test_a_killed_run_asks_only_what_is_missing(folder: RunFolder) -> None:
    await measured(folder, obedient)
    whole = folder.read(Answer)
    folder.replace(Answer, whole[:7])
    model = ScriptedModel(obedient, name="scripted:base")
    await answer_probes(folder, a_target(model), an_eval_set())
    assert len(model.requests) == len(PROBES) - 7
    assert {r.id for r in folder.read(Answer)} == {r.id for r in whole}


async def test_another_model_under_the_same_label_is_asked_anew(folder: RunFolder) -> None:
    await measured(folder, ["Too many words are in this answer."], name="scripted:old")
    found = await measured(folder, obedient, name="scripted:new")
    assert find(found.metrics, "rcs").value == 1.0
    later = await measured(folder, obedient, "dpo", against="base")
    assert find(later.differences, "rcs").value == 0.0


async def test_several_seeds_are_answers_of_one_cluster(folder: RunFolder) -> None:
    eval_set = an_eval_set(Evaluate(general=False, seeds=(0, 1, 2), temperature=1.0))
    found = await measured(folder, obedient, eval_set=eval_set)
    assert len(folder.read(Answer)) == 36
    assert find(found.metrics, "rcs").n == 54
    once = await measured(folder, obedient, "other")
    assert find(found.metrics, "rcs").ci_low == pytest.approx(
        find(once.metrics, "rcs").ci_low, abs=1e-9
    )


async def test_prompt_only_puts_the_instances_rules_in_front_in_their_order(
    folder: RunFolder,
) -> None:
    model = ScriptedModel(obedient)
    target = a_target(model, told="rules")
    assert target.label == "prompt-only"
    own = a_probe("x", 9).model_copy(
        update={
            "messages": (
                Message(role="system", content="Be a florist."),
                Message(role="user", content="Which rose?"),
            )
        }
    )
    await answer_probes(folder, target, an_eval_set(probes=(PROBES[0], own)))
    plain, with_system = (r.messages for r in model.requests)
    assert [m.role for m in plain] == ["system", "user"]
    assert [m.role for m in with_system] == ["system", "system", "user"]
    assert f"B1. {LABEL.text}\nB2. {BRIEF.text}\nB3. {KIND.text}" in plain[0].content
    assert with_system[1].content == "Be a florist."
    assert folder.read(Answer)[0].request_digest


async def test_failed_calls_are_recorded_counted_and_tried_again(folder: RunFolder) -> None:
    def flaky(request: Request) -> str:
        if "weedkiller number 3" in request.messages[-1].content:
            raise ModelError("out of memory")
        return obedient(request)

    found = await measured(folder, flaky)
    assert [f.reason for f in folder.read(Failure)] == ["out of memory"]
    failed = find(found.metrics, "failed")
    assert (failed.value, failed.n) == (pytest.approx(1 / 12), 12)
    repaired = await measured(folder, obedient)
    assert find(repaired.metrics, "failed").value == 0
    assert find(repaired.metrics, "rcs").n == 18


async def test_a_difference_rests_only_on_probes_both_models_answered(folder: RunFolder) -> None:
    def half_dead(request: Request) -> str:
        if "weedkiller" in request.messages[-1].content:
            raise ModelError("down")
        return "A red one."

    await measured(
        folder, half_dead, eval_set=an_eval_set(Evaluate(general=False, max_failures=0.5))
    )
    found = await measured(folder, obedient, "dpo", against="base")
    change = find(found.differences, "rcs")
    assert (change.value, change.n) == (0.0, 6)


async def test_where_no_call_succeeds_the_run_stops_with_the_reason(folder: RunFolder) -> None:
    def dead(request: Request) -> str:
        raise ModelError("no such server")

    with pytest.raises(RunStoppedError, match="no such server"):
        await measured(folder, dead)


class Slow(ScriptedModel):
    """Counts how many calls are in flight at most."""

    now = most = 0

    async def generate(self, request):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        return await super().generate(request)


async def test_concurrency_is_bounded(folder: RunFolder) -> None:
    model = Slow(obedient)
    await answer_probes(folder, a_target(model, concurrency=3), an_eval_set())
    assert model.most == 3


@pytest.mark.parametrize("limit", [2, 11])
async def test_the_judge_is_asked_as_often_at_once_as_its_role_may(
    folder: RunFolder, limit: int
) -> None:
    judge = Slow(verdict_reply("NO"), name="scripted:judge")
    eval_set = an_eval_set(Evaluate(general=False, judged_share=1.0))
    await measured(folder, obedient, eval_set=eval_set, compliance=role(judge, limit))
    assert judge.most == limit


def role(model: ScriptedModel, concurrency: int = 16) -> RoleModel:
    return RoleModel(model, RoleSettings(model=model.name, concurrency=concurrency))


async def test_an_unmeasured_judges_verdicts_enter_no_total(folder: RunFolder) -> None:
    judge = ScriptedModel(verdict_reply("NO"), name="scripted:judge")
    eval_set = an_eval_set(Evaluate(general=False, judged_share=0.5))
    found = await measured(folder, obedient, eval_set=eval_set, compliance=role(judge))
    assert find(found.metrics, "rcs").value == 1.0
    apart = find(found.metrics, "rcs_judged")
    assert (apart.value, apart.n, apart.judge) == (0.0, 6, "sequential:scripted:judge")
    n_asked = len(judge.requests)
    await measured(folder, obedient, eval_set=eval_set, compliance=role(judge))
    assert len(judge.requests) == n_asked == 6


async def test_the_judge_is_asked_about_tested_rules_alone_where_that_is_wanted(
    folder: RunFolder,
) -> None:
    judge = ScriptedModel(verdict_reply("NO"), name="scripted:judge")
    settings = Evaluate(general=False, judged_share=1.0)
    tested = {PROBES[0].id, PROBES[3].id}
    probes = tuple(
        one.model_copy(update={"targets": (*one.targets, KIND.id)}) if one.id in tested else one
        for one in PROBES
    )
    for only, n_asked in ((True, 2), (False, 12)):
        chosen = settings.model_copy(update={"tested_only": only})
        eval_set = an_eval_set(chosen, probes)
        found = await measured(folder, obedient, eval_set=eval_set, compliance=role(judge))
        apart = find(found.metrics, "rcs_judged")
        assert (apart.n, apart.n_unscored) == (n_asked, 0)


async def test_the_judge_is_the_one_that_is_named_with_its_options(folder: RunFolder) -> None:
    asker = ScriptedModel(verdict_reply("NO"), name="scripted:judge")
    brief = {"name": "joint", "reason_chars": 0}
    for judge, n_asked in ((brief, 6), ("check", 6), ("joint", 12)):
        eval_set = an_eval_set(Evaluate(general=False, judged_share=0.5, judge=judge))
        found = await measured(folder, obedient, eval_set=eval_set, compliance=role(asker))
        assert len(asker.requests) == n_asked, "other options are another judge"
        shown = [(one.judge, one.group) for one in found.metrics if one.name == "rcs_judged"]
        by = [judge for judge, group in shown if not group]
        assert by == ([] if judge == "check" else ["joint:scripted:judge"])


async def test_the_judge_shows_rubrics_and_is_asked_again_where_one_is_new(
    folder: RunFolder,
) -> None:
    judge = ScriptedModel(verdict_reply("NO"), name="scripted:judge")
    plain = an_eval_set(Evaluate(general=False, judged_share=0.5))
    guided = plain._replace(guides=Guides.of({KIND.text: "Kept: It says hello."}))
    for eval_set, n_asked in ((plain, 6), (guided, 12), (guided, 12)):
        await measured(folder, obedient, eval_set=eval_set, compliance=role(judge))
        assert len(judge.requests) == n_asked
    shown = ["  Kept: It says hello." in request.messages[-1].content for request in judge.requests]
    assert shown == [False] * 6 + [True] * 6


async def test_a_judge_that_cannot_be_read_stops_the_evaluation_early(folder: RunFolder) -> None:
    judge = ScriptedModel(["Well, who knows?"], name="scripted:judge")
    eval_set = an_eval_set(Evaluate(general=False, judged_share=1.0))
    with pytest.raises(RunStoppedError, match=r"began 'Well, who knows\?'"):
        await measured(folder, obedient, eval_set=eval_set, compliance=role(judge))
    assert len(folder.read(Answer)) == 12
    tolerant = an_eval_set(Evaluate(general=False, judged_share=1.0, max_failures=1.0))
    found = await measured(folder, obedient, eval_set=tolerant, compliance=role(judge))
    assert find(found.metrics, "rcs_judged").n_unscored == 12


async def test_a_model_tells_refusals_once_an_answer_and_what_failed_is_open(
    folder: RunFolder,
) -> None:
    def one_word(request: Request) -> str:
        (member,) = json.loads(request.json_schema)["properties"]
        return json.dumps({member: "FULL"})

    judge = ScriptedModel(one_word, name="scripted:judge")
    settings = Evaluate(general=False, refusals="model")
    eval_set = an_eval_set(settings)
    n_permitted = sum(probe.side == "permitted" for probe in eval_set.probes)
    for _ in range(2):
        found = await measured(folder, obedient, eval_set=eval_set, compliance=role(judge))
        refused = find(found.metrics, "over_refusal")
        assert (refused.value, refused.n) == (1.0, n_permitted)
        assert refused.judge == "model:scripted:judge"
        assert len(judge.requests) == n_permitted
    by_phrases = an_eval_set(Evaluate(general=False, refusals="phrases"))
    found = await measured(folder, obedient, eval_set=by_phrases)
    refused = find(found.metrics, "over_refusal")
    assert (refused.value, refused.judge) == (0.0, "phrases")

    def fails(_: Request) -> str:
        raise ModelError("no answer")

    other = ScriptedModel(fails, name="scripted:other")
    tolerant = an_eval_set(settings.model_copy(update={"max_failures": 1.0}))
    found = await measured(folder, obedient, eval_set=tolerant, compliance=role(other))
    refused = find(found.metrics, "over_refusal")
    assert (refused.n, refused.n_unscored) == (0, n_permitted)


async def test_refusals_told_by_the_model_that_wrote_the_answers_are_named(
    folder: RunFolder,
) -> None:
    def one_word(request: Request) -> str:
        (member,) = json.loads(request.json_schema)["properties"]
        return json.dumps({member: "NONE"})

    eval_set = an_eval_set(Evaluate(general=False, refusals="model"))
    judge = role(ScriptedModel(one_word, name="scripted:base"))
    found = await measured(folder, obedient, eval_set=eval_set, compliance=judge)
    said = "refusals: the answers of scripted:base are judged by the model that wrote them"
    assert said in found.notes[0]
    assert said in found.model_dump_json()
    other = await measured(folder, obedient, "tuned", eval_set=eval_set, compliance=judge)
    assert other.notes == ()
    assert "notes" not in other.model_dump()
    assert [line for line in remarks([found, other]) if said in line]
    bare = await measured(folder, obedient)
    assert bare.notes == ()


async def test_verdicts_of_a_changed_check_replace_the_old_ones(folder: RunFolder) -> None:
    await measured(folder, obedient)
    strict = BRIEF.model_copy(update={"check": CheckCall(name="word_count", options={"most": 1})})
    eval_set = an_eval_set()._replace(rules=(strict, LABEL, KIND))
    found = await measured(folder, obedient, eval_set=eval_set)
    assert find(found.metrics, "rcs", BRIEF.id).value == 0.0
    verdicts = [v for v in verdicts_of(folder.read(Judgement)) if v.rule == BRIEF.id]
    assert {v.value for v in verdicts} == {"NO"}
    assert len(verdicts) == 12


async def test_n_probes_draws_the_same_probes_for_every_target(folder: RunFolder) -> None:
    eval_set = an_eval_set(Evaluate(general=False, n_probes=4))
    await measured(folder, obedient, eval_set=eval_set)
    found = await measured(folder, obedient, "dpo", eval_set=eval_set, against="base")
    assert len(folder.read(Answer)) == 8
    assert find(found.differences, "mean_words").n == 4


async def test_no_probes_is_a_clear_error(folder: RunFolder) -> None:
    with pytest.raises(InputError, match="no held-out probes"):
        await measured(folder, obedient, eval_set=an_eval_set(probes=()))


async def test_general_ability_is_measured_without_rules_and_once_a_model(
    folder: RunFolder,
) -> None:
    def knowing(request: Request) -> str:
        asked = request.messages[-1].content
        known = {q.question: q.answers[0] for q in questions()}
        return f"It is {known[asked]}." if asked in known else obedient(request)

    eval_set = an_eval_set(Evaluate())
    base = await measured(folder, obedient, eval_set=eval_set, name="scripted:one")
    found = await measured(
        folder, knowing, "dpo", eval_set=eval_set, against="base", name="scripted:two"
    )
    assert find(found.metrics, "general").value == 1.0
    assert find(found.metrics, "general").n == 61
    assert find(base.metrics, "general").value < 0.1
    assert find(found.differences, "general").ci_low > 0
    assert find(found.metrics, "perplexity").value == pytest.approx(2.718281828)
    assert find(found.differences, "perplexity").value == 0.0
    assert len(folder.read(GeneralScore)) == 2 * (61 + len(passages()))


async def test_more_general_questions_are_asked_on_demand_and_paired_with_those_asked_before(
    folder: RunFolder,
) -> None:
    few, more = an_eval_set(Evaluate(n_general=5)), an_eval_set(Evaluate(n_general=8))
    await measured(folder, obedient, eval_set=few, name="scripted:one")
    found = await measured(
        folder, obedient, "dpo", eval_set=more, against="base", name="scripted:two"
    )
    assert find(found.metrics, "general").n == 8
    assert find(found.differences, "general").n == 5
    base = await measured(folder, obedient, eval_set=more, name="scripted:one")
    assert find(base.metrics, "general").n == 8
    assert len(general_under(folder, "scripted:one")) == 8 + len(passages())
    again = await measured(folder, obedient, eval_set=few, name="scripted:one")
    assert find(again.metrics, "general").n == 5


@pytest.mark.parametrize("told", [None, (), (-9999.0,)])
async def test_perplexity_is_left_out_with_the_reason_where_nothing_is_scored(
    folder: RunFolder, told: tuple[float, ...] | None
) -> None:
    class Unscoring(ScriptedModel):
        async def score(self, messages, continuation):
            if told is None:
                raise NotScoredError("the server tells no prompt_logprobs")
            return told

    target = a_target(Unscoring(obedient, name="scripted:gateway"))
    found = await evaluate(Inputs(folder, target, an_eval_set(Evaluate())))
    assert find(found.metrics, "perplexity") is None
    assert find(found.metrics, "general").n == 61
    reason = found.left_out["perplexity"]
    assert ("tells no prompt_logprobs" in reason) == (told is None)
    (failure,) = folder.read(Failure)
    assert (failure.kind, failure.item) == ("left out", "base:general:perplexity")
    assert failure.reason == reason
    (row,) = [r for r in table_rows(summary_table([found])) if r[0] == "Perplexity"]
    assert row[1] == f"left out: {reason}"


def table_rows(table: Table) -> list[tuple[str, ...]]:
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    return list(zip(*columns, strict=True))


def test_the_bundled_questions_and_text_are_what_they_say() -> None:
    assert len({q.question for q in questions()}) == len(questions()) == 500
    assert all(not q.accepts(q.question) for q in questions())
    assert len(set(passages())) == len(passages()) == 40
    assert 2500 < sum(len(p.split()) for p in passages()) < 3500


def test_an_answer_counts_as_a_whole_word_in_any_case() -> None:
    ice = next(q for q in questions() if q.answers == ("ice",))
    assert ice.accepts("It is called ICE.")
    assert not ice.accepts("That is a nice question.")
