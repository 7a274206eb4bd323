"""What every trainer must be, for each one in the registry."""

import json

import pytest
from tests.commands import specloop

from specloop.config import Config, Draft, build
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
    config = Draft.of().set(["train.epochs=7", "train.beta=0.3"]).built().config
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


def test_strategies_are_listed_with_the_options_of_their_own() -> None:
    listed = json.loads(specloop("strategies", "--json").stdout)
    options = {one["name"]: one["options"] for one in listed["trainers"]}
    assert set(Trainer.model_fields) <= set(options["sft"])
    assert "beta" in options["dpo"]
    assert "beta" not in options["sft"]
    assert options["sft"]["layers"]["description"].startswith("Train the last so many blocks")
