"""Nothing is never an answer: what an entrant that says nothing gets, in a benchmark's figures."""

# pyright: basic
from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.specbench_data import BEHAVIORAL, SAFETY, write_data
from tests.targets import says

from specloop.ended import Finish
from specloop.errors import ModelError, RunStoppedError
from specloop.judges import judges
from specloop.judging.grader import Grader, forbids
from specloop.llm.backends.scripted import Script, ScriptedModel
from specloop.llm.base import Reply, Request
from specloop.methods import methods
from specloop.records import Answer, Failure, Judgement, ProtocolName, Sampling, Scenario
from specloop.report.specbench.claims import statements
from specloop.report.specbench.page import still_failed
from specloop.report.specbench.payload import answers_payload
from specloop.responding.answers import Answering, answer_all, is_failed
from specloop.responding.base import MethodContext
from specloop.responding.entrant import Entrant
from specloop.responding.wording import OURS
from specloop.specbench.answering import asks_of
from specloop.specbench.comparison import (
    BenchComparison,
    broken_off,
    comparison_of,
    gaps,
    paired_differences,
    totals,
)
from specloop.specbench.comparison_data import comparison_data
from specloop.specbench.figures import bench_metric
from specloop.specbench.judging import judge_answers
from specloop.specbench.load import read_scenario
from specloop.specbench.stored import keep, read_stored
from specloop.specbench.table import summary_table
from specloop.store import RunFolder

FIGURES = ("safety", "behavioral", "sar", "safe_behavioral")


def agreeing(request: Request) -> Reply:
    """A judge that finds everything kept."""
    key = re.search(r"VERDICTS (\w+)", request.messages[-1].content)
    assert key
    ids = [f"S{n}" for n in range(1, len(SAFETY) + 1)]
    ids += [f"B{n}" for n in range(1, len(BEHAVIORAL) + 1)]
    lines = "\n".join(f"{one} | fine | YES" for one in ids)
    return Reply(text=f"VERDICTS {key[1]}\n{lines}")


class Judge(ScriptedModel):
    capabilities = ScriptedModel.capabilities._replace(json_schema=False)


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    return read_scenario(write_data(tmp_path / "Garden"))


@pytest.fixture
def folder(tmp_path: Path, scenario: Scenario) -> RunFolder:
    made = RunFolder(tmp_path / "run", create=True)
    keep(made, [scenario])
    return made


async def answered(
    folder: RunFolder,
    scenario: Scenario,
    script: Script,
    name: str = "vanilla",
    share: float = 1.0,
    protocol: ProtocolName = "specloop",
) -> int:
    entrant = Entrant(name, "scripted:m", methods.build(name), "document", protocol=protocol)
    asks = asks_of([scenario], entrant, [Sampling(max_tokens=64)])
    context = MethodContext(ScriptedModel(script, "scripted:m"), OURS)
    place = Answering(folder, "generate", f"{name} by scripted:m", 4, share)
    answers = await answer_all(asks, entrant, context, place)
    return sum(isinstance(one, Failure) or is_failed(one) for one in answers)


async def judged(
    folder: RunFolder,
    scenario: Scenario,
    script: Script = agreeing,
    protocol: ProtocolName = "specloop",
) -> Judge:
    model = Judge(script, "scripted:judge")
    grader = Grader("joint", judges.build("joint"), model.name, protocol)
    await judge_answers(read_stored(folder), grader, model, Answering(folder, "judge", "verdicts"))
    return model


def drawn(folder: RunFolder) -> BenchComparison:
    return comparison_of(read_stored(folder))


@pytest.mark.parametrize(
    ("script", "kind", "why"),
    [
        (says(""), "blank", "nothing was said"),
        (says("\u200b \n"), "blank", "nothing was said"),
        (says("", "length", "Let me think"), "reasoning only", "reasoning field"),
        (says("<think>On and on", "length"), "reasoning only", "reasoning field"),
        (says("", "filter"), "withheld by a filter", "filter withheld"),
    ],
)
async def test_an_entrant_that_says_nothing_has_no_score(
    folder: RunFolder, scenario: Scenario, script: Script, kind: str, why: str
) -> None:
    assert await answered(folder, scenario, script) == len(scenario.rows)
    assert all(why in one.reason for one in folder.read(Failure))
    assert not (await judged(folder, scenario)).requests
    comparison = drawn(folder)
    for name in FIGURES:
        (figure,) = totals(comparison, bench_metric(name))
        assert (figure.value, figure.bound_low, figure.bound_high) == (None, 0, 1), name
        assert figure.n_unscored > 0
    n = len(scenario.rows)
    assert f"vanilla {n} of {n} ({n} {kind})" in broken_off(comparison)
    assert f"vanilla 0 of {n}" in gaps(comparison)
    (told,) = comparison_data(comparison)["entrants"]
    assert sum(told["not_whole"].values()) == n
    table = summary_table(comparison)
    assert kind in "".join(str(cell) for cell in table.columns[0].cells)
    assert all(
        why in reason for reason in answers_payload(comparison)["rows"][0]["answers"][0]["why"]
    )


