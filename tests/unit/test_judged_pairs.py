"""Pairs by the verdicts of models: how far they must be believed, who else must agree, and what
every pair says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.judge_replies import verdict_reply
from tests.unit.test_synth import KIND, PROMISE, RULES, of_kind, player, response

from specloop.calibration.belief import Threshold, family_beliefs, fitting
from specloop.calibration.needed import labels_to_certify
from specloop.config import Config, Roles, RoleSettings, Synthesis, build
from specloop.errors import InputError
from specloop.judges import grader_of
from specloop.judging.likeness import JudgeId
from specloop.judging.second_look import Looked, is_second_look
from specloop.llm.backends.scripted import Script, ScriptedModel
from specloop.llm.base import Request
from specloop.llm.roles import RoleModels
from specloop.pipeline.believed import synthesis_judge
from specloop.pipeline.judged_pairs import PairingSource, check_judges, pairing_context
from specloop.pipeline.run import Run, StageLog
from specloop.pipeline.synthesis import _forget_exchanges
from specloop.records import (
    Answer,
    Belief,
    Case,
    Certificate,
    Exchange,
    Failure,
    Figure,
    Instance,
    Judgement,
    Labeller,
    Message,
    PreferencePair,
    Record,
    Rule,
    Section,
    Verdict,
    verdicts_of,
)
from specloop.stats import wilson
from specloop.store import RunFolder
from specloop.synth.pairs import PairMaterial, make_pairs
from specloop.synth.upheld import left_out

CHECKED = RULES[1]
SECTION = Section(
    id="s", path=("Shop", "Manners"), text="We are kind here. A PIN is private.", start=0, end=35
)


class Made:
    """What came of one exchange whose judge found `broken` broken in the rejected answer."""

    def __init__(self, records: list[Record], models: dict[str, ScriptedModel]) -> None:
        self.pairs = of_kind(records, PreferencePair)
        self.failures = [failure.reason for failure in of_kind(records, Failure)]
        self.judgements = of_kind(records, Judgement)
        self.models = models

    @property
    def pair(self) -> PreferencePair:
        (pair,) = self.pairs
        return pair


async def made(
    beliefs: dict[str, Belief] | None = None,
    *,
    broken: tuple[Rule, ...] = (KIND,),
    probability: float | None = None,
    says: dict[str, Script] | None = None,
    rejected: str = "Send me your PIN.\nBye now.",
    judged_by: str = "",
    **settings: object,
) -> Made:
    scripts = {role: verdict_reply("YES") for role in ("compliance", "judge", "quality")}
    target = player(lambda _: "Water the roses well.\nBye now.")
    players = {role: player(script) for role, script in (scripts | (says or {})).items()}
    models = RoleModels({"target": target, "defender": target, **players})  # type: ignore[dict-item]
    usual = {"pairing": "sampled", "contrast_share": 0.0, "judge": "sequential"}
    context = pairing_context(
        models,
        RULES,
        build(Synthesis, usual | settings, "synthesis"),
        PairingSource(sections=[SECTION], beliefs=beliefs or {}),
    )
    asked = Message(role="user", content="What about roses?")
    probe = Case(messages=(asked,), scenario="i", side="violation", split="train")
    answer = response(rejected)
    assert context.grader
    verdicts = [
        Verdict(rule=r.id, value="NO", rationale="it asks for a PIN", probability=probability)
        for r in broken
    ]
    grader = context.grader
    grader = grader._replace(model=judged_by or grader.model)
    judgement = grader.blank(answer.id).with_verdicts(verdicts)
    exchange = Exchange(
        probe=probe.id,
        answer=answer.id,
        wave=0,
        round=0,
        strategy="",
        roles={},
        violated=tuple(rule.id for rule in broken),
    )
    instance = Instance(rules=(KIND.id, PROMISE.id), seed=0)
    material = PairMaterial(exchange, probe, answer, instance, (judgement,))
    made = await make_pairs([material], context)
    return Made(made, {role: one.model for role, one in players.items()})  # type: ignore[misc]


@pytest.mark.parametrize(
    ("level", "least", "makes"),
    [
        ("certified", "certified", True),
        ("weak", "certified", False),
        ("weak", "weak", True),
        ("unmeasured", "weak", False),
        ("unmeasured", "unmeasured", True),
        ("certified", "never", False),
    ],
)
async def test_a_verdict_makes_a_pair_where_its_judge_is_believed_enough_and_the_pair_says_how_far(
    level: Belief, least: str, makes: bool
) -> None:
    found = await made({KIND.id: level}, trust_judge=least)
    assert bool(found.pairs) is makes
    if makes:
        assert found.pair.level == level
        assert [(v.side, v.rule, v.judge, v.level) for v in found.pair.verdicts] == [
            ("chosen", KIND.id, "sequential:scripted:test", level),
            ("rejected", KIND.id, "sequential:scripted:test", level),
        ]
    else:
        assert found.models["compliance"].requests == []


async def test_one_rule_that_is_not_believed_leaves_the_others() -> None:
    found = await made({KIND.id: "certified", PROMISE.id: "weak"}, broken=(KIND, PROMISE))
    assert found.pair.violated == (KIND.id,)
    rude = "Send me your PIN, and then some more of it, please."
    mixed = await made({KIND.id: "weak"}, trust_judge="weak", rejected=rude)
    assert set(mixed.pair.violated) == {RULES[0].id, CHECKED.id, KIND.id}
    levels = {verdict.rule: verdict.level for verdict in mixed.pair.verdicts}
    assert levels == {RULES[0].id: "check", CHECKED.id: "check", KIND.id: "weak"}
    assert mixed.pair.level == "weak"


async def test_no_field_of_a_pairs_verdicts_is_null_or_an_empty_list() -> None:
    found = await made({KIND.id: "certified"})
    for verdict in found.pair.model_dump()["verdicts"]:
        assert all(isinstance(value, str) for value in verdict.values())


def by_side(rejected: str, chosen: str) -> Script:
    """A judge with one verdict on the rejected answer, and another on the chosen one."""

    def reply(request: Request) -> str:
        is_rejected = "> Send me your PIN" in request.messages[-1].content
        return verdict_reply(rejected if is_rejected else chosen)(request)  # type: ignore[operator, return-value]

    return reply


@pytest.mark.parametrize(
    ("rejected", "chosen", "reason"),
    [
        ("NO", "YES", ""),
        ("YES", "YES", "a second judge's verdict on the rejected answer is YES"),
        ("NO", "NO", "a second judge's verdict on the compliant answer is NO"),
        ("NO", "NA", "a second judge's verdict on the compliant answer is NA"),
    ],
)
async def test_a_second_judge_must_agree_on_both_sides(
    rejected: str, chosen: str, reason: str
) -> None:
    second = {"name": "joint", "role": "judge"}
    found = await made(
        trust_judge="unmeasured", second_judge=second, says={"judge": by_side(rejected, chosen)}
    )
    assert found.failures == [reason] * bool(reason)
    assert bool(found.pairs) is not bool(reason)
    if found.pairs:
        assert {v.also for v in found.pair.verdicts} == {"joint:scripted:test"}
    assert {j.judge for j in found.judgements} >= {"joint"}


async def test_a_second_judge_that_cannot_be_read_agrees_to_nothing() -> None:
    found = await made(
        trust_judge="unmeasured", second_judge="joint", says={"compliance": lambda _: "Well."}
    )
    assert found.failures == ["a second judge's verdict on the rejected answer is unscored"]


@pytest.mark.parametrize(
    ("probability", "least", "reason"),
    [
        (0.1, 2.0, ""),
        (0.5, 2.0, "the judge's probabilities of the two sides are less than least_gap apart"),
        (None, 2.0, "the judge gave no probability for both sides, which least_gap needs"),
        (None, 0.0, ""),
    ],
)
async def test_the_log_probabilities_of_the_sides_must_be_far_enough_apart(
    probability: float | None, least: float, reason: str
) -> None:
    found = await made(
        trust_judge="unmeasured",
        judge={"name": "graded", "samples": 3},
        least_gap=least,
        probability=probability,
        says={"compliance": verdict_reply("7")},
    )
    assert found.failures == [reason] * bool(reason)


@pytest.mark.parametrize(
    ("value", "looked"), [("NO", (1, 0, 0)), ("YES", (0, 1, 0)), ("NA", (0, 1, 0))]
)
async def test_a_second_look_at_the_document_confirms_a_violation_or_calls_it_a_false_alarm(
    value: str, looked: tuple[int, int, int]
) -> None:
    second = {"name": "sequential", "role": "judge"}
    found = await made(
        trust_judge="unmeasured", second_look=second, says={"judge": verdict_reply(value)}
    )
    (request,) = found.models["judge"].requests
    prompt = request.messages[-1].content
    assert "'Shop > Manners'" in prompt
    assert "> We are kind here. A PIN is private." in prompt
    assert "> it asks for a PIN" in prompt
    kept = [one for one in found.judgements if is_second_look(one)]
    assert Looked.of(verdicts_of(kept)) == looked
    assert bool(found.pairs) is (value == "NO")
    if value == "NO":
        also = {v.side: v.also for v in found.pair.verdicts}
        assert also == {"chosen": "", "rejected": "second look by sequential:scripted:test"}
    else:
        assert found.failures == [f"a second look's verdict on the rejected answer is {value}"]


def test_what_second_looks_found_is_told_in_words() -> None:
    verdicts = [
        Verdict(rule="r", value=value)  # type: ignore[arg-type]
        for value in ["NO"] * 31 + ["YES"] * 6 + ["NA"] * 2 + ["unscored"]
    ]
    told = "violations confirmed 31 of 40 (8 false alarms, 1 open)"
    assert Looked.of(verdicts).words == told
    assert Looked.of(verdicts[:1]).words == "violations confirmed 1 of 1 (0 false alarms)"


def figure(name: str, group: str, low: float, n: int = 100) -> Figure:
    return Figure(name=name, group=group, value=0.95, n=n, ci_low=low, ci_high=1.0, judge="")


def a_certificate(*figures: Figure, part: str = "certify", **fields: object) -> Certificate:
    grader = grader_of("sequential", ScriptedModel(["x"]))
    content = {
        "judge": "sequential",
        "settings": {},
        "model": grader.model,
        "request_digest": grader.request_digest,
        "part": part,
        "gold": ("rows:x",),
        "gold_digest": "g",
        "labellers": (Labeller(by="Ada", kind="person", n=200),),
        "figures": figures,
    }
    return Certificate.model_validate(content | fields)


def levels(
    certificate: Certificate | None, rules: list[Rule], threshold: Threshold
) -> list[Belief]:
    families = family_beliefs(certificate, rules, threshold)
    by_rule = {rule: one.level for one in families for rule in one.rules}
    return [by_rule[rule.id] for rule in rules]


def test_belief_is_by_rule_family_and_a_family_without_labels_is_unmeasured() -> None:
    names = ("sensitivity", "specificity")
    certificate = a_certificate(
        *(figure(name, "", 0.9) for name in names),
        *(figure(name, "family: manners", 0.85) for name in names),
        *(figure(name, "family: promises", 0.5) for name in names),
        *(figure(name, "family: few", 0.9, n=3) for name in names),
    )
    families = ("manners", "promises", "few", "others")
    rules = [RULES[4 + n].model_copy(update={"family": one}) for n, one in enumerate(families)]
    found = levels(certificate, rules, Threshold())
    assert found == ["certified", "weak", "unmeasured", "unmeasured"]
    plain = a_certificate(*(figure(name, "", 0.9) for name in names))
    assert set(levels(plain, rules, Threshold())) == {"certified"}
    assert set(levels(plain, rules, Threshold(specificity=0.95))) == {"weak"}
    assert set(levels(None, rules, Threshold())) == {"unmeasured"}


def test_a_judge_is_known_by_name_options_model_and_wording_and_not_by_what_it_was_chosen_on() -> (
    None
):
    grader = grader_of("sequential", ScriptedModel(["x"]))
    mine, choosing = a_certificate(), a_certificate(part="choose")
    whole = a_certificate(part="all")
    assert fitting([mine, whole, choosing], JudgeId.of(grader.blank(""))).certificate == mine
    assert fitting([choosing], JudgeId.of(grader.blank(""))).certificate is None
    for other in ({"judge": "joint"}, {"settings": {"cite": True}}, {"request_digest": "x"}):
        assert fitting([a_certificate(**other)], JudgeId.of(grader.blank(""))).certificate is None


def test_of_certificates_on_the_same_sources_the_newest_counts() -> None:
    grader = grader_of("sequential", ScriptedModel(["x"]))
    names = ("sensitivity", "specificity")
    old, more = (a_certificate(*(figure(name, "", 0.9, n) for name in names)) for n in (100, 200))
    fewer = a_certificate(*(figure(name, "", 0.5, 90) for name in names), gold_digest="h")
    found = fitting([old, fewer], JudgeId.of(grader.blank("")))
    assert found.certificate == fewer
    assert "(200 labels) is not used: its sources were measured again since" in found.remarks[0]
    elsewhere = more.model_copy(update={"gold": ("rows:x", "rows:y")})
    assert fitting([elsewhere, fewer], JudgeId.of(grader.blank(""))).certificate == elsewhere


async def test_a_verdict_of_another_judge_than_that_of_now_makes_no_pair() -> None:
    found = await made({KIND.id: "certified"}, judged_by="scripted:earlier")
    assert found.pairs == []
    assert found.failures == ["another judge than that of now found it broken"]


async def test_what_is_left_out_since_the_judge_is_not_believed_is_counted_once_an_answer() -> None:
    judge = player(verdict_reply("NO"))
    settings = Synthesis(judge="sequential")
    context = pairing_context(RoleModels({"compliance": judge}), RULES, settings, PairingSource())
    answers = [Answer(case=case, text="x", model="m") for case in ("a", "b", "c")]
    exchanges = [
        Exchange(
            probe="p", answer=a.id, wave=0, round=0, strategy="", roles={}, switched=a.case == "c"
        )
        for a in answers
    ]
    assert context.grader
    verdicts = [Verdict(rule=KIND.id, value="NO"), Verdict(rule=PROMISE.id, value="YES")]
    judged = [context.grader.blank(a.id).with_verdicts(verdicts) for a in answers]
    assert left_out(exchanges, judged, context) == [KIND, KIND]
    assert left_out(exchanges, [], context) == []


@pytest.mark.parametrize("share", [0.85, 0.9, 0.95, 1.0])
def test_as_many_labels_certify_as_put_the_interval_above_the_bar(share: float) -> None:
    n = labels_to_certify(share, 0.8)
    assert n is not None
    lows = [wilson(share * k, k).ci_low or 0.0 for k in (n - 1, n)]
    assert lows[0] < 0.8 <= lows[1]
    assert labels_to_certify(0.8, 0.8) is None
    assert labels_to_certify(0.5, 0.8) is None


@pytest.mark.parametrize(
    ("synthesis", "said"),
    [
        ({"trust_judge": "weak"}, "synthesis.trust_judge is set, and there is no judge"),
        ({"second_judge": "joint"}, "synthesis.second_judge is set"),
        ({"second_look": "joint"}, "synthesis.second_look is set"),
        ({"least_gap": 1.0}, "synthesis.least_gap is set"),
    ],
)
def test_judges_of_pairs_need_a_judge(synthesis: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_judges(build(Config, {"synthesis": synthesis}, "x"))
    check_judges(Config())


def test_a_gap_needs_a_judge_with_probabilities() -> None:
    raw = {"roles": {"compliance": "scripted:x"}, "synthesis": {"least_gap": 1.0}}
    with pytest.raises(InputError, match="gives no probabilities"):
        check_judges(build(Config, raw, "x"))
    raw["synthesis"] |= {"judge": "logprob"}  # type: ignore[operator]
    check_judges(build(Config, raw, "x"))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"trust_judge": "surely"}, "trust_judge"),
        ({"second_judge": "nosuch"}, "nosuch"),
        ({"second_judge": {"name": "joint", "role": "target"}}, "role: write one of compliance"),
        ({"second_look": {"role": "judge"}}, "second_look"),
        ({"least_gap": -1}, "least_gap"),
    ],
)
def test_wrong_options_are_named(raw: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        build(Config, {"synthesis": raw}, "x")


@pytest.mark.parametrize(("said", "level"), [(True, "unmeasured"), (False, "never")])
def test_a_plain_yes_or_no_is_a_level_of_trust(said: bool, level: str) -> None:
    assert build(Config, {"synthesis": {"trust_judge": said}}, "x").synthesis.trust_judge == level


def test_exchanges_that_are_made_again_have_their_pairs_made_again(tmp_path: Path) -> None:
    run = Run(RunFolder(tmp_path / "run", create=True), Config())
    note = StageLog(run, "pairs", ["inputs"])
    note.begin()
    note.finish()
    assert StageLog(run, "pairs", ["inputs"]).done
    _forget_exchanges(run)
    assert not StageLog(run, "pairs", ["inputs"]).done


def test_another_judge_model_makes_exchanges_anew() -> None:
    options = [
        Config(roles=Roles(compliance=RoleSettings(model="scripted:x", options=one)))
        for one in ({}, {"seed": 1})
    ]
    configs = (Config(), *options)
    plain, *others = (
        synthesis_judge(Run(RunFolder("nowhere", planned=True), one)) for one in configs
    )
    assert plain == ""
    assert len(set(others)) == 2
