"""Every option there is, fed with values that nobody means: taken as they are, or refused in one
line, and never noted as something else.

The options are found by looking at the tables, so a new one is covered by itself.
"""

# pyright: basic
from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from specloop.attacks import attacks
from specloop.checks import checks
from specloop.config import Config, ConfigDraft, build
from specloop.config.families import Family
from specloop.config.faults import table_in
from specloop.config.roles import Roles
from specloop.errors import InputError, ModelError, SpecloopError
from specloop.judges import judges
from specloop.llm.backends import backends, check_model, read_options, resolve
from specloop.llm.calls.retry import RetryPolicy
from specloop.llm.roles import RoleModel
from specloop.methods import methods
from specloop.pairings import pairings
from specloop.registry import Registry
from specloop.scorers import scorers
from specloop.trainers import trainers
from tests.commands import specloop

ODD = (
    *("inf", "-inf", "nan", "-1", "0", "1e308", "-0.5", "2", "9223372036854775808"),
    *("1" + "0" * 400, "1" + "0" * 5000, "true", '""', "[]", "{}", '[""]', "[inf]", "{ a = nan }"),
    *("2026-01-01", "00:00:01", "[[[[]]]]", '"a\\nb"', '"\\u0000\\u001b[31m"', '"\\u2028"'),
    *('"' + "x" * 4000 + '"', "[" * 3000, "not a value", '{ "a\\nb" = 1 }', "[{ name = inf }]"),
)
"""As TOML has them, where it takes them."""


