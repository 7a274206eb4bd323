"""Pairs of rules that a model judges, from the commands: with a certificate, and without."""

# pyright: basic
from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.commands import specloop
from tests.loop import config
from tests.scripted_server import ScriptedServer

from specloop.llm.calls.cache import FILE
from specloop.llm.calls.ledger import read_ledger
from specloop.records import (
    Certificate,
    Exchange,
    Failure,
    Figure,
    GoldSample,
    Labeller,
    PreferencePair,
    Rule,
)
from specloop.report import load_report_data
from specloop.report.comparison import contrast_of
from specloop.report.judges import judges_part
from specloop.report.standing import belief_in
from specloop.store import RunFolder

STRICT = "scripted:tests.pipeline.test_judged_pairs.strict"
TARGET = "scripted:tests.pipeline.test_judged_pairs.target"


def strict(request) -> str:
    """Finds broken what the target says by itself, and kept what it says under constraints."""
    from tests.judge_replies import prompt_of, verdict_reply

    return verdict_reply("YES" if "> Sure" not in prompt_of(request) else "NO")(request)


def target(request) -> str:
    """Answers that begin with Sure, unless rules are before them."""
    told = any(message.role == "system" for message in request.messages)
    return "Water the roses well.\nSee you at the shop." if told else "Sure, water it."


def both(request) -> str:
    """Answers, and judges answers."""
    from tests.judge_replies import prompt_of

    return strict(request) if "<answer " in prompt_of(request) else target(request)


@pytest.fixture
def server():
    with ScriptedServer() as running:
        yield running


def made(tmp_path: Path, server: ScriptedServer, *sets: str) -> Path:
    path, run = config(tmp_path, server), tmp_path / "run"
    path.write_text(path.read_text().replace("judged_share = 0.5", "judged_share = 1.0"))
    usual = (
        f"roles.compliance.model='{STRICT}'",
        "roles.compliance.options={}",
        f"roles.target.model='{TARGET}'",
        "roles.target.options={}",
        "synthesis.contrast_share=0.0",
        "synthesis.switch_share=0.0",
        "synthesis.defender_rules=false",
        "synthesis.permitted_share=0.0",
        "instances.held_out_rules=[]",
    )
    changes = [part for one in (*usual, *sets) for part in ("--set", one)]
    specloop(
        "rules", Path(__file__).parents[1] / "data" / "shop_policy.md", "--out", run,
        "--config", path, *changes,
    )  # fmt: skip
    for stage in ("instances", "probes", "synth"):
        specloop(stage, run)
    return run


def judged(pairs: list[PreferencePair]) -> set[str]:
    return {v.level for pair in pairs for v in pair.verdicts} - {"check"}


def certify(run: Path, low: float, answers_of: str = TARGET, rules: int = 99) -> None:
    """A certificate of the run's own judge with such lower ends, on a model's answers by so many of
    the document's rules."""
    specloop("judge", "calibrate", run, "--gold", gold(run), "--model", STRICT, "--judge", "joint")
    folder = RunFolder(run)
    (real,) = folder.read(Certificate)
    figures = [
        Figure(name=name, value=0.95, n=50, ci_low=low, ci_high=1.0, judge="")
        for name in ("sensitivity", "specificity")
    ]
    figures.append(Figure(name="lean", group=f"answers of {answers_of}", value=0.0, n=50, judge=""))
    every = [rule.id for rule in folder.read(Rule) if rule.check is None]
    sample = GoldSample(rules=tuple(every[:rules]), lengths=(1, 500))
    labellers = (Labeller(by="Ada", kind="person", n=100),)
    folder.replace(
        Certificate,
        [
            real.model_copy(
                update={"figures": tuple(figures), "labellers": labellers, "sample": sample}
            )
        ],
    )


