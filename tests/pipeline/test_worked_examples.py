"""Judges that show a document's worked examples: measured on them, in an evaluation, in a bill."""

# pyright: basic
from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.commands import specloop, started
from tests.judge_replies import in_form, prompt_of
from tests.loop import config
from tests.pipeline.test_bill_bounds import check
from tests.scripted_server import ScriptedServer
from tests.specbench_data import rows, write_data

from specloop.calibration.belief import fitting
from specloop.config import Config, load_config
from specloop.judging.likeness import JudgeId
from specloop.llm.base import Request
from specloop.pipeline.judge_models import grader_in
from specloop.records import Certificate, GoldCase, Judgement
from specloop.runrules import current_guides
from specloop.store import GOLD, RunFolder

HERE = "scripted:tests.pipeline.test_worked_examples"
RULE = "The assistant must be kind to every customer."
N = 12
ASKED: list[str] = []


def judge(request: Request) -> str:
    """Keeps what it is asked."""
    ASKED.append(prompt_of(request))
    return in_form(request, "YES")


def answering(_request: Request) -> str:
    return "We open at nine."


def nobody(_request: Request) -> str:
    raise AssertionError("asked although all is there")


def question(n: int) -> str:
    return f"What about number {n} there?"


def document(path: Path, **changed: str) -> Path:
    """A section with a rule and twelve requests, each with a kind answer and a rude one."""
    fences = "\n".join(
        f"~~~xml\n<user>\n{question(n)}\n</user>\n<comparison>\n"
        f"<assistant> <!-- GOOD: warm -->\n{changed.get(f'kind{n}', f'Kind words, {n}.')}\n"
        f"</assistant>\n<assistant> <!-- BAD: cold -->\nRude words, {n}.\n</assistant>\n"
        "</comparison>\n~~~\n"
        for n in range(10, 10 + N)
    )
    path.write_text(f"# Shop\n\n## Service {{#service}}\n\n{RULE}\n\n**Example**: some\n\n{fences}")
    return path


@pytest.fixture(autouse=True)
def _nothing_asked() -> None:
    ASKED.clear()


def table(n: int) -> str:
    return f"{{name='sequential',examples={n}}}" if n else "{name='sequential'}"


def calibrate(run: Path, gold: str, n: int, *more: str, model: str = "judge") -> Any:
    judged = ("--set", f"calibrate.judge={table(n)}", "--model", f"{HERE}.{model}")
    return specloop("judge", "calibrate", run, "--gold", gold, *judged, *more)


def judgements(run: Path) -> list[Judgement]:
    return RunFolder(run).part(GOLD).read(Judgement)


