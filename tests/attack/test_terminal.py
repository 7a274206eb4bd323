"""What strangers write moves no cursor, is no markup, hides nothing and forges no line."""

# pyright: basic
from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import web
from rich.cells import cell_len
from rich.table import Table

from specloop.terminal import console, errors, harmless, results, show, show_json, show_table
from tests.attack.test_keys import KEY
from tests.scripted_server import ScriptedServer

PAYLOADS = {
    "colour": "\x1b[31;1mred",
    "cursor": "\x1b[2J\x1b[H\x1b[1A",
    "title": "\x1b]0;title\x07",
    "clipboard": "\x1b]52;c;aGVsbG8=\x07",
    "link": "\x1b]8;;http://a.test\x1b\\here\x1b]8;;\x1b\\",
    "report": "\x1b[6n\x1b[c\x1bP+q544e\x1b\\",
    "device strings": "\x1bPq\x1b\\\x1b_apc\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\",
    "8-bit": "\x9b31m\x9d0;t\x9c\x90q\x9c\x9fa\x9e\x98\x85",
    "lone": "\x1b\x1bc\x1b(0\x0e\x0f",
    "bell": "\x07\x08\x08\x08\x7f",
    "overwrite": "ok\rspecloop: done",
    "vertical": "a\x0bb\x0cc",
    "forged": "x\nspecloop: done\n\nspecloop: forged",
    "separators": "a\u2028specloop: done\u2029b",
    "bidi": "\u202eevil\u202c \u2066x\u2069 \u200e\u200f\u061c",
    "unseen": "a\u200bb\u200cc\u200dd\u2060e\ufeff\u00ad\u180e\u3164",
    "tags": "".join(chr(0xE0000 + ord(c)) for c in "hidden") + "\U000e0101",
    "markup": "[bold]b[/bold] [/nope] [link=http://a.test]l[/link] [@click=x]y[/] :smile:",
    "stacked": "z\u0335\u0321\u034b\u0310\u0316\u0347\u0330\u0323\u0341\u033d",
    "wide": "日本語 한국어 👩‍👩‍👧 ｆｕｌｌ",
    "halves": "\udcff",
}
ALL = " ".join(PAYLOADS.values())
WELL = ALL.replace("\udcff", "")
NAME = re.sub("[/\n]", "|", ALL)
RICH = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\x1b\[2K|\x1b\[1A|\r(?=\n|\x1b\[2K)")
"""How rich itself colours, and draws a bar anew; a terminal ends lines with a carriage return."""
SHOWN = {"\n", "\t"}


def unsafe(text: str) -> set[str]:
    """Characters of a text that a terminal does not simply draw. Joiners are part of some scripts
    and of emoji."""
    found = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    kept = re.findall("(?<=[^\x00-\x7f])[\u200c\u200d](?=[^\x00-\x7f])", text)
    return found - SHOWN - set(kept)


def check(text: str) -> None:
    plain = RICH.sub("", text)
    assert unsafe(plain) == set(), ascii(plain)
    for line in plain.splitlines():
        assert not line.startswith(("specloop: done", "specloop: forged", "done")), ascii(plain)


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_payload_is_shown_as_text_wherever_it_is_printed(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    text = PAYLOADS[name]
    table = Table(title=text, caption=text)
    table.add_column(text, footer=text)
    table.add_row(text)
    for place in (results, console, errors):
        place.print(f"of {text}", style="bold")
        place.print(table)
    show(f"of {text}")
    show_table(table)
    for said in capfd.readouterr():
        check(said)
    if name == "markup":
        assert harmless(text) == text


def test_json_keeps_what_it_escapes(capfd: pytest.CaptureFixture[str]) -> None:
    show_json({"a": ALL, ALL: [ALL]})
    said = capfd.readouterr().out
    assert not unsafe(said) - {"\u200d"}
    meant = ALL.encode(errors="replace").decode()
    assert json.loads(said) == {"a": meant, meant: [meant]}
    assert all(line[0] in "{} " for line in said.splitlines())


def test_scripts_that_need_joiners_keep_them() -> None:
    for text in ("می‌خواهم", "क्‍ष", "👩‍👩‍👧", "é e\u0301", "שלום", "tab\tand\nline"):
        assert harmless(text) == text


@pytest.mark.parametrize(
    "letter", ["e\u0301", "ก\u0e49", "א\u05b0", "ا\u064b", "क\u0951", "а\u0483"]
)
def test_of_accents_on_a_letter_four_are_shown_in_every_script(
    letter: str, capfd: pytest.CaptureFixture[str]
) -> None:
    base, accent = letter
    assert harmless(f"{base}{accent * 40} é") == f"{base}{accent * 4} é"
    show_json(base + accent * 40)
    assert json.loads(said := capfd.readouterr().out) == base + accent * 40
    assert accent * 5 not in said
    for text in ("שָּׁ֣לוֹם", "น้ำ", "བསྒྲུབས", "العَرَبِيَّةُ", "❤️"):
        assert harmless(text) == text


def test_columns_stand_in_line_whatever_stands_in_them(capfd: pytest.CaptureFixture[str]) -> None:
    table = Table()
    for title in ("text", "n"):
        table.add_column(title)
    for text in PAYLOADS.values():
        table.add_row(text, "1")
    show_table(table)
    lines = capfd.readouterr().out.splitlines()
    assert len({cell_len(line) for line in lines}) == 1


PRELUDE = """
import json, sys
from specloop.cli import main
for args in json.loads(sys.argv[1]):
    sys.argv[1:] = args
    try:
        main()
    except SystemExit:
        pass
"""
LOUD = """
import logging, sys, warnings
text = TEXT
def answer(request):
    warnings.warn(text)
    logging.getLogger("aiohttp").warning(text)
    print(text)
    sys.stderr.write(text)
    raise RuntimeError(text)
"""


class Hostile(ScriptedServer):
    """Puts what moves the cursor into what it says of rules, or into an error."""

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        if body["model"] == "refuses":
            return web.json_response({"error": {"message": ALL}}, status=400)
        text = json.dumps(dict.fromkeys(("type", "family", "reason", "topic"), ALL))
        message = {"role": "assistant", "content": text, "reasoning": ALL}
        return web.json_response({"choices": [{"message": message, "finish_reason": "stop"}]})


def commands(folder: Path, url: str) -> list[list[str]]:
    """One command for each place where a stranger's text is printed."""
    document, toml, hostile = (folder / name for name in ("doc.md", "run.toml", NAME[:60]))
    document.write_text(f"# {ALL}\n\nNever use the word {ALL}.\n", errors="replace")
    quoted = "".join(f"\\U{ord(char):08x}" for char in WELL)
    toml.write_text(f'[roles]\n"{quoted}" = 1\nplanner = "{quoted}"\n')
    hostile.mkdir()
    (folder / "loud.py").write_text(LOUD.replace("TEXT", repr(WELL)))
    run = str(folder / "run")
    of_server = f'{{ model = "openai:MODEL", options = {{ base_url = "{url}" }} }}'
    rules = ["rules", str(document), "--out", run, "--set"]
    return [
        [ALL],
        [f"--{ALL}"],
        ["run", ALL],
        ["run", str(toml)],
        ["run", str(toml), "--max-calls", ALL],
        ["run", str(toml), "--set", ALL],
        ["rules", ALL, "--out", run],
        ["rules", str(document), "--out", run, "--json"],
        ["rules", str(document), "--out", str(hostile)],
        [*rules, f"roles.annotator.model={ALL}"],
        [*rules, "roles.annotator=" + of_server.replace("MODEL", "refuses")],
        [*rules, "roles.annotator=" + of_server.replace("MODEL", "answers")],
        [*rules, 'roles.annotator={ model = "scripted:loud.answer" }'],
        [*rules, "roles.annotator.model=plain"],
        ["eval", run, "--model", f"openai:{ALL}", "--dry-run"],
        ["config", str(hostile)],
        ["cost", str(hostile)],
        ["report", str(hostile)],
        ["models", "fetch", ALL],
        ["strategies", ALL],
    ]


def run_all(folder: Path, args: Sequence[Sequence[str]], *, terminal: bool) -> str:
    """What the commands print, to a terminal or a pipe."""
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join([*sys.path, str(folder)]),
        "OPENAI_API_KEY": KEY,
        "REQUESTS_CA_BUNDLE": ALL,
        "TERM": "xterm-256color",
        "PYTHONIOENCODING": "utf-8",
    }
    command = [sys.executable, "-c", PRELUDE, json.dumps(args)]
    if not terminal:
        done = subprocess.run(command, env=env, capture_output=True, timeout=120, check=False)
        return (done.stdout + done.stderr).decode(errors="surrogateescape")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, env=env, stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    said = b""
    try:
        while chunk := os.read(ours, 1 << 16):
            said += chunk
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.wait(60) == 0
    return said.decode(errors="surrogateescape")


@pytest.mark.parametrize("terminal", [True, False])
def test_commands_print_nothing_but_text(tmp_path: Path, terminal: bool) -> None:
    with Hostile() as server:
        said = run_all(tmp_path, commands(tmp_path, server.url), terminal=terminal)
        assert {body["model"] for body in server.bodies} == {"refuses", "answers"}
    assert said.count("\ufffd") > 100
    assert "[/nope]" in said
    if terminal:
        assert "\x1b[" in said
    else:
        assert "\x1b" not in said
        assert "\r" not in said
    check(said)