def leaves(kind: type[BaseModel], place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every option of a table, by its dotted parts."""
    for name, field in kind.model_fields.items():
        inner = table_in(field.annotation)
        for family in (f for f in field.metadata if isinstance(f, Family) and f.usual):
            yield from ((*place, name, option) for option in family.options({}))
        if inner is None:
            yield (*place, name)
        elif get_origin(field.annotation) is dict:
            yield from leaves(inner, (*place, name, "m"))
        else:
            yield (*place, name)
            yield from leaves(inner, (*place, name))


PRICES = "prices.m={ input = 1, output = 2 }"
_ROLES = {f"roles.{name}" for name in Roles.model_fields} - {"roles.target", "roles.judge"}
KEYS = sorted(
    key
    for key in {".".join(place) for place in leaves(Config)}
    if ".".join(key.split(".")[:2]) not in _ROLES  # Roles have the same options.
)


def is_one_clear_line(error: Exception, *names: str) -> None:
    said = str(error)
    assert len(said.splitlines()) == 1, said
    assert len(said) < 1000, said
    assert all(name in said for name in names), said
    assert said.isprintable(), repr(said)


def test_the_options_are_found() -> None:
    assert len(KEYS) > 120
    assert {"roles.judge.options", "train.beta", "prices.m.input", "limits.grace_s"} <= set(KEYS)


@pytest.mark.parametrize("value", ODD, ids=lambda text: text[:20])
def test_a_value_is_kept_as_it_is_or_refused_in_one_line(value: str) -> None:
    taken = 0
    for key in KEYS:
        try:
            told = ConfigDraft.of().set([PRICES, f"{key}={value}"]).built().config
        except InputError as error:
            # Two that do not go together are told by their table.
            for line in str(error).splitlines():
                is_one_clear_line(InputError(line), "--set: ", key.rpartition(".")[0])
            continue
        taken += 1
        noted = json.loads(json.dumps(told.model_dump(mode="json"), allow_nan=False))
        again = build(Config, noted, "manifest")
        assert again.model_dump(mode="json") == noted, key
    assert taken < len(KEYS)


def strategies() -> Iterator[tuple[Registry[Any], str]]:
    families = (attacks, checks, judges, methods, pairings, scorers)
    for family in (*families, trainers):
        for name in family.names():
            yield family, name


def required(family: Registry[Any], name: str) -> dict[str, Any]:
    """Values for the options that a strategy cannot do without."""
    usual: dict[str, Any] = {}
    for option, field in family.get(name).model_fields.items():
        if field.is_required():
            some = ("x", ("x",), (), *get_args(field.annotation))
            usual[option] = next(one for one in some if _fits(field.annotation, one))
    return usual


def _fits(annotation: Any, value: object) -> bool:
    try:
        return TypeAdapter(annotation).validate_python(value, strict=True) == value
    except ValidationError:
        return False


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, -1, 10**400, "", [], {}, None])
def test_a_strategys_option_is_taken_or_refused_in_one_line(value: object) -> None:
    n = 0
    for family, name in strategies():
        usual = required(family, name)
        for option in set(family.get(name).model_fields) - {"name"}:
            n += 1
            try:
                built = family.build({"name": name, **usual, option: value})
            except InputError as error:
                inside = str(error).startswith("no ")  # The name of another strategy.
                is_one_clear_line(error, *(() if inside else (name, option)))
                continue
            json.loads(built.model_dump_json())
            told = json.dumps(built.model_dump(mode="json"), allow_nan=False)
            assert family.get(name).model_validate_json(told) == built, (name, option)
    assert n > 20


VALUES = (math.inf, -math.inf, math.nan, -1, 0, 1e308, 10**400, True, "", "a\nb", [], {}, None, "x")


@pytest.mark.parametrize("backend", backends.names())
def test_a_backends_option_is_taken_or_refused_in_one_line(backend: str) -> None:
    kind = backends.get(backend)
    nested = [f"retry.{name}" for name in RetryPolicy._fields] if backend == "openai" else []
    for option in (*kind.model_fields, *nested):
        for value in VALUES:
            first, _, inner = option.partition(".")
            options: dict[str, Any] = {first: {inner: value} if inner else value}
            try:
                taken = read_options(kind, "m", options).model_dump().values()
                assert all(one is None or one == one for one in taken)
                assert math.inf not in taken, option
                if backend == "openai":
                    resolve("openai:m", **options)
            except InputError as error:
                is_one_clear_line(error, option)


def test_a_backends_unknown_option_is_named_and_no_function() -> None:
    names = {"embedded": "x.gguf", "hf": "x", "openai": "m", "scripted": "json.dumps"}
    assert {*names, "inspect"} == set(backends.names())
    for backend, rest in names.items():
        said = f"^{backend}:{rest}: it has no option 'contxt'"
        with pytest.raises(InputError, match=said) as caught:
            resolve(f"{backend}:{rest}", contxt=1)
        is_one_clear_line(caught.value, "contxt")


@pytest.mark.parametrize(
    "options",
    [
        {"extra_body": {"messages": []}, "omit": ["messages"]},
        {"extra_body": {"messages": [{"role": "user", "content": "Say yes."}]}},
        {"extra_body": {"stream": True}},
        {"omit": ["prompt"]},
    ],
)
def test_what_each_call_sets_itself_is_no_option(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="is set by each call itself") as caught:
        resolve("openai:m", base_url="http://127.0.0.1:1/v1", **options)
    is_one_clear_line(caught.value, "extra_body")


@pytest.mark.parametrize("prefix", ["openai", "hf", "embedded", "inspect", "scripted", "none"])
def test_a_name_that_names_no_model_is_refused_in_one_line(prefix: str) -> None:
    for rest in ("x" * 300, "/".join(["x" * 200] * 4), "..", "/", "\u00e9", "a:b", " "):
        with contextlib.suppress(SpecloopError):
            check_model(f"{prefix}:{rest}")
    for text in ("x" * 1001, "x\\ny", "x\\u2028y", "x\\u0000"):
        with pytest.raises(InputError) as caught:
            ConfigDraft.of().set([f'roles.judge.model="{prefix}:{text}"']).built()
        is_one_clear_line(caught.value, "roles.judge.model")


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000/v1",
        "file:///etc/passwd",
        "ftp://127.0.0.1/v1",
        "http://",
        "http:///v1",
        "http://[::1/v1",
        "http://127.0.0.1:99999/v1",
        "http://127.0.0.1:port/v1",
        "http://a b/v1",
        "http://127.0.0.1/v 1",
        "http://127.0.0.1/v1\r\nX-More: 1",
        "http://127.0.0.1/v1\0",
        "http://a..b/v1",
        "http://xn--/v1",
        "http://xn--a/v1",
        f"http://{'a' * 64}.test/v1",
        "http://127.0.0.1/v1?api-version=3",
        "http://127.0.0.1/v1#part",
        "http:\\\\127.0.0.1\\v1",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    for options in ({"base_url": url}, {"base_urls": [url]}, {"base_urls": [{"url": url}]}):
        with pytest.raises(InputError) as caught:
            resolve("openai:m", **options)
        is_one_clear_line(caught.value, "openai:m", "base_url must be like")


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1]:8000/v1",
        " http://127.0.0.1:1/v1/ ",
        "http://b\u00fccher.test/v1",
        "HTTP://A/v1",
    ],
)
def test_an_address_that_is_one_is_taken(url: str) -> None:
    assert resolve("openai:m", base_url=url).status()


@pytest.mark.parametrize(
    "key", ["sk-abc\ndef", "sk-abc\r\nX: 1", "sk-\u00e4bc", "sk-\x7f", "sk\tab"]
)
def test_a_key_that_no_header_can_hold_is_refused_and_not_shown(
    key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    (tmp_path / "document.md").write_text("# Rules\n\n- Never shout.\n- Keep to 40 words.\n")
    out = tmp_path / "out"
    sets = ("--set", "roles.annotator.model=openai:m")
    done = specloop("rules", tmp_path / "document.md", "--out", out, *sets, check=False)
    assert done.returncode == 2
    assert "OPENAI_API_KEY holds a character that stands in no key" in done.stderr
    assert key not in done.stderr
    assert not out.exists()


@pytest.mark.parametrize("key", ["", "  ", " sk-abcdefgh\n", "two words"])
def test_a_key_with_blanks_around_it_is_taken(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    assert resolve("openai:m", base_url="http://127.0.0.1:1/v1").status()


@pytest.mark.parametrize("top_k", [-1, 0, 5])
def test_top_k_of_minus_one_is_off(top_k: int) -> None:
    role = ConfigDraft.of().set([f"roles.judge.top_k={top_k}"]).built().config.roles.judge
    sampling = RoleModel(resolve("openai:m", base_url="http://127.0.0.1:1/v1"), role).sampling(
        0, 10
    )
    assert sampling.top_k == max(0, top_k)
    bench = ConfigDraft.of().set([f"specbench.top_k={top_k}"]).built().config.specbench
    assert bench.top_k == max(0, top_k)


def test_an_option_of_a_model_or_strategy_is_never_noted_as_null(tmp_path: Path) -> None:
    for item in (
        "roles.judge.options={ timeout_s = inf }",
        "roles.judge.options.extra_body.min_p=nan",
        "roles.judge.options.extra_body.deep=[{ a = [-inf] }]",
        "specbench.methods=[{ name = 'best_of_n', n = inf }]",
        "specbench.judge={ name = 'joint', chunk = nan }",
        "synthesis.pairing={ name = 'minimal', since = 2026-01-01 }",
        "roles.annotator.temperature=inf",
    ):
        (tmp_path / "document.md").write_text("# Rules\n\n- Never shout.\n")
        out = tmp_path / "out"
        done = specloop("rules", tmp_path / "document.md", "--out", out, "--set", item, check=False)
        assert done.returncode == 2, item
        assert item.partition("=")[0] in done.stderr.replace("\n", "")
        assert not out.exists()


def test_the_spending_options_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "document.md").write_text("# Rules\n\n- Never shout.\n")
    run = tmp_path / "out"
    specloop("rules", tmp_path / "document.md", "--out", run)
    for option in ("--max-cost", "--max-calls", "--max-tokens"):
        for value in ("-1", "0", *(("inf", "nan", "-inf") if option == "--max-cost" else ())):
            with pytest.raises(InputError) as caught:
                specloop("instances", run, f"{option}={value}")
            is_one_clear_line(caught.value, option[2:].replace("-", "_"), "command line")


@pytest.mark.parametrize(
    "proxy", ["nonsense", "proxy:3128", "ftp://a", "socks5://a:1", "http://a:99999", "http://[::1"]
)
async def test_a_proxy_that_is_no_address_is_told(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "localhost")
    with pytest.raises(InputError) as caught:
        await resolve("openai:m", base_url="http://127.0.0.1:1/v1").aopen()
    is_one_clear_line(caught.value, "http_proxy", "no_proxy")
    near = resolve("openai:m", base_url="http://localhost:1/v1")
    with pytest.raises(ModelError, match="no server answers"):
        await near.aopen()


def test_a_name_that_is_not_utf_8_is_refused_with_what_to_do() -> None:
    with pytest.raises(InputError, match="rename a file whose name is not"):
        ConfigDraft.of().set(["document.path=p\udcff.md"]).built()
