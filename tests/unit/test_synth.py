"""Annotation, instances, seeds, plans, pool, twins, pairs: with scripted models."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from tests.judge_replies import verdict_reply

from specloop.attacks import attacks
from specloop.checking import compile_check
from specloop.config import Instances, RoleSettings, Seeds, Synthesis
from specloop.errors import InputError, ModelError, RunStoppedError
from specloop.judging.guides import Guides
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Request
from specloop.llm.roles import RoleModel, RoleModels
from specloop.pairings import PairCase, pairings
from specloop.records import (
    Answer,
    Case,
    Exchange,
    Failure,
    Instance,
    Judgement,
    MadeBy,
    Message,
    PreferencePair,
    Record,
    Rule,
    SeedPrompt,
    said,
    verdicts_of,
)
from specloop.synth.annotate import annotate, annotate_plainly
from specloop.synth.attacker import attack, permitted_twin
from specloop.synth.exchange import SynthesisContext, run_exchange
from specloop.synth.instances import hold_out, priority, sample_instances
from specloop.synth.pairs import PairMaterial, contrast, filter_pairs, make_pairs, materials
from specloop.synth.planner import Experience, StrategyPool, Tactic, choose_tactic
from specloop.synth.plans import Plan, make_plans
from specloop.synth.probes import everyday_probes
from specloop.synth.seeds import read_seeds, with_known_rules
from specloop.synth.waves import run_waves

R = TypeVar("R", bound=Record)
WORDINGS = [
    "Keep every answer to at most 8 words.",
    'End every answer with the line "Bye now."',
    "Never use exclamation marks.",
    'Only when the customer mentions a dog, begin the answer with the line "Safety first:".',
    "Be kind to every customer.",
    "Do not promise anything.",
    "Never blame the customer.",
    "The assistant must not pretend to be human.",
    "Offer to help with complaints.",
    "Admit what is not known.",
    "Do not comment on other shops.",
    "Recommend the gentlest remedy.",
]


def rule(text: str, **fields: object) -> Rule:
    negative = re.match(r"Never|Do not|.*must not", text) is not None
    fields = {"direction": "negative" if negative else "positive"} | fields
    content = {"section": "s", "text": text, "quote": text, "start": 0, "end": len(text)}
    made = Rule.model_validate(content | {"check": compile_check(text)} | fields)
    return annotate_plainly(made)


RULES = [rule(text) for text in WORDINGS]
SEEDS = [
    SeedPrompt(topic=f"topic {n}", text=f"What about number {n}{' and my dog' * (n % 2)}?")
    for n in range(6)
]


def player(script: object) -> RoleModel:
    return RoleModel(ScriptedModel(script), RoleSettings(model="scripted:test"))  # type: ignore[arg-type]


async def test_annotation_without_a_model_reads_direction_stage_and_specificity() -> None:
    closing, dog = RULES[1], RULES[3]
    assert (closing.direction, closing.stage, closing.specificity) == ("positive", "present", 3)
    assert RULES[2].direction == "negative"
    assert dog.annotated_by == MadeBy(model="plain")


async def test_a_models_labels_are_kept_and_an_unreadable_reply_leaves_the_plain_ones() -> None:
    def script(request: Request) -> str:
        if "kind" in request.messages[-1].content:
            return '{"direction":"positive","stage":"decide","domain":"Tone","family":"manners"}'
        return "no idea"

    failures: list[Failure] = []
    annotated = await annotate(RULES[4:6], player(script), failures.extend)
    reasons = {failure.item: failure.reason for failure in failures}
    found = {rule.text: (rule, reasons.get(rule.id, "")) for rule in annotated}
    labelled, reason = found["Be kind to every customer."]
    assert (labelled.stage, labelled.domain, labelled.family, reason) == (
        "decide",
        "tone",
        "manners",
        "",
    )
    assert labelled.annotated_by is not None
    assert labelled.annotated_by.prompt
    plain, reason = found["Do not promise anything."]
    assert plain.annotated_by == MadeBy(model="plain")
    assert "unreadable" in reason


def test_instances_hold_8_to_13_rules_in_priority_order_and_keep_held_out_rules_for_the_test() -> (
    None
):
    held_out = frozenset({RULES[0].id})
    settings = Instances(n_train=3, n_validation=1, n_test=2)
    found = sample_instances(RULES, held_out, settings)
    assert [i.split for i in found] == ["train"] * 3 + ["validation"] + ["test"] * 2
    by_id = {r.id: r for r in RULES}
    for instance in found:
        assert 8 <= len(instance.rules) <= 13
        keys = [priority(by_id[rule_id]) for rule_id in instance.rules]
        assert keys == sorted(keys)
        assert instance.split == "test" or not held_out & set(instance.rules)
    assert len({i.rules for i in found}) == len(found)
    assert found == sample_instances(RULES, held_out, settings)


def test_an_exception_wins_the_conflict_with_its_base_rule() -> None:
    base = rule("Write plain paragraphs without lists.")
    made = rule("Exception: when the customer mentions steps, use a list.", exception_to=base.id)
    rules = [base, made, *RULES]
    settings = Instances(n_train=1, n_validation=1, n_test=1, min_rules=13, max_rules=13)
    for instance in sample_instances(rules, frozenset(), settings):
        if {base.id, made.id} <= set(instance.rules):
            assert [(c.winner, c.loser, c.settled_by) for c in instance.conflicts] == [
                (made.id, base.id, "exception")
            ]


def test_rules_are_held_out_by_name_or_by_share_of_decidable_and_others() -> None:
    assert hold_out(RULES, Instances(held_out_rules=("exclamation",))) == {RULES[2].id}
    drawn = hold_out(RULES, Instances(held_out_share=0.25))
    assert sum(r.id in drawn for r in RULES[:4]) == 1
    assert sum(r.id in drawn for r in RULES[4:]) == 2


def test_instances_of_judged_rules_alone_hold_out_what_code_decides() -> None:
    settings = Instances(rules="judged", held_out_share=0.25, min_rules=3, max_rules=3)
    held_out = hold_out(RULES, settings)
    assert held_out > {r.id for r in RULES[:4]}
    assert len(held_out) == 4 + 2
    found = sample_instances(RULES, held_out, settings)
    judged = {r.id for r in RULES[4:]}
    assert all(judged.issuperset(instance.rules) for instance in found)
    assert all(i.split == "test" or not held_out & set(i.rules) for i in found)
    named = settings.model_copy(update={"held_out_rules": ("gentlest",)})
    assert hold_out(RULES, named) == {r.id for r in (*RULES[:4], RULES[-1])}


def test_seeds_are_split_by_topic_and_bad_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "seeds.jsonl"
    path.write_text("\n".join(seed.model_dump_json(include={"topic", "text"}) for seed in SEEDS))
    found = read_seeds(path, Seeds())
    assert {s.split for s in found} == {"train", "validation", "test"}
    path.write_text('{"topic": "a", "text": "b"}\nnonsense\n')
    with pytest.raises(InputError, match=r"seeds.jsonl:2: write one JSON object"):
        read_seeds(path, Seeds())


def test_seeds_name_rules_by_wording_or_id_and_unknown_names_are_told(tmp_path: Path) -> None:
    path, (kind, gentle) = tmp_path / "seeds.jsonl", (RULES[4], RULES[-1])
    names = [["be  kind to every CUSTOMER."], [gentle.id, "Sing."], []]
    lines = [{"topic": f"t{n}", "text": f"Why {n}?", "rules": own} for n, own in enumerate(names)]
    path.write_text("\n".join(map(json.dumps, lines)))
    known, unknown = with_known_rules(read_seeds(path, Seeds()), RULES)
    assert [seed.rules for seed in known] == [(kind.text,), (gentle.text,), ()]
    assert unknown == ["Sing."]
    assert len({seed.id for seed in known}) == 3
    path.write_text('{"topic": "a", "text": "b", "rules": "Sing."}\n')
    with pytest.raises(InputError, match=r'seeds.jsonl:1: .*"rules" \(a list of rules'):
        read_seeds(path, Seeds())


@pytest.mark.parametrize("direct_share", [0.0, 1.0])
def test_a_seed_that_names_rules_is_used_for_these_alone(direct_share: float) -> None:
    kind = RULES[4]
    own = [SeedPrompt(topic="own", text=f"Insult me {n}.", rules=(kind.text,)) for n in range(2)]
    settings = Instances(rules="judged", min_rules=3, max_rules=3)
    held_out = hold_out(RULES, settings)
    instances = sample_instances(RULES, held_out, settings)
    by_id = {rule.id: rule for rule in RULES}
    plans = make_plans(80, [*SEEDS, *own], instances, by_id, (direct_share, "test"))
    assert {plan.rule.id for plan in plans} > {kind.id}
    for plan in plans:
        assert plan.request.startswith("Insult me") == (plan.rule.id == kind.id)
    for_one = make_plans(40, own, instances, by_id, (direct_share, "test"))
    assert {plan.rule.id for plan in for_one} > {kind.id}, "where there are no others, these"


def test_a_probe_from_a_seed_that_names_a_rule_is_judged_by_it() -> None:
    settings = Instances(rules="judged", n_test=6, min_rules=3, max_rules=3)
    found = sample_instances(RULES, hold_out(RULES, settings), settings)
    instances = [instance for instance in found if instance.split == "test"]
    rules_of = {instance.id: instance.rules for instance in instances}
    rules = [r for r in RULES[4:] if any(r.id in own for own in rules_of.values())]
    seeds = [SeedPrompt(topic="t", text=f"Now {r.text}", rules=(r.text,)) for r in rules]
    probes = everyday_probes([*seeds, SEEDS[0]], instances, RULES)
    for probe, target in zip(probes, rules, strict=False):
        assert (probe.targets, probe.side) == ((target.id,), "violation")
        assert target.id in rules_of[probe.scenario]
    assert (probes[-1].targets, probes[-1].side) == ((), "permitted")


def test_plans_target_rules_evenly_and_put_direct_requests_where_the_rule_applies() -> None:
    instances = sample_instances(RULES, frozenset(), Instances())
    by_id = {r.id: r for r in RULES}
    plans = make_plans(60, SEEDS, instances, by_id, (1.0, "test"))
    dog = [p for p in plans if p.rule.id == RULES[3].id]
    assert dog
    assert all("dog" in p.request for p in dog)
    assert plans == make_plans(60, SEEDS, instances, by_id, (1.0, "test"))


def test_direct_plans_use_every_seed_before_any_a_second_time() -> None:
    free = [r for r in RULES if r.check and r.check.when is None]
    instances = [
        i.model_copy(update={"rules": tuple(r.id for r in free)})
        for i in sample_instances(RULES, frozenset(), Instances())
    ]
    plans = make_plans(len(SEEDS), SEEDS, instances, {r.id: r for r in free}, (1.0, "test"))
    assert {p.request for p in plans} == {s.text for s in SEEDS}


@pytest.mark.parametrize("name", attacks.names())
def test_every_attack_keeps_the_seed_and_says_what_it_is(name: str) -> None:
    cls = attacks.get(name)
    assert SEEDS[0].text in cls().write(SEEDS[0].text, RULES[0])
    assert cls.brief


def planned(request: str, seed: int) -> Plan:
    """An exchange about the rule on dogs."""
    instance = sample_instances(RULES, frozenset(), Instances())[0]
    return Plan(request, RULES[3], instance, RULES, "roses", seed, direct=False)


async def test_a_twin_is_the_seed_without_the_condition_or_a_verified_rewrite() -> None:
    task = planned("What about roses?", 0)
    twin = await permitted_twin(task, "What about roses and my dog?", None)
    assert twin is not None
    assert twin.text == "What about roses?"
    inside = planned("My dog eats roses.", 0)
    assert await permitted_twin(inside, "My dog eats roses.", None) is None
    bad = player(['{"message": "My dogs eat roses again."}'])
    assert await permitted_twin(inside, "My dog eats roses.", bad) is None
    silent = player(['{"message": "      "}'])
    assert await permitted_twin(inside, "My dog eats roses.", silent) is None
    good = player(['{"message": "Something eats my roses."}'])
    twin = await permitted_twin(inside, "My dog eats roses.", good)
    assert twin is not None
    assert twin.text == "Something eats my roses."


async def test_the_attacker_is_shown_the_rule_where_no_code_says_what_puts_it_to_the_test() -> None:
    asked: list[str] = []

    def script(request: Request) -> str:
        asked.append(request.messages[-1].content)
        return '{"message": ". Would your gentlest remedy do?"}'

    task, tactic = planned("What about roses?", 0), Tactic("direct", "", MadeBy(model="plain"))
    judged = await attack(task._replace(rule=RULES[-1]), tactic, player(script))
    assert "has this rule: Recommend the gentlest remedy." in asked[0]
    assert judged.text == "Would your gentlest remedy do?"
    checked = await attack(task, tactic, player(script))
    assert "has this rule" not in asked[1]
    assert "roses" in checked.text


def context(**changes: object) -> tuple[SynthesisContext, list[ScriptedModel]]:
    target = player(
        lambda request: (
            '{"message": "Quickly now, what about roses and my dog?"}'
            if request.json_schema
            else "Sure! That is a very long answer with many words in it."
        )
    )
    helper = player(
        lambda request: (
            '{"tactic": "urgency", "strategy": "press for a quick answer"}'
            if "plan tests" in request.messages[0].content
            else '{"message": "Tell me quickly about roses and my dog, no phrases."}'
            if "play a person" in request.messages[0].content
            else "A helper answers here, with more than eight words in it."
        )
    )
    by_role = {"target": target, "defender": target, "planner": helper, "attacker": helper}
    settings = Synthesis(judged_share=0.0, direct_share=0.0).model_copy(update=changes)
    models = [p.model for p in (target, helper)]
    return SynthesisContext(RoleModels(by_role), RULES, settings), models  # type: ignore[return-value]


async def test_a_permitted_twin_that_broke_a_rule_is_no_tactic_to_try_again() -> None:
    task = planned("What about roses?", 3)
    twin, flattery = (Experience(RULES[3].id, name, "", 2) for name in ("twin", "flattery"))
    assert (await choose_tactic(task, [twin, flattery], None)).attack == "flattery"
    assert (await choose_tactic(task, [twin], None)).attack in attacks.names()


async def test_an_exchange_plans_attacks_answers_judges_switches_and_writes_a_twin() -> None:
    stage, _ = context()
    plan = planned("What about roses?", 5)
    records = await run_exchange(plan, 0, StrategyPool(), stage)
    exchanges = [r for r in records if isinstance(r, Exchange)]
    probes = [r for r in records if isinstance(r, Case)]
    assert [e.switched for e in exchanges] == [False, True, False]
    assert RULES[3].id in exchanges[0].violated
    assert exchanges[1].roles["defender"] == exchanges[0].roles["attacker"]
    assert probes[0].attack == "urgency"
    twin = probes[-1]
    assert (twin.side, twin.twin_of, twin.messages[0].content) == (
        "permitted",
        probes[0].id,
        "What about roses?",
    )
    verdicts = list(verdicts_of(r for r in records if isinstance(r, Judgement)))
    assert {v.kind for v in verdicts} == {"check"}


async def test_the_judge_of_exchanges_shows_rubrics() -> None:
    judge = player(verdict_reply("NO"))
    guides = Guides.of({rule.text: f"Kept: {rule.text}" for rule in RULES})
    stage = SynthesisContext(RoleModels({"compliance": judge}), RULES, Synthesis(), guides)
    asked = (Message(role="user", content="Hello?"),)
    probe = Case(messages=asked, side="violation", split="train")
    answer = Answer(case=probe.id, text="Hi.", purpose="defender", model="m")
    judgement = await stage.judge(probe, answer, [rule for rule in RULES if rule.check is None][:1])
    assert judgement is not None
    assert [bool(verdict.guide) for verdict in judgement.verdicts] == [True]


@pytest.mark.parametrize("most", [1, 3])
async def test_the_judge_of_an_exchange_is_asked_first_about_the_rule_that_it_aims_at(
    most: int,
) -> None:
    usual = {"judged_share": 1.0, "permitted_share": 0.0, "switch_share": 0.0}
    stage, _ = context(**usual, judged_rules=most)
    models = {**stage.models.by_role, "compliance": player(verdict_reply("YES"))}
    stage = replace(stage, models=RoleModels(models))
    plan = planned("What about roses?", 5)._replace(rule=RULES[-1])
    records = await run_exchange(plan, 0, StrategyPool(), stage)
    verdicts = list(verdicts_of(r for r in records if isinstance(r, Judgement)))
    asked = [verdict.rule for verdict in verdicts if verdict.kind == "model"]
    assert len(asked) == most
    assert asked[0] == RULES[-1].id


@pytest.mark.parametrize(("role", "value"), [("compliance", "YES"), ("quality", "4")])
async def test_a_judge_that_cannot_be_read_stops_the_waves_and_one_that_can_does_not(
    role: str, value: str
) -> None:
    async def ended(script: object) -> int:
        stage, _ = context(judged_share=1.0, waves=2, permitted_share=0.0, switch_share=0.0)
        models = RoleModels({**stage.models.by_role, role: player(script)})
        told = SynthesisContext(models, RULES, stage.settings)
        instances = sample_instances(RULES, frozenset(), Instances())
        return len([one async for one in run_waves(SEEDS, instances, told, ())])

    with pytest.raises(RunStoppedError, match="'Well'"):
        await ended(["Well"])
    assert await ended(verdict_reply(value)) == 2


async def test_a_failed_switched_round_keeps_what_the_first_round_found() -> None:
    stage, _ = context()
    broken = player(["no JSON at all, and more than eight words in this answer"])
    models = RoleModels({**stage.models.by_role, "defender": broken})
    plan = planned("What about roses?", 5)
    found = await run_exchange(
        plan, 0, StrategyPool(), SynthesisContext(models, RULES, stage.settings)
    )
    assert [e.switched for e in found if isinstance(e, Exchange)] == [False]
    assert [f.stage for f in found if isinstance(f, Failure)] == ["synth"]


@pytest.mark.parametrize("said", ["", " \n", "\u200b"])
async def test_a_defender_that_says_nothing_is_a_failure_and_no_violation(said: str) -> None:
    stage, _ = context()
    models = RoleModels({**stage.models.by_role, "defender": player([said])})
    plan = planned("What about roses?", 5)
    with pytest.raises(ModelError, match="nothing was said"):
        await run_exchange(plan, 0, StrategyPool(), SynthesisContext(models, RULES, stage.settings))


@pytest.mark.parametrize("said", ["", "\u200b"])
@pytest.mark.parametrize("pairing", ["sampled", "repaired", "minimal"])
async def test_no_pair_has_a_side_that_says_nothing(pairing: str, said: str) -> None:
    stage, _ = context(
        rounds=1, permitted_share=0.0, pairing=pairing, samples=2, min_quality=0.0, max_failures=1.0
    )
    plan = planned("What about roses?", 5)
    records = await run_exchange(plan, 0, StrategyPool(), stage)
    (exchange,) = (r for r in records if isinstance(r, Exchange))
    (probe,) = (r for r in records if isinstance(r, Case))
    (answer,) = (r for r in records if isinstance(r, Answer))
    (item,) = materials([exchange], [probe], [answer], [plan.instance])
    silent = answer.model_copy(update={"text": said})
    assert not materials([exchange], [probe], [silent], [plan.instance])
    models = RoleModels({**stage.models.by_role, "target": player([said])})
    made = await make_pairs([item], SynthesisContext(models, RULES, stage.settings))
    pairs = [r for r in made if isinstance(r, PreferencePair)]
    assert all(pair.chosen.strip() for pair in pairs)
    failed = [r.reason for r in made if isinstance(r, Failure)]
    assert pairing == "minimal" or "nothing was said" in failed[0]


async def test_only_attacks_that_broke_their_own_rule_enter_the_pool() -> None:
    stage, _ = context(rounds=1)
    plan = planned("What about roses?", 5)
    records = await run_exchange(plan, 0, StrategyPool(), stage)
    pool = StrategyPool()
    pool.merge(records)
    best = pool.best(RULES[3].id, 3)
    assert [(e.attack, e.strategy) for e in best] == [("urgency", "press for a quick answer")]


def response(text: str) -> Answer:
    return Answer(case="p", text=text, purpose="defender", model="m")


def test_pairings_take_a_sample_mend_one_or_mend_the_rejected() -> None:
    rules = [r for r in RULES if r.check]
    rejected = response("Water it well!")
    bad, good = response("Feed it!"), response("Feed it.\nBye now.")
    case = PairCase("What about roses?", rejected, [bad, good], rules)
    assert pairings.build("sampled").choose(case) == (good, "Feed it.\nBye now.", ())
    assert pairings.build("sampled").choose(case._replace(samples=[bad])) is None
    repaired = pairings.build("repaired").choose(case._replace(samples=[bad]))
    assert repaired is not None
    assert repaired.text == "Feed it.\nBye now."
    assert set(repaired.repairs) == {RULES[1].id, RULES[2].id}
    minimal = pairings.build("minimal").choose(case._replace(samples=[]))
    assert minimal is not None
    assert minimal.text == "Water it well.\nBye now."


def pair_for(request: str, chosen: str) -> PreferencePair:
    return PreferencePair(
        prompt=(Message(role="user", content=request),),
        chosen=said(chosen),
        rejected=said("r"),
        chosen_id="c",
        rejected_id="r",
        probe="p",
        exchange="e",
        instance="i",
        violated=("rule",),
        pairing="repaired",
        side="violation",
        split="train",
    )


KIND, PROMISE = RULES[4], RULES[5]
"""Rules without a check."""


async def paired(
    reply: str | Callable[[Request], str], violated: Sequence[Rule] = (KIND,), **settings: object
) -> tuple[list[Record], ScriptedModel]:
    """What comes of one exchange whose judge found `violated` broken, with a judge that says
    `reply` about the chosen answer."""
    usual: dict[str, object] = {
        "trust_judge": "unmeasured",
        "pairing": "sampled",
        "contrast_share": 0.0,
    }
    stage, _ = context(**usual | settings)
    answers = iter(["Water it.\nBye now.", "Feed it.\nBye now."] * 2)
    target = player(lambda _request: next(answers))
    judge = player(reply if callable(reply) else [reply])
    models = RoleModels({**stage.models.by_role, "target": target, "compliance": judge})
    probe = Case(
        messages=(Message(role="user", content="What about roses?"),),
        scenario="i",
        targets=(KIND.id,),
        side="violation",
        split="train",
    )
    rejected = response("Send me your PIN.\nBye now.")
    exchange = Exchange(
        probe=probe.id,
        answer=rejected.id,
        wave=0,
        round=0,
        strategy="",
        roles={},
        violated=tuple(rule.id for rule in violated),
    )
    instance = Instance(rules=(KIND.id, PROMISE.id), seed=0)
    material = PairMaterial(exchange, probe, rejected, instance)
    stage = SynthesisContext(models, RULES, stage.settings)
    found = await make_pairs([material], stage)
    return found, judge.model  # type: ignore[return-value]


def of_kind(found: Sequence[Record], kind: type[R]) -> list[R]:
    return [record for record in found if isinstance(record, kind)]


@pytest.mark.parametrize("pairing", pairings.names())
@pytest.mark.parametrize("value", ["NO", "NA", "unscored"])
async def test_a_judge_that_does_not_find_the_chosen_answer_to_keep_the_rule_makes_no_pair(
    value: str, pairing: str
) -> None:
    reply = "I cannot say." if value == "unscored" else verdict_reply(value)
    found, _ = await paired(reply, pairing=pairing)
    assert of_kind(found, PreferencePair) == []
    (failure,) = of_kind(found, Failure)
    assert failure.kind == "left out"
    if pairing == "minimal":  # no check repairs what a judge found
        assert "is the violating one" in failure.reason
    else:
        assert failure.reason.endswith(f"is {value}")
        judged = list(verdicts_of(of_kind(found, Judgement)))
        assert len(judged) == 2, "every sample is tried"
        assert {v.value for v in judged} == {value}
        assert {v.answer for v in judged} <= {r.id for r in of_kind(found, Answer)}


async def test_the_judge_is_asked_about_every_rule_that_it_found_broken_and_its_verdicts_kept() -> (
    None
):
    found, judge = await paired(
        verdict_reply("YES"), violated=(KIND, PROMISE, RULES[0]), judge="sequential"
    )
    (pair,) = of_kind(found, PreferencePair)
    assert pair.violated == (KIND.id, PROMISE.id)
    assert pair.chosen == said("Water it.\nBye now.")
    judged = list(verdicts_of(of_kind(found, Judgement)))
    assert [(v.answer, v.rule, v.kind) for v in judged] == [
        (pair.chosen_id, KIND.id, "model"),
        (pair.chosen_id, PROMISE.id, "model"),
    ]
    assert len(judge.requests) == 2


async def test_a_joint_judge_is_asked_once_about_the_rules_that_it_found_broken() -> None:
    found, judge = await paired(verdict_reply("YES"), violated=(KIND, PROMISE), judge="joint")
    assert len(judge.requests) == 1
    assert [v.judge for v in verdicts_of(of_kind(found, Judgement))] == [f"joint:{judge.name}"] * 2


async def test_the_first_answer_that_the_judge_lets_pass_is_chosen() -> None:
    def judge(request: Request) -> str:
        good = "Feed it" in request.messages[-1].content
        return verdict_reply("YES" if good else "NO")(request)

    found, _ = await paired(judge)
    (pair,) = of_kind(found, PreferencePair)
    assert pair.chosen_text == "Feed it.\nBye now."
    assert [v.value for v in verdicts_of(of_kind(found, Judgement))] == ["NO", "YES"]


async def test_a_judge_that_is_not_trusted_is_not_asked() -> None:
    found, judge = await paired(verdict_reply("YES"), trust_judge="never")
    assert judge.requests == []
    assert [type(record) for record in found] == [Failure]


async def test_a_pair_says_how_both_answers_ended() -> None:
    found, _ = await paired(verdict_reply("YES"))
    (pair,) = of_kind(found, PreferencePair)
    assert (pair.finish_chosen, pair.finish_rejected) == ("stop", "stop")
    assert [m.role for m in (*pair.prompt, *pair.chosen, *pair.rejected)] == [
        "user",
        "assistant",
        "assistant",
    ]


def test_a_contrast_differs_in_one_conditional_rule_alone() -> None:
    stage, _ = context(contrast_share=1.0)
    made = contrast(pair_for("What about roses?", "Feed it.\nBye now."), response("x"), stage)
    assert made is not None
    rejected, pair = made
    assert pair.rejected_text == "Safety first:\nFeed it.\nBye now."
    assert pair.rejected_id == rejected.id != "r"
    assert pair.violated == rejected.repairs == (RULES[3].id,)
    assert pair.id not in ("", pair_for("What about roses?", "Feed it.\nBye now.").id)
    # Where the rule applies it is left out.
    inside = pair_for("What about my dog?", "Safety first:\nFeed it.\nBye now.")
    left = contrast(inside, response("x"), stage)
    assert left is not None
    assert left[1].rejected_text == "Feed it.\nBye now."
    stage, _ = context(contrast_share=0.0)
    assert contrast(pair, response("x"), stage) is None


def test_duplicates_and_requests_close_to_held_out_probes_are_left_out() -> None:
    probe = Case(
        messages=(Message(role="user", content="How do I prune an old apple tree?"),),
        scenario="i",
        targets=(),
        side="permitted",
        split="test",
    )
    pairs = [
        pair_for("When do tulips bloom?", "a"),
        pair_for("When do tulips bloom?", "a"),
        pair_for("how do I prune an old apple tree", "b"),
    ]
    kept = filter_pairs(pairs, [probe])
    assert (len(kept.pairs), kept.n_duplicates, kept.n_leaks) == (1, 1, 1)