def test_a_section_is_shown_the_other_answers_of_the_gold_without_any_rules(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", f"examples:{document(tmp_path / 'policy.md')}"
    calibrate(run, gold, 0)
    plain = [*ASKED]
    assert len(plain) == 2 * N
    assert not any("Worked examples" in text for text in plain)
    ASKED.clear()
    calibrate(run, gold, 3)
    assert len(ASKED) == 2 * N
    for text in ASKED:
        (own,) = set(re.findall(r"^> What about number (\d+) there", text, re.M))
        asked = re.findall(r"^  > What about number (\d+) there", text, re.M)
        answers = re.findall(r"^  > (\w+) words, (\d+)\.", text, re.M)
        first, second = [n for n in ("10", "11", "12") if n != own][:2]
        assert asked == [first, first, second]
        assert answers == [("Kind", first), ("Rude", first), ("Kind", second)]
        assert text.count("  > warm") == 2
        assert text.count("  > cold") == 1
    assert len({one.request_digest for one in judgements(run)}) == 2
    calibrate(run, gold, 3, model="judge")
    assert len(ASKED) == 2 * N


def test_an_edited_example_has_judges_asked_anew_where_it_is_shown(tmp_path: Path) -> None:
    run, policy = tmp_path / "run", tmp_path / "policy.md"
    calibrate(run, f"examples:{document(policy)}", 2)
    before = len(ASKED)
    document(policy, kind11="Dear words, 11.")
    calibrate(run, f"examples:{policy}", 2)
    # The new answer, and the two of the request that it is now shown with.
    assert len(ASKED) - before == 3
    assert sum("  > Dear words, 11." in text for text in ASKED) == 2
    assert len({one.request_digest for one in judgements(run)}) == 2


def test_labels_of_people_are_never_shown(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", f"examples:{document(tmp_path / 'policy.md')}"
    calibrate(run, gold, 0)
    case = RunFolder(run).part(GOLD).read(GoldCase)[0]
    more = tmp_path / "labels.jsonl"
    lines = [
        {"rule": case.rule_text, "request": f"Own {n}?", "answer": f"Own words, {n}.", "by": "Ada"}
        | {"label": value}
        for n, value in enumerate(("YES", "NO") * 6)
    ]
    more.write_text("".join(json.dumps(line) + "\n" for line in lines))
    ASKED.clear()
    calibrate(run, gold, 50, "--gold", f"rows:{more}")
    assert len(ASKED) == 2 * N + len(lines)
    assert not any(re.search(r"^  > Own", text, re.M) for text in ASKED)
    assert all("Kind words" in text for text in ASKED)


def test_the_judge_of_the_loop_is_the_one_that_was_measured(tmp_path: Path) -> None:
    run, policy = tmp_path / "run", document(tmp_path / "policy.md")
    specloop("rules", policy, "--out", run)
    calibrate(run, f"examples:{policy}", 2)
    assert all("  > Kind words" in text for text in ASKED)
    folder = RunFolder(run)
    made = folder.read(Certificate)
    roles = Config.model_validate({"roles": {"compliance": f"{HERE}.judge"}}).roles
    for n in (0, 1, 2):
        judge = {"name": "sequential", **({"examples": n} if n else {})}
        known = grader_in(roles, judge, "compliance", current_guides(folder)).blank("")
        assert fitting(made, JudgeId.of(known)).certificate == (made[0] if n == 2 else None)


def test_an_evaluation_shows_them_and_keeps_back_those_of_the_request(tmp_path: Path) -> None:
    run, policy = tmp_path / "run", document(tmp_path / "policy.md")
    specloop("rules", policy, "--out", run)
    prompts = rows(1, 1)
    prompts[0] = prompts[0] | {"prompt": question(10)}
    specs = {"safety_specifications": [], "behavioral_specifications": [RULE]}
    write_data(tmp_path / "bench" / "Shop", specs=specs, content=prompts)
    sets = (
        f"roles.compliance={HERE}.judge",
        f"roles.target={HERE}.answering",
        f"evaluate.judge={table(2)}",
        "evaluate.judged_share=1.0",
    )
    asked = ("--model", f"{HERE}.answering", "--benchmark", tmp_path / "bench")
    specloop("eval", run, *asked, *(part for one in sets for part in ("--set", one)))
    assert len(ASKED) == 2
    own = [text for text in ASKED if f"\n> {question(10)}" in text]
    assert len(own) == 1
    for text in ASKED:
        first = "11" if text in own else "10"
        assert re.findall(r"^  > (\w+) words, (\d+)\.", text, re.M) == [
            ("Kind", first),
            ("Rude", first),
        ]


def test_a_loop_whose_seeds_are_the_examples_lies_within_its_bill(tmp_path: Path) -> None:
    policy = document(tmp_path / "policy.md")
    with ScriptedServer(words=30) as server:
        path = config(tmp_path, server)
        seeds = [{"topic": f"t{n}", "text": question(n)} for n in range(10, 10 + N)]
        (tmp_path / "seeds.jsonl").write_text("\n".join(map(json.dumps, seeds)))
        sets = (
            f"document.path='{policy}'",
            "instances.held_out_rules=[]",
            "instances.min_rules=1",
            "instances.max_rules=1",
            "synthesis.judged_share=1.0",
            "synthesis.trust_judge='unmeasured'",
            f"synthesis.judge={table(3)}",
            "evaluate.judged_share=1.0",
            f"evaluate.judge={table(2)}",
        )
        run = started(tmp_path / "run", load_config(path, list(sets)))
        check(run, {})
        told = [json.dumps(body, ensure_ascii=False) for body in server.bodies]
        shown = [text for text in told if "Worked examples of its section" in text]
        assert len(shown) > 10
        owned = 0
        for text in shown:
            own = set(re.findall(r"<query \w+>\\n> What about number (\d+) there", text))
            owned += bool(own)
            assert not own & set(re.findall(r"  > What about number (\d+) there", text))
        assert owned
