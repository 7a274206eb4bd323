"""A key that a server gives back, in whatever form, is nowhere: no record, cache, page or line."""

# pyright: basic
from __future__ import annotations

import asyncio
import base64
import html
import json
import os
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from aiohttp import web

from specloop.errors import ModelError
from specloop.llm.backends import resolve
from specloop.llm.backends.inspect_ai.replies import failure
from specloop.llm.backends.openai.dialect import Server
from specloop.llm.backends.openai.notes import Note, read_note, write_note
from specloop.llm.base import Request
from specloop.records import Failure, Message
from specloop.scrub import register, register_environment, scrub, scrub_error, scrub_value
from specloop.store import RunFolder
from tests.commands import command
from tests.loop import config
from tests.scripted_server import ScriptedServer, reply_to

KEY = "sk-Planted/0123+456789abcDEF=="


def each(form: Callable[[int], str]) -> Callable[[str], str]:
    return lambda key: "".join(form(ord(char)) for char in key)


def coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


FORMS: dict[str, Callable[[str], str]] = {
    "plain": lambda key: key,
    "bearer": lambda key: f"Bearer {key}",
    "upper case": str.upper,
    "PHP": lambda key: key.replace("/", "\\/"),
    ".NET": lambda key: key.replace("+", "\\u002B"),
    "JSON": each("\\u{:04x}".format),
    "JSON, capitals": each("\\u{:04X}".format),
    "JSON, in part": lambda key: "".join(
        f"\\u{ord(c):04x}" if n % 3 else c for n, c in enumerate(key)
    ),
    "JSON in JSON": lambda key: json.dumps(json.dumps(each("\\u{:04x}".format)(key))),
    "Python": each("\\x{:02x}".format),
    "Python, long": each("\\U{:08x}".format),
    "Perl": each("\\x{{{:x}}}".format),
    "octal": each("\\{:03o}".format),
    "JavaScript": each("\\u{{{:x}}}".format),
    "URL": lambda key: quote(key, safe=""),
    "URL, lower": lambda key: quote(key, safe="").lower(),
    "URL, whole": each("%{:02X}".format),
    "URL, twice": lambda key: quote(quote(key, safe=""), safe=""),
    "URL, old": each("%u{:04x}".format),
    "JSON in a URL": lambda key: quote(each("\\u{:04x}".format)(key)),
    "HTML": each("&#{};".format),
    "HTML, hex": each("&#x{:X};".format),
    "HTML, twice": lambda key: html.escape(each("&#{};".format)(key)),
    "HTML, named": lambda key: (
        key.replace("+", "&plus;").replace("/", "&sol;").replace("=", "&equals;")
    ),
    "base64": coded,
    "base64, bearer": lambda key: coded(f"Bearer {key}"),
    "base64, user": lambda key: coded(f"ann:{key}"),
    "base64, short user": lambda key: coded(f"a:{key}\n"),
    "base64 for URLs": lambda key: base64.urlsafe_b64encode(f"?>{key}".encode()).decode(),
    "base64, wrapped": lambda key: "\n".join(re.findall(".{1,20}", coded(key))),
    "hex": lambda key: key.encode().hex(),
    "hex, spaced": lambda key: key.encode().hex(" ").upper(),
    "wrapped": lambda key: f"{key[:9]}\n    {key[9:]}",
    "wrapped, in JSON": lambda key: json.dumps(f"{key[:9]}\r\n{key[9:]}"),
    "spaced": " ".join,
    "zero-width": "\u200b".join,
    "soft hyphens": "&shy;".join,
    "quoted": lambda key: f"'{key[:8]}' + '{key[8:]}'",
    "reversed": lambda key: key[::-1],
    "cut": lambda key: f"{key[:22]}...",
    "its end": lambda key: f"...{key[-22:]}",
}
KEYS = [
    KEY,
    "abc/def/ghi+jkl012345==",
    "abcdef+ghijkl0123456789==",
    "sk-proj-" + "aB3_dE6-gH9" * 14,
]
PLACEHOLDERS = [
    *("anything", "dummykey", "password123", "development", "Placeholder", "changeme", "CHANGE_ME"),
    *(
        "local-dev-key",
        "not-needed",
        "no-key-required",
        "token-abc123",
        "qwen2.5-7b-instruct",
    ),
    *(
        "1000000000",
        "2147483648",
        "/home/ann/.cache/huggingface/token",
        "http://localhost:8000/v1/",
    ),
    *("<your-api-key>", "${OPENAI_KEY}", "{{ secrets.key }}", "changeme!", "~/.netrc"),
]
"""What stands where a key is expected and is none."""


def test_a_placeholder_is_taken_out_of_what_a_server_says_of_a_call() -> None:
    register("not-needed")
    assert scrub_error("bad key: not-needed") == "bad key: ***"
    assert scrub("A lead is not-needed here.") == "A lead is not-needed here."


