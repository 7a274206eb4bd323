"""What each protocol sends: which options go with a model, and which texts."""

# pyright: basic
from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.specbench_data import rows, write_data
from tests.standin_checkout import CONFIG, TEXTS, known, sources, write_files

from specloop.config import Config, RoleSettings, SpecBench
from specloop.errors import InputError
from specloop.pipeline import specbench_protocol
from specloop.pipeline.specbench import entrants, scenarios_of
from specloop.pipeline.specbench_protocol import options_for, terms_of
from specloop.responding.entrant import Entrant
from specloop.specbench.reference.checkout import read_checkout

REACH = {"base_url": "http://127.0.0.1:1/v1", "api_key_env": "GARDEN_KEY"}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in checkout whose texts are taken for the known ones."""
    read = partial(read_checkout, wanted=known())
    monkeypatch.setattr(specbench_protocol, "read_checkout", read)
    return write_files(tmp_path, {**sources(), **CONFIG})


@pytest.mark.parametrize(
    ("configured", "asked", "kept"),
    [
        ("Qwen3-14B", "Qwen3-14B-thinking", True),
        ("openai:Qwen3-14B", "Qwen3-14B-thinking", True),
        ("Qwen3-14B", "openai:Qwen3-14B-thinking", True),
        ("openai:a", "openai:b", True),
        ("openai:a", "embedded:b", False),
        ("embedded:a", "Qwen3-14B", False),
    ],
)
def test_options_go_with_every_model_of_the_same_backend(
    configured: str, asked: str, kept: bool
) -> None:
    role = RoleSettings(model=configured, options=REACH)
    assert options_for(role, asked) == (REACH if kept else {})


def test_a_model_that_marks_its_answers_is_known_by_name(checkout: Path) -> None:
    named = "Safe:\n  model_name: thu-ml/STAIR-Llama-3.1-8B-DPO-3\nOther:\n  model_name: o\n"
    write_files(checkout, {"config/config_model.yaml": named})
    settings = SpecBench(protocol="reference", reference_checkout=str(checkout))
    config = Config(specbench=settings)
    marks = [
        terms_of(config, Entrant.make(model)).wording.answer_mark for model in ("Safe", "Other")
    ]
    assert marks == ["Final Answer: ", ""]


def test_a_checkout_is_read_and_complained_about_once(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(checkout, sources({**TEXTS, "again": "Hm, "}))
    told = {"protocol": "reference", "reference_checkout": str(checkout)}
    labels({"target": "Qwen3-14B", "judge": "GPT-4.1"}, methods=["all"], **told)
    assert capsys.readouterr().err.count("is not that of SpecBench") == 1


JUDGED = {"target": "openai:m", "judge": "openai:j"}


def labels(roles: dict[str, str], **settings: Any) -> list[str]:
    config = {"roles": roles, "specbench": settings}
    return [one.label for one in entrants(Config.model_validate(config))]


def test_all_methods_of_the_reference_protocol_are_those_of_its_code(checkout: Path) -> None:
    told = {"protocol": "reference", "reference_checkout": str(checkout), "scorer": "judge"}
    found = labels({"target": "Qwen3-14B", "judge": "GPT-4.1"}, methods=["all"], **told)
    # Its configuration has four iterations and two answers of history; nothing chooses there.
    refine = "self_refine(iterations=4, history=2)"
    assert found == ["align3", "more_think", "raw", refine, "vanilla", "zero_think"]


def test_only_a_scorer_that_asks_is_said_to_ask_the_judges_model(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    reward = {"name": "reward", "model": str(tmp_path)}
    assert labels(JUDGED, methods=["best_of_n"], scorer="judge") == [
        "best_of_n(scorer=judge by openai:j)"
    ]
    (named,) = labels(JUDGED, methods=["best_of_n"], scorer=reward)
    assert re.fullmatch(
        rf"best_of_n\(scorer=reward\(model={tmp_path.name}#[0-9a-f]{{8}}\)\)", named
    )
    assert labels(JUDGED, methods=["vanilla"], scorer="judge") == ["vanilla"]


def test_the_reference_protocol_takes_no_conversations(tmp_path: Path) -> None:
    content: list[Any] = rows()
    turn = {"role": "user", "content": content[3]["adversarial_prompt"]}
    content[3]["conversation"] = [{"role": "system", "content": "Be kind."}, turn]
    folder = str(write_data(tmp_path / "Garden", content))
    settings = SpecBench(data=folder, protocol="reference", reference_checkout=str(tmp_path))
    with pytest.raises(InputError, match=r"Garden: row 3 \(counted from 0\) holds a conversation"):
        scenarios_of(Config(specbench=settings))
    (scenario,) = scenarios_of(Config(specbench=SpecBench(data=folder)))
    assert len(scenario.rows[3].conversation) == 2
