"""What every trainer must be, for each one in the registry."""

import json
import re
from pathlib import Path

import pytest
from tests.commands import specloop
from tests.installed import install, printed

import specloop as specloop_package
from specloop.config import Config, ConfigDraft, build
from specloop.pipeline.training import trainer_of, trainings
from specloop.trainers import Trainer, trainers

every_trainer = pytest.mark.parametrize("name", trainers.names())


@every_trainer
def test_a_trainers_options_stand_in_the_configuration_with_its_name(name: str) -> None:
    config = build(Config, {"train": name}, "test")
    trainer = trainers.build(config.train)
    assert config.train == {"name": name, **trainer.model_dump(mode="json")}
    assert build(Config, config.model_dump(mode="json"), "test") == config


@every_trainer
def test_another_trainer_takes_the_settings_that_it_has_too(name: str) -> None:
    config = ConfigDraft.of().set(["train.epochs=7", "train.beta=0.3"]).built().config
    trainer = trainer_of(config, name)
    assert trainers.name_of(trainer) == name
    assert trainer.epochs == 7
    assert getattr(trainer, "beta", 0.3) == 0.3


@every_trainer
def test_a_trainer_has_a_title_for_sentences(name: str) -> None:
    assert trainers.build(name).title


def test_the_loop_trains_by_the_baselines_first_and_by_no_trainer_twice() -> None:
    def of(train: str, *baselines: str) -> list[str]:
        raw = {"train": train, "evaluate": {"baselines": baselines}}
        return trainings(build(Config, raw, "test"))

    assert of("dpo") == ["dpo"]
    assert of("dpo", "prompt-only", "sft") == ["sft", "dpo"]
    assert of("sft", "sft", "dpo") == ["dpo", "sft"]


THEIRS = """
from specloop.trainers import Trainer, trainers

@trainers.register("theirs")
class Theirs(Trainer):
    'Trains as they do.'

    margin: float = 0.5

    def make(self, setup):
        raise NotImplementedError
"""
ASKED = """
from specloop.config import Config, build
from specloop.errors import InputError

raw = {"train": {"name": "theirs", "margin": 2}, "evaluate": {"baselines": ["theirs"]}}
print(build(Config, raw, "test").train["margin"])
try:
    build(Config, {"train": {"name": "theirs", "margn": 2}}, "test")
except InputError as error:
    print(error)
"""


def test_another_package_brings_a_trainer_with_its_options(tmp_path: Path) -> None:
    install(tmp_path, "trainers", "theirs", THEIRS)
    margin, fault = printed(tmp_path, ASKED).splitlines()
    assert margin == "2.0"
    assert fault.startswith("test: train.margn: ")
    assert fault.endswith("Did you mean 'margin'?")


def test_every_family_is_listed() -> None:
    root = Path(specloop_package.__file__).parent
    texts = (path.read_text() for path in root.rglob("*.py"))
    families = {
        found for text in texts for found in re.findall(r'= Registry\(\w+, "(.+?)"\)', text)
    }
    listed = json.loads(specloop("strategies", "--json").stdout)
    assert "specloop.trainers" in families
    assert len(listed) == len(families), (families, list(listed))
    assert all(listed.values())


def test_strategies_are_listed_with_the_options_of_their_own() -> None:
    listed = json.loads(specloop("strategies", "--json").stdout)
    options = {one["name"]: one["options"] for one in listed["trainers"]}
    assert set(Trainer.model_fields) <= set(options["sft"])
    assert "beta" in options["dpo"]
    assert "beta" not in options["sft"]
    assert options["sft"]["layers"]["description"].startswith("Train only this many last blocks")