def test_a_key_with_a_providers_prefix_is_a_key_however_plain() -> None:
    register("sk-local-dev-key")
    assert scrub("It is sk-local-dev-key.") == "It is ***."


def letters(text: str) -> str:
    return re.sub("[^a-z0-9]", "", text.lower())


def readings(text: str) -> Iterator[str]:
    """The text, and what it says once its escapes are undone, by other means than specloop's."""
    for _ in range(5):
        yield letters(text)
        text = re.sub(r"\\+[nr]", " ", text)
        text = re.sub(
            r"(?:\\+|%)[ux]\{?0*([0-9a-fA-F]{2})\}?|\\+U0*([0-9a-fA-F]{2})",
            lambda found: chr(int(found[1] or found[2], 16)),
            text,
        )
        text = re.sub(r"\\+([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
        text = html.unescape(unquote(text))


def tells(text: str, key: str = KEY) -> bool:
    """Whether the key, or half of it, can be read out of the text."""
    core = letters(key)
    wanted = {core[:16], core[-16:], core[::-1], key.encode().hex()}
    wanted |= {letters(coded("x" * n + key)[4:-4]) for n in range(3)}
    return any(one in reading for reading in readings(text) for one in wanted)


@pytest.mark.parametrize("name", FORMS)
def test_a_key_is_taken_out_in_every_form(name: str) -> None:
    for key in KEYS:
        register(key)
        told = f'{{"message": "Bad key: {FORMS[name](key)} of you"}}'
        assert tells(told, key)
        said = scrub(told)
        assert not tells(said, key), said
        assert said.startswith('{"message": "Bad key: ')
        assert said.endswith(' of you"}')


def test_a_key_in_a_long_text_is_found_at_every_place() -> None:
    register(KEY)
    for n in (0, 99_990, 100_000, 250_000):
        assert scrub("x " * (n // 2) + FORMS["JSON"](KEY)).endswith("***\\u003d\\u003d")


def test_ordinary_text_stays_as_it_is() -> None:
    for key in ("x", "EMPTY", "none", "sk-test", "token", "password", "garden-policy", *KEYS):
        register(key)
    for key in PLACEHOLDERS:
        register(key)
    texts = [path.read_text() for path in Path("tests/data").iterdir() if path.is_file()]
    texts += [path.read_text() for path in sorted(Path("docs").glob("*.md"))]
    texts += [
        "x EMPTY none sk-test token",
        "sk-proj- is how such keys begin",
        coded("some text " * 9),
        *PLACEHOLDERS,
    ]
    for text in texts:
        assert scrub(text).replace("***", "password") == text


def test_a_short_key_is_taken_out_as_what_it_is_sent_as() -> None:
    register("hunter2")
    assert scrub("who is hunter2? Bearer hunter2") == "who is hunter2? ***"


def test_words_as_a_key_are_taken_out_as_they_are_written() -> None:
    register("correct-horse-battery")
    assert scrub("a correct horse, battery included") == "a correct horse, battery included"
    assert scrub(r'{"a": "correct\u002dhorse\u002dbattery"}') == '{"a": "***"}'


def test_a_value_stays_json_though_its_texts_share_a_key() -> None:
    register(KEY)
    told = {"a": [f"x {KEY} y", [KEY]], KEY: 1}
    assert scrub_value(told) == {"a": ["x ***== y", ["***=="]], "***==": 1}


def test_files_of_json_stay_json_where_names_and_texts_make_up_a_key(tmp_path: Path) -> None:
    register("api-keyhf0123456789abcdef")
    folder = RunFolder(tmp_path / "run", create=True)
    folder.note(config={"api-key": "hf0123456789abcdef", "of": "api-keyhf0123456789abcdef"})
    assert folder.manifest()["config"] == {"api-key": "***", "of": "***"}


class Echo(ScriptedServer):
    """Gives the key back: in answers, thoughts, errors, headers and reason phrases."""

    def __init__(self) -> None:
        super().__init__()
        self.forms = list(FORMS.values())

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.bodies.append(body)
        key = request.headers["Authorization"].removeprefix("Bearer ")
        n = len(self.bodies)
        told = self.forms[n % len(self.forms)](key)
        if n % 9 == 5:
            return _refusal(n // 9, told, key)
        message: dict[str, Any] = {"role": "assistant", "content": _said(body, told)}
        message["reasoning_content"] = f"The key is {told}"
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 20, "completion_tokens": 9, "note": told}
        answer = {"model": told, "id": told, "choices": [choice], "usage": usage}
        return web.json_response(answer, headers={"X-Key": quote(told)})


def _said(body: dict[str, Any], told: str) -> str:
    text = reply_to(body)
    if "response_format" not in body:
        return f"{text} {told}"
    return json.dumps(json.loads(text, object_hook=lambda found: _planted(found, told)))


def _planted(found: dict[str, Any], told: str) -> dict[str, Any]:
    said = {"reason", "text", "message", "messages"}
    return {k: f"{v} {told}" if k in said and isinstance(v, str) else v for k, v in found.items()}


def _refusal(n: int, told: str, key: str) -> web.Response:
    safe = quote(key, safe="")
    return [
        lambda: web.Response(status=400, body=json.dumps({"error": {"message": f"bad {told}"}})),
        lambda: web.Response(status=422, text=f'{{"detail": "bad {told}"}}'),
        lambda: web.Response(status=302, headers={"Location": f"http://a.test/?k={safe}"}),
        lambda: web.Response(status=403, reason=f"Bad key {key}", text=told),
        lambda: web.Response(status=200, text=f"no JSON: {told}"),
        lambda: web.json_response({"error": {"message": f"quota of {told}", "code": 402}}),
        lambda: web.json_response({"error": f"failed for {told}"}),
    ][n % 7]()


def held(folder: Path) -> Iterator[tuple[str, str]]:
    """Everything in a folder as text, the values of databases too."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        yield path.name, path.name
        yield path.name, path.read_bytes().decode("latin1")
        if path.suffix == ".sqlite":
            db = sqlite3.connect(path)
            for (table,) in db.execute("select name from sqlite_master where type='table'"):
                yield path.name, repr(db.execute(f"select * from {table}").fetchall())
            db.close()


def run_with_key(
    args: list[object], home: Path, key: str = KEY
) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"OPENAI_API_KEY": key, "SPECLOOP_CACHE": str(home / "cache")}
    return subprocess.run(
        command(*args), capture_output=True, text=True, timeout=300, check=False, env=env
    )


@pytest.mark.slow
def test_a_run_over_a_server_that_gives_the_key_back_keeps_it_nowhere(tmp_path: Path) -> None:
    run, shown = tmp_path / "run", []
    with Echo() as server:
        toml = config(tmp_path, server)
        text = toml.read_text() + "max_failures = 1.0\n"
        text = text.replace("[synthesis]\n", "[synthesis]\nmax_failures = 1.0\n")
        quick = f'base_url = "{server.url}", retry = {{ attempts = 2, base_s = 0.001 }}'
        toml.write_text(text.replace(f'base_url = "{server.url}"', quick))
        # A refusal of a stage's first call ends the command: it then goes on.
        to_pairs = ("run", toml, "--out", run, "--until", "pairs")
        for args in (
            *[to_pairs] * 3,
            ("eval", run, "--json"),
            ("report", run),
        ):
            done = run_with_key(list(args), tmp_path)
            assert "Traceback" not in done.stderr
            shown += [("stdout", done.stdout), ("stderr", done.stderr)]
        assert len(server.bodies) > 2 * len(FORMS)
    reasons = "".join(one.reason for one in RunFolder(run).read(Failure))
    assert all(f"HTTP {n}" in reasons for n in (302, 400, 402, 403, 422)), reasons
    assert "***" in reasons
    assert "***" in (run / "answers.jsonl").read_text()
    shown += held(tmp_path)
    assert {"report.html", "calls.sqlite", "manifest.json", "pairs.jsonl"} <= {n for n, _ in shown}
    assert [name for name, said in shown if tells(said)] == []


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/9.9 %s\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Key %s\r\n\r\n",
        b"HTTP/1.1 307 %s\r\nLocation: //%s/?\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\n%.5s",
    ],
)
async def test_what_the_http_library_says_of_an_answer_is_without_the_key(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent.replace(b"%s", KEY.encode()).replace(b"%.5s", KEY[:5].encode()))
        await writer.drain()
        writer.close()

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as running:
        port = running.sockets[0].getsockname()[1]
        model = resolve("openai:m", base_url=f"http://127.0.0.1:{port}/v1", server="unknown")
        with pytest.raises(ModelError) as caught:
            await model.generate(Request(messages=(Message(role="user", content="x"),)))
        await model.aclose()
    assert not tells(f"{caught.value!r} {caught.value.__cause__!r}")


@pytest.mark.parametrize("name", FORMS)
def test_what_a_providers_library_says_is_without_the_keys_it_reads_itself(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_PROVIDER_API_KEY", KEY)
    register_environment()
    said = failure("inspect:p/m", RuntimeError(f"HTTP 401 for {FORMS[name](KEY)}"))
    assert not tells(str(said))


def test_what_is_remembered_of_a_server_is_without_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPECLOOP_CACHE", str(tmp_path))
    register(KEY)
    write_note("http://a/v1 m", Note(server=Server(parameters=(FORMS["JSON"](KEY), "seed"))))
    note = read_note("http://a/v1 m")
    assert note is not None
    assert note.server.parameters == ("***\\u003d\\u003d", "seed")