async def test_where_nothing_comes_generating_stops_with_the_reason(
    folder: RunFolder, scenario: Scenario
) -> None:
    with pytest.raises(RunStoppedError, match=r"reasoning field.*thinking off"):
        await answered(folder, scenario, says("", "stop", "Hm."), share=0.2)


async def test_what_is_missing_is_open_and_told_first(
    folder: RunFolder, scenario: Scenario
) -> None:
    """Blank, and failed for good: both are missing."""
    first, second = (row.request for row in scenario.rows[:2])

    def gappy(request: Request) -> Reply:
        if second in request.messages[-1].content:
            raise ModelError("down")
        return Reply(text="" if first in request.messages[-1].content else "At dusk.")

    assert await answered(folder, scenario, gappy) == 2
    await answered(folder, scenario, says("At dawn."), "raw")
    await judged(folder, scenario)
    comparison = drawn(folder)
    n = len(scenario.rows)
    raw, vanilla = totals(comparison, bench_metric("safety"))
    assert (raw.value, raw.n_unscored) == (1, 0)
    assert (vanilla.value, vanilla.n, vanilla.n_unscored) == (1, n - 2, 2)
    assert (vanilla.bound_low, vanilla.bound_high) == (pytest.approx((n - 2) / n), 1)
    (compared,) = paired_differences(comparison, bench_metric("safety"))
    assert (compared.figure.value, compared.figure.n) == (0, n - 2)
    assert sorted((abs(compared.figure.bound_low or 0), abs(compared.figure.bound_high or 0))) == [
        0,
        pytest.approx(2 / n),
    ]
    said = [one.text for one in statements(comparison)]
    assert any("Without a whole answer: vanilla 2 of" in text for text in said)
    assert any("Highest safety: raw, 100.0%" in text for text in said)
    failed = still_failed(folder, comparison.stored)
    assert {"down"} < {one.reason for one in failed}


async def test_a_later_run_takes_what_has_come_since(folder: RunFolder, scenario: Scenario) -> None:
    n = len(scenario.rows)
    assert await answered(folder, scenario, says("")) == n
    assert await answered(folder, scenario, says("")) == n
    assert len(folder.read(Answer)) == n
    assert await answered(folder, scenario, says("At dusk.")) == 0
    await judged(folder, scenario)
    assert {one.text for one in folder.read(Answer)} == {"At dusk."}
    assert len(folder.read(Judgement)) == n
    assert not broken_off(drawn(folder))


@pytest.mark.parametrize("finish", ["length", "filter", "other"])
async def test_of_an_answer_broken_off_only_a_broken_prohibition_counts(
    folder: RunFolder, scenario: Scenario, finish: Finish
) -> None:
    await answered(folder, scenario, says("Plant it in", finish))
    await judged(folder, scenario)
    (safety,) = totals(drawn(folder), bench_metric("safety"))
    assert (safety.value, safety.bound_low, safety.bound_high) == (None, 0, 1)
    folder.replace(Judgement, [])

    def strict(request: Request) -> Reply:
        return Reply(text=agreeing(request).text.replace("YES", "NO"))

    await judged(folder, scenario, strict)
    comparison = drawn(folder)
    case = comparison.results[0].cases[0]
    kept = [
        spec.text
        for spec, one in zip(case.specs.listed(), case.verdicts, strict=True)
        if one.value == "NO"
    ]
    assert kept == [spec.text for spec in case.specs.listed() if forbids(spec.text)]
    assert any("the judge said NO" in one.rationale for one in case.verdicts)


async def test_the_reference_protocol_stays_as_its_code_has_it(
    folder: RunFolder, scenario: Scenario
) -> None:
    """It judges nothing as an answer; that nothing came is shown beside."""
    n = len(scenario.rows)
    assert await answered(folder, scenario, says(""), share=0.2, protocol="reference") == 0
    assert len((await judged(folder, scenario, protocol="reference")).requests) == n
    comparison = drawn(folder)
    (safety,) = totals(comparison, bench_metric("safety"))
    assert (safety.value, safety.n_unscored) == (1, 0)
    assert f"{n} blank" in broken_off(comparison)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("Do not depict drugs.", True),
        ("Never name a drug; warn of harm.", True),
        ("The answer must not name a child.", True),
        ("Provide no advice on theft.", True),
        ("Exclude romance.", True),
        ("Include no fewer than three items.", False),
        ("Use modern ciphers and forbid weak ones.", False),
        ("End with a lesson.", False),
        ("Ensure that each function does no more than five things.", False),
    ],
)
def test_a_spec_that_begins_by_forbidding_is_told_from_one_that_asks(
    spec: str, expected: bool
) -> None:
    assert forbids(spec) is expected
