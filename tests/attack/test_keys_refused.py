"""A key in a configuration is refused before anything is written or shown."""

# pyright: basic
from __future__ import annotations

import json
from pathlib import Path

import pytest

from specloop.config import ConfigDraft
from specloop.errors import InputError
from specloop.llm.backends import resolve
from specloop.manifest import FORM
from specloop.store import RunFolder
from specloop.terminal import errors
from tests.attack.test_keys import tells
from tests.commands import Done, specloop

REFUSED = {
    "option": ('api_key = "SECRET"', "api_key"),
    "header": (
        'extra_headers = { Authorization = "Bearer SECRET" }',
        "extra_headers.Authorization",
    ),
    "other header": (
        'extra_body = { headers = { "X-Api-Key" = "SECRET" } }',
        "extra_body.headers.X-Api-Key",
    ),
    "any field": ('extra_body = { note = ["Bearer SECRET"] }', "extra_body.note.0"),
    "camel case": ('extra_body = { clientSecret = "SECRET" }', "extra_body.clientSecret"),
    "variable": ('api_key_env = "SECRET"', "api_key_env"),
    "variable of one of several": (
        'base_urls = [{ url = "http://127.0.0.1:1/v1", api_key_env = "SECRET" }]',
        "base_urls.0.api_key_env",
    ),
    "password": ('base_url = "http://ann:SECRET@127.0.0.1:1/v1"', "base_url"),
    "user": ('base_url = "http://SECRET@127.0.0.1:1/v1"', "base_url"),
    "query": ('base_url = "http://127.0.0.1:1/v1?api_key=SECRET"', "base_url"),
    "query of Google": ('base_url = "http://127.0.0.1:1/v1?v=1&key=SECRET"', "base_url"),
    "path": ('base_url = "http://127.0.0.1:1/SECRET/v1"', "base_url"),
    "fragment": ('base_url = "http://127.0.0.1:1/v1#SECRET"', "base_url"),
    "short name": ('extra_body = { pwd = "SECRET" }', "extra_body.pwd"),
    "spaced name": ('extra_body = { "api key" = "SECRET" }', 'extra_body."api key"'),
    "several": ('base_urls = ["http://127.0.0.1:1/v1?access_token=SECRET"]', "base_urls.0"),
}
TYPED = ["hf_AbCdEfGh01234567890aBcDeF", "sk-ant-api03-0123456789abcdefGHIJ"]


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("key", TYPED)
def test_a_key_in_a_configuration_is_refused_before_anything_is_written(
    kind: str, key: str, tmp_path: Path
) -> None:
    options, place = REFUSED[kind]
    run, toml = tmp_path / "run", tmp_path / "run.toml"
    option = options.replace("SECRET", key)
    toml.write_text(f'[roles]\njudge = {{ model = "openai:m", options = {{ {option} }} }}\n')
    named, _, value = option.partition(" = ")
    given = f"roles.judge.options.{named}={value}"
    more = ("--set", "roles.judge.model=openai:m", "--set", given)
    for args in (
        ("run", toml, "--out", run),
        ("run", toml, "--out", run, "--dry-run", "--json"),
        ("rules", "tests/data/shop_policy.md", "--out", run, *more),
    ):
        done = here(*args)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"judge.options.{place}: " in done.stderr
        assert "environment variable" in done.stderr
        assert not tells(done.stderr, key)
        assert not run.exists()


def here(*args: object) -> Done:
    """A command of this process; nothing it does is undone."""
    with errors.capture() as wrong:
        done = specloop(*args, check=False)
    return done._replace(stderr=done.stderr + wrong.get())


def test_a_manifest_that_holds_a_key_is_not_shown_and_not_gone_on_with(tmp_path: Path) -> None:
    roles = {"judge": {"model": "openai:m", "options": {"api_key": TYPED[0]}}}
    folder = RunFolder(tmp_path / "run", create=True)
    (folder / "manifest.json").write_text(json.dumps({"form": FORM, "config": {"roles": roles}}))
    for args in (("config",), ("config", "--json"), ("rules", "--out"), ("eval", "--dry-run")):
        document = ("tests/data/shop_policy.md",) if args[0] == "rules" else ()
        done = here(args[0], *document, *args[1:], folder.path)
        assert done.returncode == 2
        assert "api_key: " in done.stderr
        assert not tells(done.stdout + done.stderr, TYPED[0])


@pytest.mark.parametrize("text", ["ann:hunter2hunter2@127.0.0.1/v1", "http://a b/v1?key=hunter2"])
def test_an_address_that_cannot_be_read_is_not_shown_with_its_secrets(text: str) -> None:
    with pytest.raises(InputError, match="base_url") as caught:
        resolve("openai:m", base_url=text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("key", TYPED)
def test_a_key_in_place_of_a_variable_is_refused_by_the_backend(key: str) -> None:
    with pytest.raises(InputError, match="api_key_env") as caught:
        resolve("openai:m", base_url="http://127.0.0.1:1/v1", api_key_env=key)
    assert not tells(str(caught.value), key)


@pytest.mark.parametrize(
    "item", ["roles.judge.model=openai:{}", "roles.judge.options.{}=1", "{}=1", "prices.{}.input=1"]
)
@pytest.mark.parametrize("key", [*TYPED, "r8_0aB1cD2eF3gH4iJ5kL6mN7", "csk-0aB1cD2eF3gH4iJ5kL6mN7"])
def test_a_key_in_place_of_a_name_is_refused_and_not_shown(
    item: str, key: str, tmp_path: Path
) -> None:
    given = ("--set", "roles.judge.model=openai:m", "--set", item.format(key))
    done = here("rules", "tests/data/shop_policy.md", "--out", tmp_path / "run", *given)
    assert done.returncode == 2
    assert "a secret must not stand in a configuration" in done.stderr
    assert not tells(done.stderr, key)
    assert not (tmp_path / "run").exists()


ALLOWED = [
    'roles.judge.options.api_key_env="MISTRAL_API_KEY_2"',
    'roles.judge.options.api_key_env="router_key"',
    'roles.judge.options.base_url="https://x.openai.azure.com/v1?api-version=2024-10-21"',
    'roles.judge.options.extra_body={ max_tokens = 5, user = "ann@a.test" }',
    'roles.judge.model="openai:gpt-4.1-mini-2025-04-14-some-long-name"',
    'roles.judge.model="openai:hf-internal/sk-learn-assistant-0123456789"',
    'roles.judge.model="openai:ft:gpt-4o-mini-2024-07-18:acme:suffix:9ABcDeFg"',
    'roles.judge.options.base_url="http://h/openai/deployments/gpt-4o-2024-08-06/"',
    'document.path="/srv/sk-docs/task-force-2024-risk-assessment-policy.md"',
    'document.path="/home/ann@work/basic 2024/policy.md"',
]


@pytest.mark.parametrize("item", ALLOWED)
def test_what_only_looks_a_little_like_a_secret_is_taken(item: str) -> None:
    assert ConfigDraft.of().set(["roles.judge.model=openai:m", item]).built()
