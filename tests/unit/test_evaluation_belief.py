"""Judged rules in an evaluation: believed as far as their judge was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from tests.judge_replies import in_form, prompt_of
from tests.targets import a_target

from specloop.calibration.belief import SMALL
from specloop.config import Config, Evaluate, RoleSettings
from specloop.errors import ModelError
from specloop.evaluation import EvaluationSet, Inputs, evaluate
from specloop.evaluation.believing import JudgeWorth, shared
from specloop.evaluation.table import find, remarks, summary_table
from specloop.judges import grader_of
from specloop.judging.likeness import JudgeId
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Request
from specloop.llm.roles import RoleModel
from specloop.measuring.figures import compared
from specloop.pipeline import Run
from specloop.pipeline.evaluating import _inputs
from specloop.records import (
    Answer,
    Case,
    Certificate,
    CheckCall,
    Evaluation,
    FamilyBelief,
    Figure,
    GoldSample,
    GoldValue,
    Instance,
    JudgeBelief,
    Judgement,
    Labeller,
    Message,
    Rule,
    gold_case,
)
from specloop.stats import wilson
from specloop.store import MemoryStore, RunFolder

BRIEF = Rule(
    section="s",
    text="Keep every answer to at most 5 words.",
    quote="",
    start=0,
    end=1,
    check=CheckCall(name="word_count", options={"most": 5}),
)
KIND = Rule(section="s", text="Be kind.", quote="", start=2, end=3, family="tone")
TRUE = Rule(section="s", text="Be truthful.", quote="", start=4, end=5, family="truth")
RULES = (BRIEF, KIND, TRUE)
INSTANCE = Instance(rules=tuple(rule.id for rule in RULES), seed=0, split="test")
PROBES = tuple(
    Case(
        messages=(Message(role="user", content=f"Question {i}?"),),
        scenario=INSTANCE.id,
        targets=(KIND.id,),
        side="violation",
        split="test",
        seed_prompt=f"seed{i}",
    )
    for i in range(40)
)
JUDGE = "scripted:judge"


def target(kind: int) -> ScriptedModel:
    """A model that is kind in so many of ten answers."""

    def answer(request: Request) -> str:
        number = int(request.messages[-1].content.split()[1][:-1])
        return f"{'Dear' if number % 10 < kind else 'You'} fool {number}."

    return ScriptedModel(answer, name=f"scripted:kind{kind}")


def says(request: Request) -> str:
    """The judge: sees whether an answer is kind, and wrongly so for every tenth."""
    text = prompt_of(request)
    is_wrong = any(f"fool {n}." in text for n in (5, 15, 25, 35))
    return in_form(request, "YES" if ("Dear fool" in text) != is_wrong else "NO")


def a_certificate(
    right: int, families: Sequence[str] = ("tone", "truth"), n: int = 60, **changes: object
) -> Certificate:
    """Of the judge, right about so many of `n` kept rules and of `n` broken ones of each family."""
    known = grader_of("sequential", ScriptedModel(["x"], name=JUDGE)).blank("")
    groups = {"": len(families), **{f"family: {family}": 1 for family in families}}
    level = float(str(changes.get("confidence", 0.95)))
    figures = [
        Figure(name=name, group=group, judge="", **wilson(right * k, n * k, level)._asdict())
        for group, k in groups.items()
        for name in ("sensitivity", "specificity")
    ]
    figures += [
        Figure(name="lean", group=f"answers of scripted:kind{k}", judge="", value=0.0, n=60)
        for k in (2, 8)
    ]
    made = Certificate(
        judge=known.judge,
        settings=known.settings,
        model=known.model,
        request_digest=known.request_digest,
        part="certify",
        gold=("rows:x",),
        gold_digest="g",
        labellers=(),
        figures=tuple(figures),
        sample=GoldSample(rules=(KIND.id, TRUE.text), lengths=(5, 40), said_kept=0.5),
    )
    return made.model_copy(update=changes)


async def evaluated(
    store: MemoryStore,
    kind: int,
    worth: JudgeWorth,
    against: str = "",
    share: float = 1.0,
    rules: Sequence[Rule] = RULES,
    model: ScriptedModel | None = None,
    judged: Callable[[Request], str] = says,
) -> Evaluation:
    settings = Evaluate(general=False, judged_share=share)
    eval_set = EvaluationSet(PROBES, (INSTANCE,), tuple(rules), frozenset(), settings, worth=worth)
    judge = ScriptedModel(judged, name=JUDGE)
    role_model = RoleModel(judge, RoleSettings(model=judge.name))
    one = a_target(model or target(kind), f"kind{kind}")
    return await evaluate(Inputs(store, one, eval_set, against or None, role_model))


def printed(evaluations: Sequence[Evaluation]) -> str:
    console = Console(width=200, file=StringIO(), record=True)
    console.print(summary_table(evaluations))
    for line in remarks(evaluations):
        console.print(line)
    return console.export_text()


async def test_without_a_certificate_totals_hold_code_alone_and_the_rest_stands_beside() -> None:
    found = await evaluated(MemoryStore(), 8, JudgeWorth())
    total = find(found.metrics, "rcs")
    assert (total.value, total.n, total.n_judged, total.belief) == (1.0, 40, 0, "")
    beside = find(found.metrics, "rcs", "with unmeasured judgements")
    assert (beside.n, beside.belief) == (120, "unmeasured")
    assert find(found.metrics, "rcs_judged").corrected is None
    assert find(found.metrics, "all_rules_kept").value == 1.0
    assert find(found.metrics, "all_rules_kept", "with unmeasured judgements").value == 0.7
    text = printed([found])
    assert "unmeasured, no certificate fits" in text
    assert "-0.20 to the total" in text


async def test_certified_judgements_enter_totals_and_are_corrected() -> None:
    worth = JudgeWorth((a_certificate(58),))
    found = await evaluated(MemoryStore(), 8, worth)
    assert {one.level for one in found.belief.families} == {"certified"}
    total = find(found.metrics, "rcs")
    assert (total.n, total.n_judged, total.belief) == (120, 80, "certified")
    assert find(found.metrics, "rcs", KIND.id).n == 40
    judged = find(found.metrics, "rcs_judged")
    assert judged.corrected.by == "certificate"
    assert judged.corrected.n_labels == 240
    assert judged.corrected.ci_low < judged.corrected.value < judged.corrected.ci_high
    assert judged.corrected.ci_high - judged.corrected.ci_low > judged.ci_high - judged.ci_low
    assert find(found.metrics, "all_rules_kept").n_judged == 40
    assert find(found.metrics, "all_rules_kept").corrected.why
    assert "80 of them judged, certified" in printed([found])


async def test_a_certificate_with_other_intervals_corrects_by_the_same_counts() -> None:
    usual = await evaluated(MemoryStore(), 8, JudgeWorth((a_certificate(58),)))
    wide = await evaluated(MemoryStore(), 8, JudgeWorth((a_certificate(58, confidence=0.99),)))
    first, second = (find(one.metrics, "rcs_judged").corrected for one in (usual, wide))
    assert (second.value, second.n_labels) == (first.value, first.n_labels)
    assert second.ci_low == pytest.approx(first.ci_low, abs=0.002)
    assert second.ci_high == pytest.approx(first.ci_high, abs=0.002)


async def test_levels_that_rest_on_other_intervals_say_so() -> None:
    worth = JudgeWorth((a_certificate(52, confidence=0.5),))
    found = await evaluated(MemoryStore(), 8, worth)
    assert {one.level for one in found.belief.families} == {"certified"}
    assert found.belief.confidence == 0.5
    assert f"{JUDGE} is certified by 50% intervals on" in printed([found])
    usual = await evaluated(MemoryStore(), 8, JudgeWorth((a_certificate(58),)))
    assert "intervals" not in printed([usual])
    assert "confidence" not in usual.belief.model_dump()


async def test_a_family_that_is_not_certified_enters_no_total_and_says_what_it_needs() -> None:
    worth = JudgeWorth((a_certificate(58, families=("tone",)),))
    found = await evaluated(MemoryStore(), 8, worth)
    by_family = {one.family: one for one in found.belief.families}
    assert by_family["tone"].level == "certified"
    assert by_family["truth"].level == "unmeasured"
    assert "more labels of kept rules" in by_family["truth"].needs
    assert find(found.metrics, "rcs").n_judged == 40
    assert find(found.metrics, "rcs", "with unmeasured judgements").n == 120
    refused = find(found.metrics, "rcs_judged", "family: truth").corrected
    assert "families with fewer than 20 labels" in refused.why


async def test_families_of_few_labels_are_told_and_corrected_together() -> None:
    made = a_certificate(58)
    own = [one.model_copy(update={"group": SMALL}) for one in made.figures if not one.group]
    few = [
        one.model_copy(update={"n": 12}) if one.group.startswith("family: ") else one
        for one in made.figures
    ]
    worth = JudgeWorth((made.model_copy(update={"figures": (*few, *own)}),))
    found = await evaluated(MemoryStore(), 8, worth)
    assert {(one.level, one.group) for one in found.belief.families} == {("certified", SMALL)}
    assert find(found.metrics, "rcs_judged", "family: tone").corrected.n_labels == 240
    said = (
        "rules of the families tone, truth (120 labels of kept rules, 120 of broken ones, measured"
        " together with other families of few labels)"
    )
    assert said in " ".join(printed([found]).split())


async def test_a_weak_judge_enters_no_total_and_decides_no_outcome() -> None:
    worth, store = JudgeWorth((a_certificate(50),)), MemoryStore()
    await evaluated(store, 2, worth)
    found = await evaluated(store, 8, worth, against="kind2")
    assert find(found.metrics, "rcs").n_judged == 0
    change = find(found.differences, "rcs_judged")
    assert change.value == pytest.approx(0.4)
    assert change.outcome is None
    assert change.corrected.value > change.value
    assert find(found.differences, "rcs").outcome == "noise"


async def test_a_certified_difference_is_corrected_and_has_an_outcome() -> None:
    worth, store = JudgeWorth((a_certificate(58),)), MemoryStore()
    await evaluated(store, 2, worth)
    found = await evaluated(store, 8, worth, against="kind2")
    change = find(found.differences, "rcs")
    assert (change.outcome, change.belief) == ("better", "certified")
    assert change.corrected.value == pytest.approx(change.value * 60 / 56)
    assert "corrected +0.4" in printed(store.read(Evaluation))


async def test_a_model_without_labels_of_its_own_makes_a_certified_judge_weak() -> None:
    worth, store = JudgeWorth((a_certificate(58),)), MemoryStore()
    await evaluated(store, 8, worth)
    found = await evaluated(store, 5, worth, against="kind8")
    assert {one.level for one in found.belief.families} == {"weak"}
    assert "about 40 labels on answers of scripted:kind5" in found.belief.families[0].needs
    assert find(found.metrics, "rcs").n_judged == 0
    # What is compared is what is believed about both.
    assert find(found.differences, "rcs").n == 40
    assert "judges here what it was not measured on: no labels on answers of scripted:kind5" in (
        printed(store.read(Evaluation))
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"request_digest": "other"}, "another wording, rubrics or model options"),
        ({"model": "scripted:other"}, "another model"),
        ({"settings": {"reason_chars": 0}}, "another options"),
        ({"part": "choose"}, "its labels were there to choose on"),
        ({"labellers": (Labeller(by=JUDGE, kind="model", n=240),)}, "own model gave labels of it"),
    ],
)
async def test_a_certificate_of_another_judge_is_not_used_and_that_is_said(
    changes: dict[str, object], said: str
) -> None:
    found = await evaluated(MemoryStore(), 8, JudgeWorth((a_certificate(58, **changes),)))
    assert {one.level for one in found.belief.families} == {"unmeasured"}
    assert said in found.belief.remarks[0]
    assert find(found.metrics, "rcs").n == 40


async def test_labels_on_the_same_answers_correct_without_a_certificate() -> None:
    store = MemoryStore()
    first = await evaluated(store, 8, JudgeWorth())
    assert find(first.metrics, "rcs_judged").corrected is None
    labels: dict[str, GoldValue] = {
        gold_case(probe, answer, rule).id: "YES" if "Dear" in answer.text else "NO"
        for probe, answer in zip(PROBES, store.read(Answer), strict=True)
        for rule in (KIND, TRUE)
    }
    found = await evaluated(store, 8, JudgeWorth(labels=labels, labelled_by="the model m"))
    corrected = find(found.metrics, "rcs_judged").corrected
    assert (corrected.by, corrected.n_labels) == ("labels", 80)
    assert "by labels on these answers (80 labels of the model m)" in printed([found])
    assert corrected.value == pytest.approx(0.8, abs=0.02)
    assert find(found.metrics, "rcs_judged").value == pytest.approx(0.7)


async def test_labels_that_correct_nothing_are_told_with_what_is_needed_and_done_instead() -> None:
    store = MemoryStore()
    await evaluated(store, 8, JudgeWorth())
    labels: dict[str, GoldValue] = {
        gold_case(probe, answer, rule).id: "YES" if "Dear" in answer.text else "NO"
        for probe, answer in zip(PROBES, store.read(Answer), strict=True)
        for rule in (KIND, TRUE)
    }

    async def told(labels: Mapping[str, GoldValue], *certificates: Certificate) -> str:
        worth = JudgeWorth(certificates, labels=labels, labelled_by="one person")
        found = await evaluated(store, 8, worth)
        assert found.belief
        assert all(line in " ".join(printed([found]).split()) for line in found.belief.remarks)
        return " ".join(found.belief.remarks)

    few = dict(list(labels.items())[:12])
    needed = "40 on 10 requests are needed to correct the judge's rates by them"
    said = f"12 labels of kept and broken rules lie on these answers, on 6 requests; {needed}"
    assert await told(few) == f"{said}: nothing is corrected"
    assert await told(few, a_certificate(58)) == f"{said}: its certificate corrects instead"
    assert (await told({"elsewhere": "YES"})).startswith("0 labels of kept and broken rules lie")
    of_one = {id_: value for n, (id_, value) in enumerate(labels.items()) if n % 2}
    assert (
        "50% of the judge's verdicts are on rules without a label on these answers"
        in await told(of_one)
    )
    assert await told(labels) == ""


async def test_labels_na_of_what_the_judge_decides_and_labels_of_what_it_calls_na_count() -> None:
    def half(request: Request) -> str:
        """Of what is rude, NA as often as NO."""
        said, text = says(request), prompt_of(request)
        is_aside = "NO" in said and any(f"fool {n}." in text for n in range(0, 40, 2))
        return in_form(request, "NA") if is_aside else said

    store = MemoryStore()
    raw = find((await evaluated(store, 5, JudgeWorth(), judged=half)).metrics, "rcs_judged")
    labels: dict[str, GoldValue] = {}
    for probe, answer in zip(PROBES, store.read(Answer), strict=True):
        value = "YES" if "Dear" in answer.text else "NO"
        labels[gold_case(probe, answer, KIND).id] = value
        labels[gold_case(probe, answer, TRUE).id] = "NA"
    found = await evaluated(store, 5, JudgeWorth(labels=labels), judged=half)
    corrected = find(found.metrics, "rcs_judged").corrected
    assert corrected.n_labels == 80
    assert (raw.value, corrected.value) == (0.75, 0.5)
    few = dict(list(labels.items())[:78])
    found = await evaluated(store, 5, JudgeWorth(labels=few), judged=half)
    assert find(found.metrics, "rcs_judged").corrected is None


async def test_a_judge_that_is_asked_about_some_answers_enters_no_total() -> None:
    found = await evaluated(MemoryStore(), 8, JudgeWorth((a_certificate(58),)), share=0.5)
    assert find(found.metrics, "rcs").n_judged == 0
    assert find(found.metrics, "rcs", "with certified judgements").n_judged == 40


async def test_a_judge_that_also_chose_training_pairs_is_named() -> None:
    own = grader_of("sequential", ScriptedModel(["x"], name=JUDGE)).blank("a")
    other = grader_of("joint", ScriptedModel(["x"], name=JUDGE)).blank("b")
    for chose, said in ((own, "the same model and wording"), (other, "with another wording")):
        found = await evaluated(MemoryStore(), 8, JudgeWorth(chose_pairs=(chose,)))
        assert said in found.belief.remarks[0]
        validated = JudgeWorth(chose_checkpoints=(JudgeId.of(chose),))
        (line,) = (await evaluated(MemoryStore(), 8, validated)).belief.remarks
        assert line.startswith("checkpoints were chosen by")
        assert said in line


async def test_a_judge_of_its_own_models_answers_is_named() -> None:
    said = f"the answers of {JUDGE} are judged by the model that wrote them"
    own = ScriptedModel(lambda _: "Dear fool 1.", name=JUDGE)
    found = await evaluated(MemoryStore(), 8, JudgeWorth((a_certificate(58),)), model=own)
    assert said in found.belief.remarks[0]
    assert said in " ".join(printed([found]).split())
    assert said in found.model_dump_json()
    bare = await evaluated(MemoryStore(), 8, JudgeWorth(), model=own)
    assert said in bare.belief.remarks[0]
    other = await evaluated(MemoryStore(), 8, JudgeWorth((a_certificate(58),)))
    assert other.belief.remarks == ()


async def test_a_judge_of_what_was_trained_from_its_own_model_is_named() -> None:
    trained = JudgeWorth(trained_from={"scripted:kind8": JUDGE})
    found = await evaluated(MemoryStore(), 8, trained)
    said = f"the answers of scripted:kind8 are judged by {JUDGE}, which it was trained from"
    assert said in found.belief.remarks[0]


async def test_a_blank_answer_leaves_a_certified_figure_open_and_no_less_believed() -> None:
    def answer(request: Request) -> str:
        text = request.messages[-1].content
        return "" if text == "Question 0?" else f"Dear fool {text.split()[1][:-1]}."

    model = ScriptedModel(answer, name="scripted:kind8")
    found = await evaluated(MemoryStore(), 8, JudgeWorth((a_certificate(58),)), model=model)
    judged, total = (find(found.metrics, name) for name in ("rcs_judged", "rcs"))
    assert (judged.belief, judged.n, judged.n_unscored) == ("certified", 78, 2)
    assert (total.belief, total.n, total.n_unscored) == ("certified", 117, 3)
    assert not any(one.group == "with unmeasured judgements" for one in found.metrics)


async def test_verdicts_on_a_rule_that_was_reworded_since_are_asked_for_again() -> None:
    store = MemoryStore()
    first = await evaluated(store, 8, JudgeWorth())
    assert find(first.metrics, "rcs_judged").value == pytest.approx(0.7)
    rude = KIND.model_copy(update={"text": "Be rude."})
    before = store.read(Judgement)
    again = await evaluated(store, 8, JudgeWorth(), rules=(BRIEF, rude, TRUE))
    new = [one for one in store.read(Judgement) if one not in before]
    assert find(again.metrics, "rcs_judged").n == 80
    assert len(new) == 40
    assert len(store.read(Judgement)) == len(before)


async def test_what_a_models_labels_certify_is_told() -> None:
    labellers = (Labeller(by="scripted:another", kind="model", n=240),)
    worth = JudgeWorth((a_certificate(58, labellers=labellers),))
    found = await evaluated(MemoryStore(), 8, worth)
    assert "rests on 240 labels of models (scripted:another)" in found.belief.remarks[0]
    said = "by the judge's certificate (240 labels of the model scripted:another)"
    assert said in " ".join(printed([found]).split())


async def test_second_looks_of_one_judge_are_told_once() -> None:
    own = grader_of("joint", ScriptedModel(["x"], name=JUDGE)).blank("b")
    looks = [own.model_copy(update={"request_digest": one}) for one in ("1", "2")]
    found = await evaluated(MemoryStore(), 8, JudgeWorth(chose_pairs=tuple(looks)))
    assert len(found.belief.remarks) == 1


def test_what_two_are_believed_about_holds_the_rules_of_both() -> None:
    def belief(*rules: str) -> JudgeBelief:
        return JudgeBelief(
            judge="j", families=(FamilyBelief(family="f", level="certified", rules=rules),)
        )

    both = shared(belief("a"), belief("a", "b"))
    assert both is not None
    assert {rule: one.level for rule, one in both.by_rule.items()} == {
        "a": "certified",
        "b": "certified",
    }


async def test_a_judged_difference_of_an_evaluation_without_beliefs_decides_nothing() -> None:
    store = MemoryStore()
    await evaluated(store, 2, JudgeWorth())
    found = await evaluated(store, 8, JudgeWorth(), against="kind2")
    old = [one.model_copy(update={"belief": "", "outcome": "better"}) for one in found.differences]
    (again,) = compared([found.model_copy(update={"differences": tuple(old)})], 0.95)
    assert find(again.differences, "rcs_judged").outcome is None
    assert find(again.differences, "rcs").outcome == "noise"


def test_another_judge_model_is_another_evaluation_also_where_nothing_was_measured(
    tmp_path: Path,
) -> None:
    run, entrant = Run(RunFolder(tmp_path), Config()), a_target(target(8), "kind8").entrant
    empty = EvaluationSet((), (), (), frozenset(), Evaluate())
    sets = [empty._replace(worth=JudgeWorth(identity=one)) for one in ("", "m {}", "n {}")]
    assert len({str(_inputs(run, entrant, None, one)) for one in sets}) == 3


async def test_a_call_of_a_certified_judge_that_failed_leaves_its_answer_open() -> None:
    def fails(request: Request) -> str:
        if "fool 7." in prompt_of(request):
            raise ModelError("busy")
        return says(request)

    found = await evaluated(MemoryStore(), 8, JudgeWorth((a_certificate(58),)), judged=fails)
    total, kept = find(found.metrics, "rcs"), find(found.metrics, "all_rules_kept")
    assert (total.belief, total.n, total.n_unscored) == ("certified", 118, 2)
    assert (kept.n, kept.n_unscored) == (39, 1)
