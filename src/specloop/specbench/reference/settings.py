"""Models and decoding as a checkout of SpecBench configures them, for the `openai:` backend.

`config/config_model.yaml` holds the models that answer, `config_eval_model.yaml` the judges, both
by a key of their own (`Qwen3-14B-thinking`); `config_ttd.yaml` the methods' options. What an entry
does not name is left out of the request, the seed among it. Differences that remain: an empty list
of stop strings, which says nothing, is not sent, and neither is `include_stop_str_in_output:
false`, the server's default, with more_think.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import Field, ValidationError

from specloop.config.yamltext import parse_yaml
from specloop.errors import InputError, did_you_mean
from specloop.files import read_text
from specloop.jsontext import first_fault, read_json
from specloop.records import Sampling, Value

GENERATORS = Path("config/config_model.yaml")
JUDGES = Path("config/config_eval_model.yaml")
METHODS = Path("config/config_ttd.yaml")
TEMPLATES = Path("specbench/chat_templates")
BACKEND = "openai:"
V = TypeVar("V", bound=Value)
_LIMITS = ("max_tokens", "max_completion_tokens")
_DRAWN = ("temperature", "top_p")
_CONTINUING: Mapping[str, Any] = {
    "chat_template_kwargs": {"enable_thinking": False, "enable_raw_content": True}
}


class ModelSettings(Value):
    """A model, and the requests that SpecBench sends it."""

    key: str
    model: str
    """With the backend's prefix."""
    sampling: Sampling
    """Where the entry leaves temperature and top_p to the server, 1 stands for both and neither is
    sent."""
    options: dict[str, Any]
    """Of the backend."""


class MethodSettings(Value):
    """What the checkout sets for the methods; the paper has 15 iterations of self_refine."""

    iterations: int = Field(default=3, ge=0)
    history: int = Field(default=1, ge=1)
    rounds: int = Field(default=3, ge=1)


class _Entry(NamedTuple):
    key: str
    fields: dict[str, Any]
    where: str


def generator_settings(checkout: Path, name: str) -> ModelSettings:
    """How a model that answers is asked. `name` is the entry's key or, where one entry alone has
    it, the model's own name, with or without `openai:`."""
    return _settings(_entry(checkout / GENERATORS, name), {})


def judge_settings(checkout: Path, name: str) -> ModelSettings:
    """How a judge is asked; `name` as for `generator_settings`."""
    return _settings(_entry(checkout / JUDGES, name), {})


def continuer_settings(checkout: Path, name: str) -> ModelSettings:
    """How a model is asked to continue its turn: with SpecBench's chat template for it, which
    leaves that turn as it is. A model without one (there SpecBench fails) has the server's."""
    entry = _entry(checkout / GENERATORS, name)
    template = _chat_template(checkout, str(entry.fields["model_name"]))
    body = {**_CONTINUING, "chat_template": template} if template else _CONTINUING
    settings = _settings(entry, body)
    return settings.model_copy(update={"options": settings.options | {"prefill": "flags"}})


def method_settings(checkout: Path) -> MethodSettings:
    """The options of self_refine and more_think."""
    path = checkout / METHODS
    tables = _yaml(path)
    refine, more = _table(tables, "self_refine"), _table(tables, "more_think")
    named = {
        "iterations": refine.get("max_iters"),
        "history": refine.get("max_history_length"),
        "rounds": more.get("rethink_count"),
    }
    return _checked(MethodSettings, {k: v for k, v in named.items() if v is not None}, str(path))


def _settings(entry: _Entry, continuing: Mapping[str, Any]) -> ModelSettings:
    fields = dict(entry.fields)
    model = str(fields.pop("model_name"))
    body = _merged(_table(fields, "extra_body"), continuing)
    fields.pop("extra_body", None)
    limit = next((name for name in _LIMITS if name in fields), "")
    drawn = {name: fields[name] for name in _DRAWN if name in fields}
    asked = {"temperature": 1.0, "top_p": 1.0} | drawn
    if limit:
        asked["max_tokens"] = fields[limit]
    if "stop" in fields:
        stop = fields["stop"]
        asked["stop"] = (stop,) if isinstance(stop, str) else stop
    body |= {name: value for name, value in fields.items() if name not in (*asked, *_LIMITS)}
    if "top_k" in body:
        # Servers say "no limit" by -1.
        asked["top_k"] = 0 if body["top_k"] == -1 else body["top_k"]
    left_out = [name for name in ("seed", *_DRAWN) if name not in entry.fields]
    return ModelSettings(
        key=entry.key,
        model=BACKEND + model,
        sampling=_checked(Sampling, asked, entry.where),
        options={
            "max_tokens_field": limit or "max_tokens",
            "omit": left_out if limit else [*left_out, "max_tokens"],
            "extra_body": body,
            "raw_text": True,
        },
    )


def _merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Both, tables within tables merged, the second's values before the first's."""
    both = dict(first)
    for key, value in second.items():
        old = both.get(key)
        tables = isinstance(old, dict) and isinstance(value, dict)
        both[key] = _merged(cast(dict[str, Any], old), value) if tables else value
    return both


def _entry(path: Path, name: str) -> _Entry:
    called = name.removeprefix(BACKEND)
    tables = _yaml(path)
    entries = {key: _table(tables, key) for key in tables}
    named = [key for key, fields in entries.items() if fields.get("model_name", key) == called]
    keys = [called] if called in entries else named
    if len(keys) == 1:
        fields = {"model_name": keys[0]} | entries[keys[0]]
        return _Entry(keys[0], fields, f"{path}: {keys[0]}")
    if keys:
        raise InputError(f"{path}: {called!r} is the model of several entries: {', '.join(keys)}")
    hint = did_you_mean(called, entries)
    raise InputError(f"{path}: no entry {called!r}.{hint} Known: {', '.join(sorted(entries))}")


def _chat_template(checkout: Path, model: str) -> str:
    """The template for a model; empty where there is none."""
    folder = checkout / TEMPLATES
    if not (folder / "config.json").is_file():
        return ""
    files = read_json(folder / "config.json")
    file = cast(dict[str, Any], files).get(model) if isinstance(files, dict) else None
    if not isinstance(file, str):
        return ""
    return read_text(folder / Path(file).name)


def _table(tables: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = tables.get(key)
    return cast(dict[str, Any], table) if isinstance(table, dict) else {}


def _yaml(path: Path) -> dict[str, Any]:
    _, content = parse_yaml(read_text(path), str(path))
    if not isinstance(content, dict):
        raise InputError(f"{path}: must hold tables, each under its key")
    return {str(key): value for key, value in cast(dict[Any, Any], content).items()}


def _checked(kind: type[V], fields: Mapping[str, Any], where: str) -> V:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise InputError(f"{where}: {first_fault(error)}") from None
