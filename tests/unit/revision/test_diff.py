"""`specloop diff OLD NEW`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.commands import specloop
from tests.page import HOSTILE, Page

from specloop.errors import InputError
from specloop.public import diff

OLD = """# Shop

## Mail

Keep every e-mail under 80 words.
Never share the password of an account.
Greet the customer by name.
Refunds must be approved by a manager.
"""
NEW = """# Shop

## Mail

Keep every e-mail under 60 words.
Never share the password of an account.
Greet the customer by title.
Refunds must be approved by a manager.
Apologise for delays.
"""


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Path, Path]:
    old, new = tmp_path / "old.md", tmp_path / "new.md"
    old.write_text(OLD)
    new.write_text(NEW)
    return old, new


def test_the_terminal_shows_each_change_with_places_and_marks(versions: tuple[Path, Path]) -> None:
    done = specloop("diff", *versions)
    head, kinds, *rest = done.stdout.splitlines()
    assert "old.md (4 rules)" in head
    assert "100.0% of the old rules found again" in head
    assert "2 kept, 0 moved, 2 reworded, 0 split, 0 merged, 1 new, 0 gone" in kinds
    assert "1 stricter" in kinds
    text = "\n".join(rest)
    assert "5:1 -> 5:1  reworded, stricter" in text
    assert "- Keep every e-mail under [-80-] words." in text
    assert "+ Keep every e-mail under {+60+} words." in text
    assert "9:1  new" in text
    assert "password" not in text


def test_changes_are_chosen_by_kind_and_effect(versions: tuple[Path, Path]) -> None:
    assert "Apologise" in (new := specloop("diff", *versions, "--only", "new").stdout)
    assert "80" not in new
    stricter = specloop("diff", *versions, "--only", "stricter, gone").stdout
    assert "[-80-]" in stricter
    assert "title" not in stricter
    wrong = specloop("diff", *versions, "--only", "reworked", check=False)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "Did you mean 'reworded'?" in wrong.stderr


def test_json_has_texts_places_and_marks(versions: tuple[Path, Path]) -> None:
    data = json.loads(specloop("diff", *versions, "--json").stdout)
    assert data["found_again"] == 1.0
    assert data["kinds"]["reworded"] == 2
    first = data["changes"][0]
    assert first["effect"] == "stricter"
    assert first["old"][0]["place"] == "5:1"
    assert "".join(text for text, _ in first["new_marks"]) == first["new"][0]["text"]
    only = json.loads(specloop("diff", *versions, "--json", "--only", "new").stdout)
    assert [change["kind"] for change in only["changes"]] == ["new"]


def test_the_page_is_one_file_that_runs_nothing_of_the_document(tmp_path: Path) -> None:
    old, new, page = (tmp_path / name for name in ("old.md", "new.md", "page.html"))
    old.write_text(f"# {HOSTILE}\n\nNever say `{HOSTILE}` to a customer.\n")
    new.write_text(f"# {HOSTILE}\n\nNever say `{HOSTILE}` to a guest.\n")
    specloop("diff", old, new, "--page", page)
    read = Page(page.read_text())
    assert read.count("img") == 0
    assert read.count("script") == 2
    (changes, _) = read.scripts
    assert "guest" in changes
    links = [attrs.get(name) or "" for _, attrs in read.elements for name in ("href", "src")]
    assert not [link for link in links if link and not link.startswith("#")]
    refused = specloop("diff", old, new, "--page", tmp_path / "none" / "p.html", check=False)
    assert refused.returncode == 2
    assert "cannot be written" in refused.stderr


def test_another_document_is_said_and_is_no_failure(tmp_path: Path) -> None:
    old, new = tmp_path / "old.md", tmp_path / "new.md"
    old.write_text(OLD)
    new.write_text("# Garden\n\nRoses must be watered.\nNever cut a hedge in spring.\n")
    done = specloop("diff", old, new)
    assert "only 0.0% of the old rules are found again" in done.stdout
    assert "probably another document" in done.stdout
    assert json.loads(specloop("diff", old, new, "--json").stdout)["one_document"] is False


def test_run_folders_are_compared_with_their_edits_in_force(
    versions: tuple[Path, Path], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    specloop("rules", versions[0], "--out", run)
    assert "4 kept" in specloop("diff", versions[0], run).stdout
    rules = run / "rules.yaml"
    rules.write_text(rules.read_text().replace("under 80 words", "under 90 words"))
    edited = specloop("diff", versions[0], run).stdout
    assert "reworded, looser" in edited
    assert "{+90+}" in edited


def test_a_model_judges_and_an_unreadable_reply_leaves_the_wording(
    versions: tuple[Path, Path],
) -> None:
    model = ("--model", "scripted:tests.revision_model.reply")
    done = specloop("diff", *versions, *model)
    assert "reworded, stricter (says the model, 80% sure)" in done.stdout
    assert "\x1b" not in done.stdout
    assert "reworded, other" in done.stdout
    assert "1 changes got no answer" in done.stderr


@pytest.mark.parametrize("name", ["none.md", "empty"])
def test_what_cannot_be_read_ends_with_one_line(versions: tuple[Path, Path], name: str) -> None:
    (versions[0].parent / "empty").mkdir()
    done = specloop("diff", versions[0], versions[0].parent / name, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert name in done.stderr


def test_a_document_without_a_rule_is_compared_too(tmp_path: Path) -> None:
    old, new = tmp_path / "old.md", tmp_path / "new.md"
    old.write_text("A shop.\n")
    new.write_text(OLD)
    done = specloop("diff", old, new)
    assert "4 new" in done.stdout
    assert "another document" not in done.stdout


def test_the_library_gives_the_same_as_rows(versions: tuple[Path, Path]) -> None:
    old, new = versions
    found = diff(old, str(new))
    assert found.as_data() == json.loads(specloop("diff", old, new, "--json").stdout)
    kinds = [row["kind"] for row in found.rows()]
    assert kinds == [one.kind for one in found if one.kind != "kept" or one.differs]
    assert "of the old rules found again" in " ".join(str(found).split())
    assert found.cost.n_calls == 0
    asked = diff(old, new, model="scripted:tests.revision_model.reply")
    assert asked.cost.n_calls > 0
    with pytest.raises(InputError, match="none"):
        diff(old, new.parent / "none.md")
