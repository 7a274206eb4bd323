"""`specloop review`: from a run's verdicts to labels, agreement and a judge's certificate."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from tests.commands import command, specloop
from tests.judge_replies import in_form, prompt_of
from tests.loop import config, run_stages
from tests.review_fixture import judged_run, labels_all
from tests.scripted_server import ScriptedServer

from specloop.errors import InputError, MissingExtraError
from specloop.gold import load_gold
from specloop.llm.base import Request
from specloop.pipeline import Run
from specloop.pipeline.reviewing import ReviewPlan, planned_items, stage_review
from specloop.records import Certificate, GoldCase, GoldLabel, GoldValue
from specloop.review.reviewing import Review
from specloop.runrules import current_rules
from specloop.store import GOLD, RunFolder

JUDGE = "scripted:tests.pipeline.test_review.always_kind"


def always_kind(request: Request) -> str:
    assert "> Answer" in prompt_of(request)
    return in_form(request, "YES")


def odd_is_broken(case: GoldCase) -> GoldValue:
    return "NO" if int(re.findall(r"\d+", case.answer)[0]) % 2 else "YES"


def strict(case: GoldCase) -> GoldValue:
    return "NO" if "Answer 0" in case.answer else odd_is_broken(case)


def review(
    run: Path, by: str, say: Callable[[GoldCase], GoldValue] = odd_is_broken, **plan: object
) -> Review:
    opened, planned = Run.resume(run), ReviewPlan(by, **plan)  # pyright: ignore
    items = planned_items(opened, planned)
    return asyncio.run(stage_review(opened, planned, items, labels_all(say)))  # pyright: ignore


def labels(run: Path) -> list[GoldLabel]:
    return RunFolder(run).part(GOLD).read(GoldLabel)


def test_labels_of_a_review_certify_a_judge(tmp_path: Path) -> None:
    run = judged_run(tmp_path / "run", n_answers=20).path
    review(run, "Ada")
    assert len(labels(run)) == 60
    gold = f"review:{run}"
    specloop("judge", "calibrate", run, "--gold", gold, "--model", JUDGE)
    (made,) = RunFolder(run).read(Certificate)
    assert [(one.by, one.kind, one.n) for one in made.labellers] == [("Ada", "person", 60)]
    sensitivity, specificity = made.figure("sensitivity"), made.figure("specificity")
    assert sensitivity
    assert specificity
    assert (sensitivity.value, specificity.value) == (1.0, 0.0)
    assert len(labels(run)) == 60


@pytest.mark.enable_socket
def test_the_verdicts_of_a_whole_run_are_shown(tmp_path: Path, server: ScriptedServer) -> None:
    run = tmp_path / "run"
    run_stages(run, config(tmp_path, server))
    with pytest.raises(InputError, match=r"set evaluate.judged_share"):
        review(run, "Ada")
    assert review(run, "Ada", kind, answers="synthesis", n=5).done == 5
    specloop("eval", run, "--set", "evaluate.judged_share=1")
    shown = review(run, "Ada", kind, n=7).items
    assert len(shown) == 7
    rules = {rule.text: rule for rule in current_rules(RunFolder(run))}
    assert all(rules[one.case.rule_text].check is None for one in shown)
    assert all(one.case.section and one.case.answered_by for one in shown)
    assert len(load_gold([f"review:{run}"]).labels) == 12


def kind(_: GoldCase) -> GoldValue:
    return "YES"


def test_labels_survive_that_the_run_is_made_anew(tmp_path: Path) -> None:
    run = judged_run(tmp_path / "run", n_answers=6).path
    review(run, "Ada")
    for name in ("answers", "cases", "rules", "judgements", "sections"):
        (run / f"{name}.jsonl").unlink()
    judged_run(run, n_answers=8, reverse=True)
    items = planned_items(Run.resume(run), ReviewPlan("Ada"))
    again = Review(items, "Ada", RunFolder(run).part(GOLD))
    assert (again.done, len(again.items)) == (18, 24)


def test_agreement_is_told_of_labels_in_a_file_too_and_says_which_are_a_models(
    tmp_path: Path,
) -> None:
    rows = [
        {"rule": "Be kind.", "answer": f"Hm {n}.", "label": label, "by": by, "kind": kind}
        for by, kind, labels in (("Ada", "person", "YES NO NO"), ("gpt", "model", "YES NO YES"))
        for n, label in enumerate(labels.split())
    ]
    path = tmp_path / "labels.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    run = judged_run(tmp_path / "run", n_answers=2).path
    told = specloop("review", run, "--agreement", "--gold", f"rows:{path}", "--json").stdout
    (both,) = json.loads(told)["agreements"]
    assert {both["first"], both["second"]} == {"Ada", "gpt (model)"}
    assert both["same"]["value"] == pytest.approx(2 / 3)


def test_two_people_are_shown_the_same_and_settle_where_they_differ(tmp_path: Path) -> None:
    run = judged_run(tmp_path / "run", n_answers=10).path
    first = review(run, "Ada", n=12)
    with pytest.raises(InputError, match=r"no case has labels by two \(labels by Ada\)"):
        specloop("review", run, "--agreement")
    with pytest.raises(InputError, match="nothing to settle"):
        review(run, "Cem", settling=True)
    second = review(run, "Bob", strict, n=12)
    assert [one.case.id for one in second.items] == [one.case.id for one in first.items]
    told = json.loads(specloop("review", run, "--agreement", "--json").stdout)
    (both,) = told["agreements"]
    n = len(both["differences"])
    assert n
    assert both["kappa"]["n"] == 12
    assert both["same"]["value"] == pytest.approx(1 - n / 12)
    printed = specloop("review", run, "--agreement").stdout
    assert f"{n} to settle" in printed
    assert "Where Ada and Bob differ" in printed
    settled = review(run, "Bob", odd_is_broken, settling=True)
    assert [len(one.labels) for one in settled.items] == [2] * n
    after = json.loads(specloop("review", run, "--agreement", "--json").stdout)
    assert after["agreements"] == told["agreements"]
    assert after["unsettled"] == []
    gold = load_gold([f"review:{run}"])
    values = {
        case.id: {one.value for one in gold.labels if one.case == case.id} for case in gold.cases
    }
    assert {len(said) for said in values.values()} == {1}
    assert sum(one.settles for one in gold.labels) == n


def test_labelled_rows_are_labelled_again_by_a_second_person(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    lines = [
        {"rule": "Be kind.", "answer": f"Answer {n}.", "label": "YES", "request": "?", "by": "Ada"}
        for n in range(4)
    ]
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run = tmp_path / "run"
    RunFolder(run, create=True)
    with pytest.raises(InputError, match="write the same name"):
        review(run, "ada", gold=(f"rows:{rows}",))
    review(run, "Bob", gold=(f"rows:{rows}",))
    (both,) = json.loads(specloop("review", run, "--agreement", "--json").stdout)["agreements"]
    assert (both["first"], both["second"], both["same"]["value"]) == ("Ada", "Bob", 0.5)


def test_a_run_without_verdicts_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no verdicts of a model in its evaluation"):
        specloop("review", tmp_path / "run", "--by", "Ada", "--page")
    assert not (tmp_path / "run").exists()
    run = judged_run(tmp_path / "other").path
    with pytest.raises(InputError, match="say who labels"):
        specloop("review", run, "--page")
    with pytest.raises(InputError, match="nobody has labelled there"):
        load_gold([f"review:{run}"])


def test_without_a_terminal_or_its_extra_the_page_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = judged_run(tmp_path / "run").path
    with pytest.raises(InputError, match="no terminal; review in the browser with --page"):
        specloop("review", run, "--by", "Ada")
    monkeypatch.delitem(sys.modules, "specloop.review.terminal")
    monkeypatch.setitem(sys.modules, "textual.app", None)
    with pytest.raises(MissingExtraError, match=r"--page needs none.*specloop\[review\]"):
        specloop("review", run, "--by", "Ada")


@pytest.mark.enable_socket
def test_a_page_is_served_labels_are_kept_and_a_second_process_is_refused(tmp_path: Path) -> None:
    run = judged_run(tmp_path / "run").path
    asked = command("--quiet", "review", run, "--by", "Ada", "--page", "--json")
    with subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as one:
        assert one.stderr
        url = one.stderr.readline().split()[-1]
        assert url.startswith("http://127.0.0.1:")
        refused = specloop("review", run, "--by", "Ada", "--page", check=False)
        assert refused.returncode == 2
        assert "another specloop process works in this run folder" in refused.stderr
        asyncio.run(label_one_and_quit(url))
        printed, _ = one.communicate(timeout=20)
    assert one.returncode == 0
    assert json.loads(printed) == {"by": "Ada", "labelled": 1, "cases": 18}
    assert [label.value for label in labels(run)] == ["YES"]


async def label_one_and_quit(url: str) -> None:
    async with aiohttp.ClientSession() as client:
        async with client.get(url + "state") as reply:
            item = (await reply.json())["item"]["id"]
        for deed in ({"action": "decide", "item": item, "value": "YES"}, {"action": "quit"}):
            async with client.post(url + "do", json=deed) as reply:
                assert reply.status == 200


def test_the_agreement_of_no_run_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such run folder"):
        specloop("review", tmp_path / "typo", "--agreement")


def test_a_model_that_labels_is_called_one_and_people_come_first(tmp_path: Path) -> None:
    run = judged_run(tmp_path / "run", n_answers=6).path
    review(run, "gpt", n=6, kind="model")
    assert {(one.by, one.kind) for one in labels(run)} == {("gpt", "model")}
    assert {one.by for one in load_gold([f"review:{run}"]).labels} == {"gpt"}
    with pytest.raises(InputError, match="that is a model with labels here"):
        review(run, "gpt", n=6)
    review(run, "Ada", strict, n=6)
    assert {one.by for one in load_gold([f"review:{run}"]).labels} == {"Ada"}
    with pytest.raises(InputError, match="leave out --model"):
        review(run, "gpt", kind="model", settling=True)
    with pytest.raises(InputError, match="leave out --model"):
        review(run, "gpt", kind="model", answers="rules")
