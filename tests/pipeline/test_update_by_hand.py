"""`specloop update` of a run with files that were changed by hand: told in a line, nothing lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.scripted_server import ScriptedServer
from tests.updated import UpdatedRun

from specloop.records import GoldCase, SetAside
from specloop.runrules import current_rules
from specloop.store import GOLD, RunFolder

FEWER = ("40 words", "30 words")
JOKES = ("- Never blame the customer.\n", "- Never tell jokes.\n")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpdatedRun]:
    with ScriptedServer() as server:
        run = UpdatedRun.made(tmp_path_factory.mktemp("base"), server)
        run.update(run.document(FEWER))
        yield run


@pytest.fixture
def run(base: UpdatedRun, tmp_path: Path) -> UpdatedRun:
    """One that has been updated, so that something is set aside."""
    shutil.copytree(base.path, tmp_path / "run")
    shutil.copy(base.path.parent / "policy.md", tmp_path)
    return base._replace(path=tmp_path / "run")


def contents(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}


def another(value: object) -> object:
    """The same with another text or number somewhere."""
    if isinstance(value, dict):
        key = next((key for key in value if key != "id" and another(value[key]) != value[key]), "")
        return value | {key: another(value[key])} if key else value
    if isinstance(value, list):
        return [another(value[0]), *value[1:]] if value else value
    if isinstance(value, str) and " " in value:
        return f"{value} Yours."
    return value + 1 if isinstance(value, int | float) and not isinstance(value, bool) else value


def changed(lines: list[str]) -> list[str]:
    return [json.dumps(another(json.loads(lines[0]))), *lines[1:]]


WAYS: dict[str, Callable[[list[str]], list[str]]] = {
    "changed": changed,
    "no JSON": lambda lines: ["the first rule", *lines[1:]],
    "lost": lambda lines: lines[1:],
    "doubled": lambda lines: [lines[0], *lines],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_file_of_records_changed_by_hand_is_named(run: UpdatedRun, way: str) -> None:
    newer = run.document(FEWER, JOKES, name="second.md")
    n_calls = len(run.server.bodies)
    # A line that is doubled at the end changes nothing.
    paths = [one for one in run.path.glob("*.jsonl") if one.read_text().count("\n") > 1]
    assert len(paths) > 12
    for path in paths:
        text = path.read_text()
        lines = WAYS[way](text.splitlines())
        path.write_text("\n".join(lines) + "\n")
        before = contents(run.path)
        done = run.update(newer, check=False)
        assert done.returncode == 2, path.name
        assert str(path) in done.stderr.splitlines()[-1]
        assert contents(run.path) == before
        path.write_text(text)
    assert len(run.server.bodies) == n_calls


def test_other_line_ends_are_no_change_and_the_rest_can_be_carried_over_as_it_is(
    run: UpdatedRun,
) -> None:
    newer = run.document(FEWER, JOKES, name="second.md")
    for name in ("rules.jsonl", "pairs.jsonl"):
        path = run.path / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert not run.update(newer, "--dry-run").returncode
    path = run.path / "judgements.jsonl"
    path.write_text("\n".join(changed(path.read_text().splitlines())) + "\n")
    refused = run.update(newer, "--dry-run", check=False)
    assert refused.returncode == 2
    assert "--anyway" in refused.stderr
    run.update(newer, "--anyway")
    assert not run.update(newer).returncode


def test_a_rule_is_edited_in_its_file(run: UpdatedRun) -> None:
    path = run.path / "rules.jsonl"
    text = path.read_text()
    path.write_text(text.replace("Never tell", "Always tell").replace("Never blame", "Blame"))
    done = run.update(run.document(FEWER, JOKES, name="second.md"), check=False)
    assert "edits of rules belong in rules.yaml" in done.stderr
    path.write_text(text)
    edited = run.path / "rules.yaml"
    edited.write_text(edited.read_text().replace("Never blame the customer.", "Blame nobody."))
    run.update(run.document(FEWER, ("dates", "days"), name="second.md"))
    assert "Blame nobody." in {rule.text for rule in current_rules(RunFolder(run.path))}


def test_a_dry_run_lists_the_edits_that_are_lost(run: UpdatedRun) -> None:
    newer = run.document(FEWER, ("- Never blame", "- Do not tease or blame"), name="second.md")
    assert not json.loads(run.update(newer, "--dry-run", "--json").stdout)["edits_lost"]
    edited = run.path / "rules.yaml"
    edited.write_text(edited.read_text().replace("Never blame the customer.", "Blame nobody."))
    said = run.update(newer, "--dry-run").stdout
    assert "lost, edited by hand: 'Never blame the customer.' (text edited" in said
    (lost,) = json.loads(run.update(newer, "--dry-run", "--json").stdout)["edits_lost"]
    assert (lost["field"], lost["after"]) == ("text", "Blame nobody.")
    assert "edits lost: 1" in run.update(newer).stderr


def test_a_file_of_records_that_is_gone_is_named_before_anything_is_listed(
    run: UpdatedRun,
) -> None:
    path = run.path / "exchanges.jsonl"
    path.unlink()
    newer = run.document(FEWER, JOKES, name="second.md")
    for options in ((), ("--dry-run",)):
        done = run.update(newer, *options, check=False)
        assert done.returncode == 2
        assert str(path) in done.stderr


def test_labels_that_cannot_be_read_are_named_before_anything_is_asked(run: UpdatedRun) -> None:
    path = run.path / GOLD / GoldCase.FILE
    path.parent.mkdir()
    path.write_text("a label\n")
    n_calls = len(run.server.bodies)
    done = run.update(run.document(FEWER, JOKES, name="second.md"), check=False)
    assert done.returncode == 2
    assert f"{path}:1: " in done.stderr
    assert len(run.server.bodies) == n_calls


def test_another_text_of_the_document_is_named(run: UpdatedRun) -> None:
    path = run.path / "document.txt"
    path.write_text(path.read_text() + "\n- Yours.\n")
    done = run.update(run.document(FEWER, JOKES, name="second.md"), check=False)
    assert done.returncode == 2
    assert f"{path}: changed by hand" in done.stderr


@pytest.mark.parametrize("options", [(), ("--anyway",)])
def test_what_was_set_aside_and_cannot_be_read_is_named(
    run: UpdatedRun, options: tuple[str, ...]
) -> None:
    path = run.path / "set_aside.jsonl"
    first, *others = RunFolder(run.path).read(SetAside)
    broken = first.model_copy(update={"id": "", "content": first.content | {"id": 7}})
    broken = SetAside.model_validate(broken.model_dump())
    path.write_text("".join(f"{one.model_dump_json()}\n" for one in (broken, *others)))
    before = contents(run.path)
    done = run.update(run.path.parent / "policy.md", "--back", *options, check=False)
    assert done.returncode == 2
    assert f"{path}: record {broken.id}: its content is no record of {first.file}" in done.stderr
    assert contents(run.path) == before
