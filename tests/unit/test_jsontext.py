"""JSON Lines as other programs write them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specloop.config import Seeds
from specloop.errors import InputError
from specloop.judging.verdict_form import lines_of
from specloop.records import Answer, Case, Message, SeedPrompt
from specloop.store import RunFolder
from specloop.synth.seeds import read_seeds

BOM = b"\xef\xbb\xbf"


def lines(*texts: str, **more: str) -> bytes:
    seeds = [{"topic": f"topic {n % 4}", "text": text, **more} for n, text in enumerate(texts)]
    return "".join(json.dumps(seed, ensure_ascii=False) + "\n" for seed in seeds).encode()


FOUR = ("How do roses grow?", "What do bees eat?", "When do I mow?", "Who sells bulbs?")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (BOM + lines(*FOUR), FOUR[0]),
        (lines("one\u2028two", *FOUR), "one\u2028two"),
        (lines("one\u2029two\x85three", *FOUR), "one\u2029two\x85three"),
        (b'{"topic": "x", "text": "half \\ud83d"}\n' + lines(*FOUR), "half ?"),
        (
            b'{"topic": "x", "text": "whole \\ud83c\\udf39"}\r\n\r\n' + lines(*FOUR),
            "whole \U0001f339",
        ),
        (lines(*FOUR)[:-1], FOUR[3]),
        (b'{"topic": "x", "text": "half \xed\xa0\xbd"}\n' + lines(*FOUR), "half ?"),
    ],
    ids=[
        "bom",
        "u2028",
        "u2029",
        "half a pair",
        "a pair and blank lines",
        "no last newline",
        "half a pair as it is",
    ],
)
def test_seed_prompts_are_read_whatever_stands_in_a_string(
    tmp_path: Path, raw: bytes, text: str
) -> None:
    path = tmp_path / "seeds.jsonl"
    path.write_bytes(raw)
    seeds = read_seeds(path, Seeds())
    assert text in {seed.text for seed in seeds}
    folder = RunFolder(tmp_path)
    folder.replace(SeedPrompt, seeds)
    assert folder.read(SeedPrompt) == seeds


def with_splits(*splits: str | None) -> bytes:
    seeds = [
        {"topic": f"topic {n}", "text": text} | ({"split": split} if split else {})
        for n, (text, split) in enumerate(zip(FOUR, splits, strict=True))
    ]
    return "".join(json.dumps(seed) + "\n" for seed in seeds).encode()


def test_a_split_in_a_file_of_seed_prompts_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "seeds.jsonl"
    path.write_bytes(with_splits("test", "train", "train", "validation"))
    for seed in range(3):
        seeds = read_seeds(path, Seeds(seed=seed))
        assert [seed.split for seed in seeds] == ["test", "train", "train", "validation"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (with_splits("test", "train", "train", "train"), "no line has the split 'validation'"),
        (with_splits("test", "train", None, "validation"), "topic 'topic 2' has no split"),
        (with_splits("test", "train", "dev", "validation"), "seeds.jsonl:3: split"),
        (
            with_splits("test", "train", "train", "validation").replace(b"topic 2", b"topic 0"),
            "topic 'topic 0' stands in several splits",
        ),
        (b'["topic", "text"]\n', "seeds.jsonl:1: write one JSON object a line"),
        (b'{"topic": "a", "text": ""}\n', "seeds.jsonl:1: text"),
        (b'{"topic": "a"}\n', "seeds.jsonl:1: text"),
        (b'{"topic": "a", "text": "b"}\n', "at least 3 topics"),
        (b'{"topic": "\xff"}\n', "seeds.jsonl:1: write one JSON object a line"),
        (b'{"topic": "a", "text": "\xe9"}\n', ", in UTF-8"),
        (b'{"topic": "a", "text": "b"},\n', "Extra data"),
        (b"[" * 100_000 + b"\n", "nested too deeply"),
        (b'{"topic": "a", "text": "  "}\n', "seeds.jsonl:1: text: it is blank"),
        (b'{"topic": "\xe2\x80\x8b", "text": "b"}\n', "seeds.jsonl:1: topic: it is blank"),
        (
            with_splits("test", "train", "train", "validation").replace(b"topic 2", b"Topic  0"),
            "topic 'topic 0' stands in several splits",
        ),
    ],
)
def test_what_cannot_be_used_is_named_by_line_or_topic(
    tmp_path: Path, raw: bytes, said: str
) -> None:
    (tmp_path / "seeds.jsonl").write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_seeds(tmp_path / "seeds.jsonl", Seeds())
    assert said in str(caught.value)


def test_a_seed_prompt_counts_once_and_a_topic_has_one_name(tmp_path: Path) -> None:
    path = tmp_path / "seeds.jsonl"
    path.write_bytes(lines(*FOUR) + lines(*FOUR).replace(b"topic 0", b" Topic  0"))
    seeds = read_seeds(path, Seeds())
    assert [seed.text for seed in seeds] == list(FOUR)
    assert {seed.topic for seed in seeds} == {f"topic {n}" for n in range(4)}


def test_the_store_reads_records_that_another_program_has_written(tmp_path: Path) -> None:
    seed = SeedPrompt(topic="a", text="b")
    foreign = b'{"topic": "c", "text": "half \\ud83d\xe2\x80\xa8line"}\n'
    (tmp_path / "seeds.jsonl").write_bytes(
        BOM + seed.model_dump_json().encode() + b"\r\n\n" + foreign
    )
    seeds = RunFolder(tmp_path).read(SeedPrompt)
    assert [seed.text for seed in seeds] == ["b", "half ?\u2028line"]


def test_the_store_writes_every_text_that_a_backend_gives(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    half = Answer.model_validate({"case": "p", "text": "half \ud83d", "model": "m"})
    folder.append([half])
    probe = Case(
        messages=(Message(role="user", content="a\u2028b \ud83d"),),
        scenario="i",
        targets=(),
        side="permitted",
        split="train",
    )
    folder.replace(Case, [probe])
    assert [answer.text for answer in folder.read(Answer)] == ["half ?"]
    assert folder.read(Case)[0].messages[0].content == "a\u2028b ?"
    assert folder.read(Case)[0].id == probe.id


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "seeds.jsonl").write_bytes(b'{"topic": "a", "text": "b"}\nnot json\n')
    with pytest.raises(InputError, match=r"seeds\.jsonl:2: line: Invalid JSON"):
        RunFolder(tmp_path).read(SeedPrompt)


def test_only_a_line_feed_ends_a_line_of_a_judges_reply() -> None:
    text = "S1 | it says\u2028S2 | so\x0c | YES\r\nS2 | no | NO"
    assert lines_of(text) == ["S1 | it says\u2028S2 | so\x0c | YES\n", "S2 | no | NO"]
