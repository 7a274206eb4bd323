"""`pairs.jsonl` as other tools load it."""

# pyright: basic
import json
from pathlib import Path

import pytest
from tests.tiny_model import CHAT, make_pairs, make_tiny

from specloop.ended import Finish
from specloop.records import Message, PreferencePair, said
from specloop.store import RunFolder

pytest.importorskip("datasets")
MESSAGES = ("prompt", "chosen", "rejected")


def odd_pairs() -> list[PreferencePair]:
    """Pairs that differ in all that may differ from line to line."""
    usual = make_pairs(24)
    judged = {"side": "rejected", "rule": "a", "judge": "joint:m", "level": "weak", "also": "b"}
    changes: list[dict[str, object]] = [
        {},
        {"exchange": "e", "violated": ("a", "b", "c"), "side": "permitted"},
        {"verdicts": (judged, {**judged, "side": "chosen", "also": ""})},
        {"finish_chosen": Finish.__args__[1], "finish_rejected": Finish.__args__[-1]},
        {"prompt": (Message(role="system", content="Be brief."), *usual[0].prompt)},
        {"prompt": (*usual[0].prompt, *said("Roses?"), *usual[1].prompt)},
        {"chosen": said("a \u2028 line, 2\u00a0€ and \U0001f339"), "rejected": said("1")},
        {"exchange": "2024-01-01T00:00:00Z", "instance": "12", "rejected": said("2024-01-01")},
        {"rejected": said("https://example.org/a.png"), "chosen": said('{"a": [1, null]}')},
    ]
    made = [pair.model_dump() | changes[i % len(changes)] for i, pair in enumerate(usual)]
    return [PreferencePair.model_validate(content | {"id": ""}) for content in made]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    folder = RunFolder(tmp_path / "run", create=True)
    folder.append(odd_pairs())
    return folder / PreferencePair.FILE


def test_every_line_has_the_same_fields_and_none_is_null_or_an_empty_list(written: Path) -> None:
    rows = [json.loads(line) for line in written.read_text(encoding="utf-8").split("\n")[:-1]]
    assert len({tuple(row) for row in rows}) == 1
    for row in rows:
        assert all(value not in (None, []) for value in row.values())
        assert all(set(m) == {"role", "content"} for side in MESSAGES for m in row[side])


@pytest.mark.parametrize("chunk", [1_000, 10_000_000], ids=["many chunks", "one chunk"])
def test_datasets_takes_its_types_from_any_line(written: Path, tmp_path: Path, chunk: int) -> None:
    from datasets import load_dataset

    loaded = load_dataset(
        "json",
        data_files=str(written),
        split="train",
        cache_dir=str(tmp_path / "cache"),
        chunksize=chunk,
    )
    pairs = odd_pairs()
    assert len(loaded) == len(pairs)
    for row, pair in zip(loaded, pairs, strict=True):
        assert row == json.loads(pair.model_dump_json())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_trls_trainer_trains_on_the_file(written: Path, tmp_path: Path) -> None:
    pytest.importorskip("trl")
    from datasets import load_dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer

    base = make_tiny(tmp_path / "base")
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.pad_token = tokenizer.eos_token
    loaded = load_dataset(
        "json", data_files=str(written), split="train", cache_dir=str(tmp_path / "cache")
    )
    config = DPOConfig(
        output_dir=str(tmp_path / "out"),
        max_steps=1,
        per_device_train_batch_size=8,
        report_to=[],
        use_cpu=True,
        bf16=False,
        disable_tqdm=True,
        save_strategy="no",
        dataloader_pin_memory=False,
    )
    trainer = DPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(base),
        args=config,
        train_dataset=loaded,
        processing_class=tokenizer,
    )
    found = trainer.train()
    assert found.global_step == 1
    assert found.training_loss > 0


def test_axolotls_chat_template_strategy_finds_what_it_reads(written: Path) -> None:
    """Its `chat_template.default` for DPO (axolotl 0.19, prompt_strategies/dpo/chat_template.py)
    takes the turns of `field_messages`, and of `chosen` and `rejected` the last message, whose role
    must be one of four; each answer must come out of the template as it went in."""
    from jinja2 import Template

    known = {"user", "assistant", "system", "tool"}
    for line in written.read_bytes().splitlines():
        row = json.loads(line)
        assert {m["role"] for side in MESSAGES for m in row[side]} <= known
        assert row["prompt"][-1]["role"] == "user"
        for side in ("chosen", "rejected"):
            answer = row[side][-1]
            assert answer["role"] == "assistant"
            turns = [{"role": "user", "content": "[[dummy_message]]"}, answer]
            text = Template(CHAT).render(messages=turns)
            start = text.index(answer["content"])
            assert text[start:].rstrip() == answer["content"] + "<|im_end|>"
