"""How findings are chosen, suppressed, shown and handed to other tools."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.commands import here, specloop
from tests.lint_documents import DATA, linted

from specloop.errors import InputError
from specloop.linting.base import lints
from specloop.linting.run import as_remarks

CLASH = "# Policy\n\n- Never use emojis.\n\n{}- Always use emojis.\n"


def codes(text: str) -> list[str]:
    return [finding.code for finding in linted(text).findings if finding.code != "RULE-COUNT"]


def test_a_comment_suppresses_up_to_the_next_empty_line() -> None:
    assert codes(CLASH.format("")) == ["CONFLICT-NEGATION"]
    comment = "<!-- specloop-lint: ignore CONFLICT-NEGATION -->\n"
    assert codes(CLASH.format(comment)) == []
    assert (
        codes(CLASH.format(f"{comment}\n- Greet.\n\n")) == ["DIRECTIVE", "CONFLICT-NEGATION"][::-1]
    )


def test_a_comment_before_a_heading_suppresses_in_its_section() -> None:
    text = (
        "# P\n\n- Never lie.\n\n{}\n## B\n\nHi there.\n\n### C\n\n- Always lie.\n\n## D\n\n- Do.\n"
    )
    assert codes(text.format("")) == ["CONFLICT-NEGATION"]
    assert codes(text.format("<!-- specloop-lint: ignore conflict -->\n")) == []


def test_a_comment_for_the_document_and_a_group_of_codes() -> None:
    text = CLASH.format("") + "\n<!-- specloop-lint: ignore-document CONFLICT, VAGUE -->\n"
    assert codes(text) == []


@pytest.mark.parametrize(
    ("comment", "severity"),
    [("ignore NO-SUCH", "warning"), ("ignroe VAGUE", "warning"), ("ignore VAGUE", "info")],
)
def test_a_comment_that_cannot_suppress_is_reported(comment: str, severity: str) -> None:
    report = linted(f"# P\n\n<!-- specloop-lint: {comment} -->\n\n- Never lie.\n")
    (finding,) = (one for one in report.findings if one.code == "DIRECTIVE")
    assert finding.severity == severity


def test_a_comment_in_code_suppresses_nothing() -> None:
    text = "```\n<!-- specloop-lint: ignore-document CONFLICT -->\n```\n\n"
    assert codes(CLASH.format(text)) == ["CONFLICT-NEGATION"]


def test_text_shows_both_lines_with_carets(tmp_path: Path) -> None:
    path = tmp_path / "p.md"
    path.write_text("# Ä\n\n\t- Ü\n\n日本. **Never use emojis.**\n\nAlways use emojis.\n", "utf-8")
    said = specloop("lint", path, "--select", "CONFLICT", check=False)
    assert said.returncode == 1
    lines = said.stdout.splitlines()
    assert lines[0] == f"{path}:5:5: error CONFLICT-NEGATION: what one asks for the other forbids"
    assert lines[1] == "     5 | 日本. **Never use emojis.**"
    assert lines[2].index("^") == 9 + 6
    assert lines[3].endswith(":7:1: against this")
    assert "help: " in lines[6]


def test_text_from_the_document_does_not_reach_the_terminal_as_control(tmp_path: Path) -> None:
    path = tmp_path / "p.md"
    path.write_text("# A\n\n- Never use \x1b[31memojis.\n- Use \x1b[31memojis.\n", "utf-8")
    for form in ("text", "json", "sarif", "github"):
        assert "\x1b" not in specloop("lint", path, "--format", form, check=False).stdout


def test_json_has_places_in_code_points(tmp_path: Path) -> None:
    path = tmp_path / "p.md"
    path.write_bytes("# A\r\n\r\n- 😀 Never use emojis.\r\n- Always use emojis.\r\n".encode())
    data = json.loads(here_failing("lint", path, "--format", "json", "--select", "CONFLICT"))
    (document,) = data["documents"]
    (finding,) = document["findings"]
    assert finding["code"] == "CONFLICT-NEGATION"
    assert finding["severity"] == "error"
    assert [(p["line"], p["column"]) for p in finding["places"]] == [(3, 3), (4, 3)]
    assert finding["places"][1]["quote"] == "Always use emojis."
    assert finding["places"][1]["end_column"] == 3 + len("Always use emojis.")


def here_failing(*args: object) -> str:
    """What a command that finds something prints."""
    done = specloop(*args, check=False)
    assert done.returncode == 1
    return done.stdout


def test_sarif_is_what_readers_of_sarif_need() -> None:
    data = json.loads(here_failing("lint", DATA / "planted.md", "--format", "sarif"))
    assert data["version"] == "2.1.0"
    assert data["$schema"].endswith("sarif-2.1.0.json")
    (run,) = data["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == lints.names()
    assert all(rule["shortDescription"]["text"] and rule["help"]["text"] for rule in rules)
    assert run["results"]
    for result in run["results"]:
        _check_result(result, rules)


def _check_result(result: dict[str, Any], rules: list[dict[str, Any]]) -> None:
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["level"] in ("error", "warning", "note")
    assert result["message"]["text"]
    assert re.fullmatch(r"[0-9a-f]{32}", result["partialFingerprints"]["words/v1"])
    related = result.get("relatedLocations", [])
    assert [one["id"] for one in related] == list(range(1, len(related) + 1))
    for location in (*result["locations"], *related):
        physical = location["physicalLocation"]
        assert re.fullmatch(r"[\w./%~-]+", physical["artifactLocation"]["uri"])
        region = physical["region"]
        start, end = (region[f"{edge}Line"] for edge in ("start", "end"))
        assert 1 <= start <= end
        assert region["startColumn"] >= 1
        assert start < end or region["startColumn"] <= region["endColumn"]


def test_workflow_commands_cannot_be_broken_out_of(tmp_path: Path) -> None:
    path = tmp_path / "a,b:c%.md"
    path.write_text("# A\n\nNever use\n::error::100% emojis.\n\nUse\n::error::100% emojis.\n")
    lines = specloop("lint", path, "--format", "github", check=False).stdout.splitlines()
    assert lines
    for line in lines:
        facts, _, message = line.removeprefix("::").partition("::")
        assert re.match(r"(error|warning|notice) file=[^,:]*a%2Cb%3Ac%25\.md,line=\d+,", facts)
        assert "\r" not in message


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 1),
        (("--fail-on", "never"), 0),
        (("--ignore", "CONFLICT"), 0),
        (("--ignore", "CONFLICT", "--fail-on", "info"), 1),
        (("--select", "VAGUE"), 0),
        (("--select", "NOTHING"), 2),
        (("--ignore", "CONFLICT-NUMBRE"), 2),
    ],
)
def test_exit_codes(tmp_path: Path, options: tuple[str, ...], code: int) -> None:
    path = tmp_path / "p.md"
    path.write_text(CLASH.format(""))
    assert specloop("lint", path, *options, check=False).returncode == code


def test_bad_input_is_two_and_names_the_remedy(tmp_path: Path) -> None:
    for args in ((), (tmp_path / "absent.md",), (tmp_path,)):
        assert specloop("lint", *args, check=False).returncode == 2
    with pytest.raises(InputError, match="Did you mean 'CONFLICT-NUMBER'"):
        here("lint", DATA / "planted.md", "--select", "CONFLICT-NUMBRE")


def test_explain_prints_a_page_for_each_code() -> None:
    listed = here("lint", "--explain", "all")
    for code in lints.names():
        page = here("lint", "--explain", code.lower())
        assert page.startswith(f"{code} (")
        assert "What to do:" in page
        assert f"ignore {code} -->" in page
        assert code in listed
    assert "CONFLICT-OPPOSITE" in here("lint", "--explain", "CONFLICT")


def test_remarks_of_a_run_name_rules_or_sections() -> None:
    report = linted(CLASH.format("") + "\n## Story\n\n" + "It was long ago. " * 10)
    remarks = {one["kind"]: one for one in as_remarks(report)}
    known = {rule.id for rule in report.document.rules}
    assert set(remarks["CONFLICT-NEGATION"]["rules"]) == known
    assert (
        "'Never use emojis.' against 'Always use emojis.'"
        in remarks["CONFLICT-NEGATION"]["message"]
    )
    assert remarks["NO-RULE"]["rules"] == [report.document.parts[-1].section.id]
