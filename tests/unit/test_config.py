"""Where values of a configuration come from, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from specloop.config import Config, ConfigDraft, Configured, assumed_origins, build, load_config
from specloop.config.sources import origin_of
from specloop.errors import InputError


def draft(*sets: str, text: str = "", folder: Path | None = None) -> Configured:
    if folder is None:
        return ConfigDraft.of().set(sets).built()
    (folder / "run.toml").write_text(text)
    return ConfigDraft.of_file(folder / "run.toml").set(sets).built()


@pytest.mark.parametrize("start", ["", '[roles]\ndefender = "openai:old"\n'])
def test_a_table_that_stands_empty_or_in_short_is_set_into(tmp_path: Path, start: str) -> None:
    told = draft(
        "roles.defender.model=openai:new",
        "roles.defender.options.base_url=http://node:8000/v1",
        "synthesis.pairing.name=minimal",
        "specbench.judge.repairs=3",
        text=start,
        folder=tmp_path,
    )
    defender = told.config.roles.defender
    assert defender is not None
    assert (defender.model, defender.options) == (
        "openai:new",
        {"base_url": "http://node:8000/v1"},
    )
    assert told.config.synthesis.pairing == {"name": "minimal"}
    assert told.config.specbench.judge == {"name": "joint", "repairs": 3}


def test_a_run_without_a_defender_takes_one_by_set() -> None:
    known = Configured(Config(), {})
    told = ConfigDraft.of(known).set(["roles.defender.model=openai:d"]).built()
    assert told.config.roles.of("defender").model == "openai:d"
    part = ConfigDraft.of(known).set(["roles.defender.temperature=0.1"]).built()
    assert part.config.roles.of("defender").model == Config().roles.target.model
    assert part.config.roles.of("defender").temperature == 0.1


def test_a_target_of_which_only_options_are_set_keeps_its_model(tmp_path: Path) -> None:
    told = draft(text="[roles]\ntarget = { concurrency = 4 }\n", folder=tmp_path)
    assert told.config.roles.target.model == Config().roles.target.model
    assert told.config.roles.target.concurrency == 4


def test_every_value_knows_where_it_comes_from(tmp_path: Path) -> None:
    text = '[roles]\nplanner = "openai:p"\n[train]\nepochs = 3\n'
    text += '[prices."openai:p"]\ninput = 1\noutput = 2\n'
    told = draft("train.beta=0.2", "roles.planner.temperature=0", text=text, folder=tmp_path)
    origins = {".".join(key): origin for key, _, origin in told.values()}
    file = str(tmp_path / "run.toml")
    assert origins["roles.planner.model"] == file
    assert origins["roles.planner.temperature"] == "--set"
    assert origins["roles.planner.top_k"] == "default"
    assert origins["train.epochs"] == file
    assert origins["train.beta"] == "--set"
    assert origins["prices.openai:p.input"] == file
    again = (
        ConfigDraft.of(told).set(["roles.planner={ model = 'openai:q' }"], "--set of `x`").built()
    )
    assert origin_of(again.origins, "roles.planner.temperature") == "--set of `x`"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("train.learning_rat=1", "train.learning_rat: Extra inputs are not permitted. Did you"),
        ("roles.targt.model=x", "Did you mean 'target'?"),
        ("train.epochs=none", "train.epochs"),
        ("train.trainer=sft", "train.trainer: write train.name instead"),
        ("train.name=dpoo", "train.name: no trainer named 'dpoo'. Did you mean 'dpo'?"),
        ("train=dpoo", "train.name: no trainer named 'dpoo'. Did you mean 'dpo'?"),
        ("train={ name = 'sft', beta = 1 }", "train.beta: Extra inputs are not permitted. Keys:"),
        ("synthesis.pairing=minmal", "synthesis.pairing.name: no pairing named 'minmal'. Did you"),
        ("synthesis.pairing={ n = 1 }", "synthesis.pairing.n: Extra inputs are not permitted."),
        ("evaluate.judge.repairs=many", "evaluate.judge.repairs: Input should be a valid integer"),
        ("synthesis.judge.repair=1", "synthesis.judge.repair: Extra inputs are not permitted. Did"),
        (
            "train.validation_judge={ name = 'logprob', questoin = 'x' }",
            "train.validation_judge.questoin: Extra inputs are not permitted. Did you",
        ),
        ("specbench.scorer={ name = 'judge', mode = 'jont' }", "Did you mean 'joint'?"),
        ("train.dpo_weight=0", "use the trainer 'sft'"),
        ("evaluate.baselines=['sftt']", "write one of prompt-only, dpo, sft, not 'sftt'"),
        ("evaluate.methods=['algn3']", "evaluate.methods.0.name: no method named 'algn3'. Did you"),
        ("evaluate.methods=[{ name = 'align3', step = [] }]", "permitted. Did you mean 'steps'?"),
        ("evaluate.methods=[{ name = 'align3', told = 'rule' }]", "told: write one of nothing,"),
        ("train.epochs.more=1", "train.epochs is not a table"),
        ("instances.min_rules=20", "min_rules 20 is above max_rules 13"),
        ("seeds.test_share=0.95", "leave nothing for training"),
        ("train.shares=[]", "train.shares"),
        ("evaluate.seeds=[]", "evaluate.seeds"),
        ("specbench.methods=[{ nme = 'raw' }]", "specbench.methods.0: write a name, or a table"),
        ("specbench.judge={ name = 3 }", "specbench.judge: write a name, or a table"),
        ("specbench.scorer={ model = 'x' }", "specbench.scorer: write a name, or a table"),
        ("synthesis.pairing=3", "synthesis.pairing: write a name, or a table"),
        ("roles.planner.temperature=inf", "roles.planner.temperature"),
        ("roles.planner.max_tokens=-3", "roles.planner.max_tokens"),
        ('prices."openai:t".input=1', 'prices."openai:t".output: Field required'),
        ('prices."openai:t".inptu=1', "Did you mean 'input'?"),
        ("seeds.n_topics=5\nseeds.seed=3", "seeds.n_topics"),
        ("nothing", "write table.key=value"),
        ("roles..x=1", "not a key"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_who_set_it(item: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        ConfigDraft.of(Configured(Config(), {})).set([item], "--set of `specloop synth`").built()
    assert said in str(caught.value)
    assert str(caught.value).startswith("--set of `specloop synth`: ")


def test_another_trainer_keeps_what_somebody_has_set_and_brings_its_own_defaults() -> None:
    known = ConfigDraft.of().set(["train.epochs=3"]).built()
    assert known.config.train["beta"] == 0.1
    told = ConfigDraft.of(known).set(["train.name=sft"]).built()
    assert (told.config.train["name"], told.config.train["epochs"]) == ("sft", 3.0)
    assert "beta" not in told.config.train
    # What was set for the one is no option of the other, and is told with who has set it.
    known = ConfigDraft.of().set(["train.beta=0.3"], "--set of `specloop pairs`").built()
    with pytest.raises(InputError, match=r"^--set of `specloop pairs`: train\.beta: Extra inputs"):
        ConfigDraft.of(known).set(["train.name=sft"]).built()
    assert ConfigDraft.of(known).set(["train=sft"]).built().config.train["name"] == "sft"


@pytest.mark.parametrize(
    ("item", "n"),
    [
        ("sets.judges=['jont']", 1),
        ("sets.judges=['jont', 'joint', 'sequental']", 2),
        ("evaluate.seeds=['one']", 1),
        ("specbench.methods=[7]", 1),
        ("sets.judges=[]", 1),
    ],
)
def test_a_list_is_too_short_only_if_too_little_was_given(item: str, n: int) -> None:
    with pytest.raises(InputError) as raised:
        draft(item)
    lines = str(raised.value).splitlines()
    assert len(lines) == n
    assert any("at least 1 item" in line for line in lines) == item.endswith("[]")


def test_all_faults_are_told_at_once_each_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        draft("train.beta=-1", text="[train]\nepoch = 1\n", folder=tmp_path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert any(line.startswith(f"{tmp_path / 'run.toml'}: train.epoch: ") for line in lines)
    assert any(line.startswith("--set: train.beta: ") and "-1" in line for line in lines)


@pytest.mark.parametrize(
    "item",
    [
        "roles.target.options.api_key=sk-12345678",
        "roles.judge.options.OPENAI_API_KEY=sk-12345678",
        "roles.judge.options.extra_body.authorization='Bearer sk-12345678'",
        "roles.planner.options.base_urls=[{ url = 'http://a/v1', token = 'sk-12345678' }]",
        "roles.planner.options.api_key_env=sk-12345678",
        "roles.planner.options.password=sk-12345678",
    ],
)
def test_a_key_is_refused_and_not_shown(item: str) -> None:
    with pytest.raises(InputError) as caught:
        draft(item)
    assert "environment variable" in str(caught.value)
    assert "sk-12345678" not in str(caught.value)


def test_names_that_only_hold_such_a_word_are_no_keys() -> None:
    sets = ["roles.target.options.extra_body.min_tokens=3", "roles.target.max_tokens=5"]
    assert draft(*sets).config.roles.target.max_tokens == 5


def test_paths_do_not_depend_on_where_a_command_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.toml").write_text("[seeds]\npath = 'seeds.jsonl'\n")
    assert load_config(tmp_path / "run.toml").seeds.path == str(tmp_path / "seeds.jsonl")
    monkeypatch.chdir(tmp_path)
    assert draft("seeds.path=other.jsonl").config.seeds.path == str(tmp_path / "other.jsonl")


def test_a_manifest_is_named_as_the_place_of_its_faults() -> None:
    with pytest.raises(InputError, match=r"^manifest: config: train\.beta: "):
        build(Config, {"train": {"beta": "x"}}, "manifest: config")


def test_a_value_of_which_only_the_value_is_known_is_no_default() -> None:
    known = Configured(config := load({"train": {"beta": 0.2}}), assumed_origins(config))
    origins = {".".join(key): origin for key, _, origin in known.values()}
    assert origins["train.beta"] == "not noted"
    assert origins["train.epochs"] == "default"
    assert set(origins.values()) == {"not noted", "default"}


def load(raw: dict[str, object]) -> Config:
    return build(Config, raw, "test")
