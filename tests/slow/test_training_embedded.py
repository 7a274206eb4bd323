"""The embedded targets exported, and one trained for real and run again in the embedded runtime."""

# pyright: basic
from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from tests.tiny_model import ask, make_pair

from specloop.llm.backends import resolve
from specloop.llm.backends.embedded import weights
from specloop.llm.base import Reply, Request
from specloop.records import PreferencePair, Sampling
from specloop.trainers.dpo import DPO
from specloop.training import Generate, TrainJob, train_pairs

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

TOPICS = (
    *("roses", "tulips", "beans", "tomatoes", "lawns", "hedges"),
    *("herbs", "ferns", "apples", "onions", "ponds", "compost"),
)
CLOSING = "Happy growing."


def pairs() -> tuple[PreferencePair, ...]:
    """Two questions a topic; the chosen answer is short and ends with a closing line."""
    pairs = []
    for topic in TOPICS:
        for text in (f"How do I care for {topic}?", f"Any advice on {topic} for a beginner?"):
            chosen = f"Give {topic} light, water and good soil.\n{CLOSING}"
            rejected = f"Sure! There is much to know about {topic}, a popular choice."
            pairs.append(make_pair(text, text, chosen, rejected))
    return tuple(pairs)


def closes(generate: Generate) -> float:
    replies = generate([ask("How do I care for cacti?"), ask("Any advice on vines?")])
    return sum(reply.text.endswith(CLOSING) for reply in replies) / len(replies)


async def answers(model_name: str, *questions: str) -> list[Reply]:
    model = resolve(model_name)
    try:
        return await asyncio.gather(
            *(
                model.generate(Request(messages=ask(q), sampling=Sampling(max_tokens=40)))
                for q in questions
            )
        )
    finally:
        await model.aclose()


@pytest.mark.parametrize("name", ["smollm2-135m", "qwen2.5-coder-0.5b"])
def test_exported_weights_are_those_of_the_file_they_came_from(tmp_path: Path, name: str):
    from gguf import GGUFReader
    from gguf.quants import dequantize
    from transformers import AutoModelForCausalLM

    from specloop.training.base_model import checkpoint_of
    from specloop.training.gguf import export_gguf

    source = weights.find(name)
    model = AutoModelForCausalLM.from_pretrained(checkpoint_of(source))
    export_gguf(model.state_dict(), model.config, source, tmp_path / "again.gguf")
    old, new = (GGUFReader(path) for path in (source, tmp_path / "again.gguf"))
    assert [t.name for t in old.tensors] == [t.name for t in new.tensors]
    for before, after in zip(old.tensors, new.tensors, strict=True):
        expected = dequantize(before.data, before.tensor_type).astype(np.float16)
        assert np.array_equal(expected, after.data.astype(np.float16)), before.name
    rope = next(key for key in old.fields if key.endswith(".rope.freq_base"))
    for key in ("tokenizer.chat_template", "tokenizer.ggml.tokens", rope):
        assert old.fields[key].contents() == new.fields[key].contents()


async def test_the_trained_model_does_in_the_embedded_runtime_what_it_was_taught(tmp_path: Path):
    trainer = DPO(epochs=2, max_length=96, max_new_tokens=40, eval_every=6)
    job = TrainJob(tmp_path, "embedded:smollm2-135m", pairs(), trainer, "dpo", closes)
    run = await asyncio.to_thread(train_pairs, job)
    assert run.best_score == 1.0
    assert weights.find("smollm2-135m").stat().st_size < (tmp_path / run.gguf_path).stat().st_size
    asked = ("How do I care for orchids?", "Any advice on mint for a beginner?")
    trained = await answers(f"embedded:{tmp_path / run.gguf_path}", *asked)
    base = await answers("embedded:smollm2-135m", *asked)
    assert all(reply.text.strip().endswith(CLOSING) for reply in trained)
    assert not any(reply.text.strip().endswith(CLOSING) for reply in base)
