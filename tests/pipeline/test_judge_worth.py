"""What a run knows of its judges: whose labels have a say about the same answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from specloop.config import Config
from specloop.evaluation.believing import JudgeWorth
from specloop.pipeline import Run
from specloop.pipeline.judge_worth import judge_worth
from specloop.records import GoldCase, GoldLabel, GoldValue, LabellerKind, Message, Rule
from specloop.store import GOLD, RunFolder

JUDGE, STRONG, OTHER = "scripted:judge", "scripted:strong", "scripted:other"
WITH_STRONG = {
    "name": "cascade",
    "cheap": "logprob",
    "strong": {"name": "sequential", "role": "judge"},
}


def labels(by: str, kind: LabellerKind, **said: GoldValue) -> list[GoldLabel]:
    return [GoldLabel(case=case, value=value, by=by, kind=kind) for case, value in said.items()]


def worth(path: Path, *given: list[GoldLabel], judge: Any = "sequential") -> JudgeWorth:
    folder = RunFolder(path, create=True)
    folder.append([Rule(section="s", text="Be kind.", quote="", start=0, end=1)])
    folder.part(GOLD).make()
    folder.part(GOLD).append(label for each in given for label in each)
    roles = {"compliance": {"model": JUDGE}, "judge": {"model": STRONG}}
    evaluate = {"judge": judge, "judged_share": 1.0}
    return judge_worth(Run(folder, Config.model_validate({"roles": roles, "evaluate": evaluate})))


def test_labels_by_the_judges_own_model_have_no_say_about_it(tmp_path: Path) -> None:
    own, other = labels(JUDGE, "model", a="YES", b="NO"), labels(OTHER, "model", a="NO", c="NA")
    assert worth(tmp_path / "own", own).labels == {}
    both = worth(tmp_path / "both", own, other)
    assert both.labels == {"a": "NO", "c": "NA"}
    assert both.labelled_by == f"the model {OTHER}"


def test_neither_have_those_by_the_model_of_a_member(tmp_path: Path) -> None:
    strong = labels(STRONG, "model", a="YES")
    assert worth(tmp_path / "alone", strong).labels == {"a": "YES"}
    assert worth(tmp_path / "member", strong, judge=WITH_STRONG).labels == {}


def test_people_come_before_models_and_count_where_they_agree(tmp_path: Path) -> None:
    ann = labels("Ann", "person", a="YES", b="NA", c="NO", d="cannot tell")
    bo, model = labels("Bo", "person", c="YES"), labels(OTHER, "model", a="NO", d="NO")
    found = worth(tmp_path / "run", ann, bo, model)
    assert (found.labels, found.labelled_by) == ({"a": "YES", "b": "NA"}, "one person")


def test_people_who_labelled_answers_to_other_rules_do_not_come_before_models(
    tmp_path: Path,
) -> None:
    """As after a judge was measured, in the same run, on a file about something else."""
    asked = (Message(role="user", content="Hi?"),)
    other = GoldCase(messages=asked, answer="No.", rule_text="Do not refuse.", source="xstest:x")
    mine = GoldCase(messages=asked, answer="No.", rule_text="Be kind.", source="rows:x")
    ann, model = labels("Ann", "person", **{other.id: "YES"}), labels(OTHER, "model", a="NO")
    path = tmp_path / "run"
    RunFolder(path, create=True).part(GOLD).make()
    RunFolder(path).part(GOLD).append([other, mine])
    assert worth(path, ann, model).labels == {"a": "NO"}
    RunFolder(path).part(GOLD).append(labels("Ann", "person", **{mine.id: "YES"}))
    assert worth(path).labels == {mine.id: "YES"}
