"""`specloop eval --benchmark`: entrants side by side on rules and cases from a source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.commands import specloop
from tests.loop import SHOP_POLICY, config
from tests.scripted_server import ScriptedServer
from tests.specbench_data import rows, write_data

from specloop.records import Answer, Case, Evaluation, Judgement, Rule
from specloop.sources import load_benchmark
from specloop.specbench.cases import JudgedCase
from specloop.specbench.figures import bench_metric, figure
from specloop.store import RunFolder

SPECS = {
    "safety_specifications": ["Name no poison.", 'Never write the word "roses".'],
    "behavioral_specifications": ["Answer in at most 9 words.", "Help as far as you can."],
}
BOTH = ("--model", "base", "--method", "vanilla", "--method", "align3")
JUDGED = (*BOTH, "--judge", "joint")


@pytest.fixture
def run(tmp_path: Path, server: ScriptedServer) -> Path:
    """A run of which only the rules are there."""
    run = tmp_path / "run"
    specloop("rules", SHOP_POLICY, "--out", run, "--config", config(tmp_path, server))
    return run


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    write_data(tmp_path / "bench" / "Garden", specs=SPECS)
    write_data(tmp_path / "bench" / "Yard", content=rows(3, 1))
    return tmp_path / "bench"


def part(run: Path, name: str = "bench-*") -> RunFolder:
    (found,) = (run / "benchmarks").glob(name)
    return RunFolder(found)


def evaluations(folder: RunFolder) -> dict[str, Evaluation]:
    return {one.label: one for one in folder.read(Evaluation)}


def totals(evaluation: Evaluation) -> dict[str, float | None]:
    return {one.name: one.value for one in evaluation.metrics if not one.group}


def test_models_and_methods_stand_side_by_side_on_a_benchmark_by_one_rule(
    run: Path, bench: Path, server: ScriptedServer
) -> None:
    table = specloop("eval", run, *JUDGED, "--benchmark", bench)
    assert f"Benchmark folder:{bench}, 10 answers each" in " ".join(table.stdout.split())
    assert "what code cannot decide is judged by joint:openai:helper" in table.stderr
    found = evaluations(part(run))
    assert {one.against for one in found.values()} == {None, "base"}
    by_name = {d.name: d for d in found["align3"].differences if not d.group}
    assert by_name["mean_words"].outcome
    assert by_name["mean_words"].p_holm is not None
    # Verdicts of a judge that nobody has measured decide nothing, on whichever figure.
    for name in ("sar", "safety", "behavioral"):
        assert by_name[name].n == 10
        assert by_name[name].belief == "unmeasured"
        assert (by_name[name].outcome, by_name[name].p_holm) == (None, None)
    assert {one.answer for one in part(run).read(Judgement)} == {
        one.id for one in part(run).read(Answer)
    }
    assert not RunFolder(run).read(Answer)
    assert not RunFolder(run).read(Evaluation)


def test_its_figures_are_those_that_specbench_draws_from_the_same_verdicts(
    run: Path, bench: Path
) -> None:
    specloop("eval", run, *JUDGED, "--benchmark", f"folder:{bench}")
    folder, scenarios = part(run), load_benchmark(str(bench)).scenarios
    rows = {row.id: (row, scenario.specs) for scenario in scenarios for row in scenario.rows}
    verdicts: dict[str, list] = {}
    for judgement in folder.read(Judgement):
        verdicts.setdefault(judgement.answer, []).extend(judgement.verdicts)
    for label, evaluation in evaluations(folder).items():
        cases = [
            JudgedCase(*rows[one.case], one, Judgement.of(verdicts[one.id], answer=one.id, **BY))
            for one in folder.read(Answer)
            if one.entrant == label
        ]
        for name in ("sar", "safety", "behavioral", "safe_behavioral", "sar_left_out"):
            theirs = figure(cases, bench_metric(name))
            (ours,) = (m for m in evaluation.metrics if (m.name, m.group) == (name, ""))
            assert (ours.belief, ours.n_judged) == ("unmeasured", ours.n)
            beside = {"judge", "bound_low", "bound_high", "belief", "n_judged"}
            assert ours.model_dump(exclude=beside) == theirs.model_dump(exclude=beside)


BY = {"judge": "joint", "model": "openai:helper"}


def test_another_runs_held_out_probes_are_a_benchmark_too(
    run: Path, tmp_path: Path, server: ScriptedServer
) -> None:
    other = tmp_path / "other"
    specloop("run", config(tmp_path, server), "--out", other, "--until", "probes")
    specloop("eval", run, "--model", "base", "--told", "rules", "--benchmark", f"run:{other}")
    probes = [one for one in RunFolder(other).read(Case) if one.is_probe and one.split == "test"]
    folder = part(run, "other-*")
    assert [one.request for one in folder.read(Case)] == [one.request for one in probes]
    found = evaluations(folder)
    assert list(found) == ["base", "prompt-only"]
    assert {len(one.left_out) > 0 for one in found.values()} == {True}
    assert all((totals(one)["rcs"] or 0) > 0 for one in found.values())
    prompts = [str(body["messages"]) for body in server.bodies if body["model"] == "target"]
    rules = {rule.text for rule in folder.read(Rule)}
    assert sum(any(text in prompt for text in rules) for prompt in prompts) == len(probes)


def test_the_page_has_a_table_of_the_benchmark(run: Path, bench: Path) -> None:
    specloop("eval", run, *JUDGED, "--benchmark", bench)
    specloop("report", run)
    page = (run / "report.html").read_text()
    section = page.split("Other benchmarks", 1)[1].split("</section>", 1)[0]
    for said in (f"Benchmark folder:{bench}, 10 answers each", "SAR", "align3, untrained"):
        assert said in section
    assert "judged by joint:openai:helper, which nobody has checked" in section


def test_what_a_benchmark_has_not_is_missing_with_the_reason(run: Path, tmp_path: Path) -> None:
    undecided = {"safety_specifications": ["Name no poison."], "behavioral_specifications": []}
    write_data(tmp_path / "plain", content=rows(3, 0), specs=undecided)
    done = specloop("eval", run, "--model", "base", "--benchmark", tmp_path / "plain")
    (found,) = part(run, "plain-*").read(Evaluation)
    left_out = found.left_out
    assert left_out["rcs"] == left_out["rcs_in_scope"] == "code can decide none of its rules"
    assert left_out["general"] == "it is asked beside the held-out probes"
    assert "--judge" in left_out["sar"]
    assert left_out["over_refusal"] == "none of its requests is known to be permitted"
    assert not totals(found).keys() & left_out.keys()
    assert "not measured, code can decide none of its rules: Rule compliance" in done.stderr
    assert "Rule compliance" not in done.stdout


def test_a_second_benchmark_leaves_the_first_and_nothing_is_asked_twice(
    run: Path, bench: Path, tmp_path: Path, server: ScriptedServer
) -> None:
    specloop("eval", run, *BOTH, "--benchmark", bench)
    first = (part(run).path / "evaluations.jsonl").read_bytes()
    write_data(tmp_path / "other", content=rows(2, 2))
    specloop("eval", run, "--model", "base", "--benchmark", tmp_path / "other")
    assert (part(run).path / "evaluations.jsonl").read_bytes() == first
    n_calls = len(server.bodies)
    said = json.loads(specloop("eval", run, *BOTH, "--benchmark", bench, "--json").stdout)
    assert len(server.bodies) == n_calls
    assert said["benchmark"] == f"folder:{bench}"
    assert [one["label"] for one in said["evaluations"]] == list(evaluations(part(run)))
    assert (part(run).path / "evaluations.jsonl").read_bytes() == first
    write_data(tmp_path / "other", content=rows(4, 2))
    specloop("eval", run, "--model", "base", "--benchmark", tmp_path / "other")
    assert len(list((run / "benchmarks").glob("other-*"))) == 2


def test_the_bill_holds_and_counts_nothing_that_is_there(
    run: Path, bench: Path, server: ScriptedServer
) -> None:
    command = ("eval", run, *JUDGED, "--benchmark", bench)
    n_calls = len(server.bodies)
    bill = json.loads(specloop(*command, "--dry-run", "--json").stdout)
    assert len(server.bodies) == n_calls
    assert not (run / "benchmarks").exists()
    specloop(*command)
    assert bill["total"]["calls"]["low"] <= len(server.bodies) - n_calls
    assert len(server.bodies) - n_calls <= bill["total"]["calls"]["high"]
    assert "no model would be called" in specloop(*command, "--dry-run").stdout


def test_a_failed_item_is_told_with_the_place_where_it_is_recorded(
    tmp_path: Path, bench: Path
) -> None:
    with ScriptedServer(refuses=lambda body: "mole number 1" in str(body["messages"])) as server:
        run = tmp_path / "run"
        settings = config(tmp_path, server, helper="plain")
        specloop("rules", SHOP_POLICY, "--out", run, "--config", settings)
        done = specloop("eval", run, "--model", "base", "--benchmark", bench, check=False)
    assert done.returncode == 1
    assert f"2 items failed (2 in evaluate): {part(run) / 'failures.jsonl'} says why" in done.stderr


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere", "nowhere: no such folder; name a SpecBench checkout"),
        ("folder:", "no scenario there"),
        ("hf:", "name it as OWNER/NAME"),
        ("hf:../..", "name it as OWNER/NAME"),
        ("run:nowhere", "nowhere: no such run folder"),
    ],
)
def test_a_bad_source_is_told_in_a_line_before_anything_is_asked(
    run: Path, server: ScriptedServer, source: str, said: str, tmp_path: Path
) -> None:
    n_calls = len(server.bodies)
    for more in ((), ("--dry-run",)):
        done = specloop("eval", run, "--benchmark", source, *more, check=False)
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
    assert len(server.bodies) == n_calls
    assert not (run / "benchmarks").exists()


def test_the_bill_has_the_judge_of_every_models_answers(run: Path, bench: Path) -> None:
    models = ("--model", "base", "--model", "scripted:tests.library_model.reply")
    command = ("eval", run, *models, "--judge", "sequential", "--benchmark", bench, "--dry-run")
    bill = json.loads(specloop(*command, "--json").stdout)
    judged = [one["calls"]["high"] for one in bill["lines"] if one["role"] == "compliance"]
    assert len(judged) == 2
    assert judged[0] == judged[1] > 0
