"""`specloop bench build` after a revision: only rows of changed rules are made anew, and what was
measured on the others is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.commands import specloop
from tests.scripted_server import ScriptedServer
from tests.two_runs import policy
from tests.unit.benchmaker.crew import anyone

from specloop.llm.base import Request
from specloop.records import Answer, Evaluation, Judgement, SetAside
from specloop.store import RunFolder

ASKED: list[Request] = []
MEASURED: list[Request] = []


def maker(request: Request) -> str:
    """Builds, and is counted."""
    ASKED.append(request)
    return anyone(request)


def target(request: Request) -> str:
    """Is measured, and is counted."""
    MEASURED.append(request)
    return "Roses like sun!"


class Bench:
    """A benchmark of a document that is built again for its versions."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.run = folder, folder / "run"
        self.config = folder / "bench.toml"
        me = "scripted:tests.pipeline.test_bench_revised"
        self.config.write_text(
            f'[roles]\ntarget = {{ model = "{me}.target" }}\n'
            + "".join(
                f'{role} = {{ model = "{me}.maker" }}\n'
                for role in ("planner", "attacker", "judge")
            )
            + "[bench]\nn_per_spec = 2\nn_unsafe = 3\nn_safe = 12\n"
        )

    def build(self, *changes: tuple[str, str], name: str = "shop_policy.md") -> int:
        """Build it for the document with some changes; how many calls that took."""
        ASKED.clear()
        document = policy(self.folder, name, *changes)
        specloop("bench", "build", document, "--out", self.run, "--config", self.config)
        return len(ASKED)

    def measure(self) -> int:
        """Measure the base on it; how many calls that took."""
        MEASURED.clear()
        (self.run / "calls.sqlite").unlink()  # so that no stored call answers
        specloop("eval", self.run, "--model", "base", "--benchmark", self.place)
        return len(MEASURED)

    @property
    def place(self) -> Path:
        return self.run / "bench" / "shop_policy"

    @property
    def rows(self) -> dict[str, str]:
        """What rows ask, by the spec that they are for."""
        listed = json.loads((self.place / "prompts.json").read_text())
        return {row["adversarial_prompt"]: row["source"] for row in listed}

    @property
    def specs(self) -> list[str]:
        return json.loads((self.place / "specifications.json").read_text())[
            "behavioral_specifications"
        ]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


REWORDED = ("at most 40 words", "at most 30 words")


def test_a_reworded_rule_has_its_rows_replaced_and_no_other(bench: Bench) -> None:
    whole = bench.build()
    before, specs = bench.rows, bench.specs
    of_changed = {text for text, source in before.items() if source == "behavioral 1"}
    assert specs[0].startswith("Keep every answer to at most 40 words")
    assert of_changed
    n = bench.build(REWORDED, name="shop_policy_2.md")
    after = bench.rows
    assert before.keys() - after.keys() == of_changed
    assert {after[text] for text in after.keys() - before.keys()} == {"behavioral 1"}
    assert bench.specs == ["Keep every answer to at most 30 words.", *specs[1:]]
    assert 0 < n <= whole * 2 / len(specs)
    asides = RunFolder(bench.place).read(SetAside)
    assert {one.content["row"]["adversarial_prompt"] for one in asides} == of_changed
    assert all(one.reason.startswith("its rule ") for one in asides)


def test_without_a_change_nothing_is_asked_and_the_files_stay(bench: Bench) -> None:
    bench.build()
    files = {path.name: path.read_bytes() for path in bench.place.glob("*.json")}
    assert bench.build() == 0
    assert {path.name: path.read_bytes() for path in bench.place.glob("*.json")} == files


def test_a_row_returns_with_its_rule(bench: Bench) -> None:
    bench.build()
    before = bench.rows
    bench.build(REWORDED)
    assert bench.build() == 0
    assert bench.rows == before
    asides = RunFolder(bench.place).read(SetAside)
    assert asides
    assert not {one.content["row"]["adversarial_prompt"] for one in asides} & before.keys()


def test_rows_that_a_person_took_out_or_rewrote_stay_so(bench: Bench) -> None:
    bench.build()
    path = bench.place / "prompts.json"
    rows = json.loads(path.read_text())
    kept = next(row for row in rows if row["source"] == "behavioral 2")
    kept["prompt"] = kept["adversarial_prompt"] = "Which compost is best for my old pond?"
    gone = next(row for row in rows if row["source"] == "behavioral 3")
    rows.remove(gone)
    path.write_text(json.dumps(rows))
    bench.build(REWORDED)
    assert kept["prompt"] in bench.rows
    assert gone["adversarial_prompt"] not in bench.rows


def test_what_was_measured_on_unchanged_rows_is_not_asked_again(bench: Bench) -> None:
    bench.build()
    assert bench.measure() == len(bench.rows)
    before = set(bench.rows)
    bench.build(REWORDED)
    assert bench.measure() == len(set(bench.rows) - before)
    first, second = (
        RunFolder(path) for path in sorted((bench.run / "benchmarks").iterdir(), key=_made)
    )
    assert len(second.read(Evaluation)) == 1
    assert {one.id for one in first.read(Answer)} & {one.id for one in second.read(Answer)}
    assert second.read(Judgement)
    specloop("report", bench.run)
    page = (bench.run / "report.html").read_text()
    section = page.split("before and after the revision", 1)[1].split("</table>", 1)[0]
    assert "unchanged rows" in page
    assert "base, before" in section
    assert "shop_policy: 11 rows unchanged, 1 gone, 1 new" in page


def test_a_judge_is_asked_about_changed_specs_and_new_rows_alone(
    bench: Bench, server: ScriptedServer
) -> None:
    bench.build()
    judge = f'''roles.compliance={{model="openai:helper", options={{base_url="{server.url}"}}}}'''

    def judged() -> int:
        (bench.run / "calls.sqlite").unlink()
        server.bodies.clear()
        options = ("--model", "base", "--judge", "joint", "--set", judge)
        specloop("eval", bench.run, *options, "--benchmark", bench.place)
        return len(server.bodies)

    assert judged() == len(bench.rows)
    before = set(bench.rows)
    # Code decides the changed rule: of the rows that stay nothing is left to ask.
    bench.build(REWORDED)
    assert judged() == len(set(bench.rows) - before)
    before = set(bench.rows)
    bench.build(REWORDED, ("be kind to every customer", "be patient with every customer"))
    assert judged() == len(bench.rows)
    asked = [str(body["messages"]) for body in server.bodies]
    stayed = [one for one in asked if "Never blame the customer" not in one]
    assert len(stayed) == len(set(bench.rows) & before)
    assert all("be patient with every customer" in one for one in asked)


def _made(path: Path) -> float:
    return (path / "evaluations.jsonl").stat().st_mtime