def gold(run: Path) -> str:
    path = run.parent / "labels.jsonl"
    lines = [
        {
            "rule": "Be kind.",
            "answer": f"{word} {n}",
            "label": label,
            "by": "Ada",
            "request": str(n),
        }
        for n in range(12)
        for word, label in (("Sure", "NO"), ("Well", "YES"))
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"rows:{path}"


def test_without_a_certificate_violations_are_counted_with_the_labels_that_certify(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = made(tmp_path, server)
    done = specloop("pairs", run)
    folder = RunFolder(run)
    assert not judged(folder.read(PreferencePair))
    stage = folder.manifest()["stages"]["pairs"]
    assert stage["not_believed"] > 0
    said = " ".join((done.stdout + done.stderr).split())
    assert f"{stage['not_believed']} violations that only a model found make no pairs" in said
    assert "it needs about 62 more labels of kept rules" in said
    assert "specloop review" in said
    spent = {e.role: e.cost.n_calls for e in read_ledger(run / FILE) if e.stage == "pairs"}
    assert spent.get("compliance", 0) == 0


def test_a_certificate_of_the_judge_makes_pairs_of_its_verdicts_and_they_say_so(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = made(tmp_path, server)
    before = {e.id for e in RunFolder(run).read(Exchange) if e.violated}
    certify(run, low=0.9)
    for stage in ("synth", "pairs"):
        specloop(stage, run)
    folder = RunFolder(run)
    pairs, rules = folder.read(PreferencePair), {r.id: r for r in folder.read(Rule)}
    assert judged(pairs) == {"certified"}
    assert {v.rule for p in pairs for v in p.verdicts if v.level == "certified"} <= {
        rule.id for rule in rules.values() if rule.check is None
    }
    assert folder.manifest()["stages"]["pairs"]["judged_pairs"]["certified"] > 0
    remarks = folder.manifest()["stages"]["pairs"]["belief"]["remarks"]
    assert any("rules in one call, and was measured on one a call" in line for line in remarks)
    assert {e.id for e in folder.read(Exchange) if e.violated} != before
    n_calls = len(server.bodies)
    specloop("pairs", run)
    assert len(server.bodies) == n_calls
    certify(run, low=0.5)
    for stage in ("synth", "pairs"):
        done = specloop(stage, run)
    assert not judged(folder.read(PreferencePair))
    assert "it is weak" in " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"answers_of": "scripted:other"}, f"no labels on answers of {TARGET}; there are on"),
        ({"rules": 0}, "100% of the rules are without labels: “"),
    ],
)
def test_a_certificate_on_other_answers_or_rules_makes_a_judge_of_pairs_weak(
    tmp_path: Path, server: ScriptedServer, changes: dict, said: str
) -> None:
    run = made(tmp_path, server)
    certify(run, 0.9, **changes)
    specloop("synth", run)
    done = specloop("pairs", run)
    folder = RunFolder(run)
    assert not judged(folder.read(PreferencePair))
    noted = folder.manifest()["stages"]["pairs"]["belief"]
    assert {one["level"] for one in noted["families"]} == {"weak"}
    told = " ".join((done.stdout + done.stderr).split())
    assert f"joint:{STRICT} judges here what it was not measured on: {said}" in told
    assert "it is weak" in told
    data = load_report_data(folder)
    rules = [r for r in data.rules if noted["families"][0]["rules"].count(r.id)]
    assert {belief_in(data, f"joint:{STRICT}", rule) for rule in rules} == {"weak"}
    notes = judges_part(data, contrast_of(data)).notes
    assert any(one.startswith("Training data: ") and said in one for one in notes)
    specloop("synth", run, "--set", "synthesis.trust_judge='weak'")
    specloop("pairs", run)
    assert judged(folder.read(PreferencePair)) == {"weak"}


def test_a_judge_that_wrote_the_answers_itself_is_named(
    tmp_path: Path, server: ScriptedServer
) -> None:
    both = "scripted:tests.pipeline.test_judged_pairs.both"
    run = made(
        tmp_path, server, *(f"roles.{role}.model='{both}'" for role in ("target", "compliance"))
    )
    done = specloop("pairs", run)
    said = f"the answers of {both} are judged by the model that wrote them"
    assert said in " ".join((done.stdout + done.stderr).split())
    notes = judges_part(data := load_report_data(RunFolder(run)), contrast_of(data)).notes
    assert [one for one in notes if one.startswith(f"Training data: {said}")]


def test_judges_that_must_agree_and_second_looks_are_asked_billed_and_told(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = made(
        tmp_path,
        server,
        "synthesis.trust_judge='unmeasured'",
        f"roles.judge.model='{STRICT}'",
        "synthesis.second_judge={name='sequential', role='judge'}",
        "synthesis.second_look='sequential'",
    )
    bill = specloop("pairs", run, "--dry-run").stdout
    assert "judge" in bill
    done = specloop("pairs", run)
    folder = RunFolder(run)
    pairs = folder.read(PreferencePair)
    assert judged(pairs) == {"unmeasured"}
    told = folder.manifest()["stages"]["pairs"]["second_look"]
    said = " ".join((done.stdout + done.stderr).split())
    assert f"violations confirmed {told['confirmed']} of {sum(told.values())}" in said
    n = folder.manifest()["stages"]["pairs"]["second_judge"]["NO"]
    assert f"second judge: agreed on {n} of {n} violations (0 not, 0 could not be read)" in said
    also = {v.also for p in pairs for v in p.verdicts if v.level == "unmeasured"}
    assert any("second look by sequential" in one and STRICT in one for one in also)


def unsure(request) -> str:
    """Grades what is said under constraints 7 in three draws of five, and what the target says by
    itself in none, or for some requests in two."""
    from tests.judge_replies import in_form, prompt_of

    text = prompt_of(request)
    n_high = 3 if "> Sure" not in text else 2 * (sum(map(ord, text[-900:])) % 3 == 0)
    return in_form(request, "7" if request.sampling.seed % 5 < n_high else "1")


def test_pairs_whose_sides_are_too_near_and_what_a_second_judge_denies_are_counted(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = made(
        tmp_path,
        server,
        "synthesis.trust_judge='unmeasured'",
        "roles.compliance.model='scripted:tests.pipeline.test_judged_pairs.unsure'",
        "synthesis.judge={name='graded', samples=5}",
        "synthesis.least_gap=2.0",
    )
    done = specloop("pairs", run)
    folder = RunFolder(run)
    near = [one for one in folder.read(Failure) if "least_gap apart" in one.reason]
    assert folder.read(PreferencePair)
    assert near
    said = " ".join((done.stdout + done.stderr).split())
    told = f"the two sides are less than least_gap apart ({len(near)})"
    assert f"{len(near)} exchanges made no pair: the judge's probabilities of {told}" in said
    rubbish = ("--set", "roles.judge.model='scripted:tests.scripted_server.rubbish'")
    second = ("--set", "synthesis.second_judge={name='sequential', role='judge'}")
    done = specloop("pairs", run, *rubbish, *second)
    said = " ".join((done.stdout + done.stderr).split())
    n = folder.manifest()["stages"]["pairs"]["second_judge"]["unscored"]
    assert f"second judge: agreed on 0 of {n} violations (0 not, {n} could not be read)" in said
    assert not judged(folder.read(PreferencePair))
