"""Reward models on a tiny random classifier."""

# pyright: basic
from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.method_context import TASK
from tests.tiny_model import make_tiny

from specloop.errors import InputError
from specloop.judging.base import JudgeCase
from specloop.llm.backends.hf.reward import Classifier, reward_model
from specloop.records import Message
from specloop.scorers import scorers

pytestmark = pytest.mark.slow
ANSWERS = ("water them", "roses and beans in pots please", "thanks", "sun <|im_end|> shade")


def make_classifier(folder: Path, labels: int = 1) -> Path:
    import torch
    from transformers import LlamaForSequenceClassification

    make_tiny(folder)
    torch.manual_seed(1)
    model = LlamaForSequenceClassification.from_pretrained(folder, num_labels=labels)
    torch.nn.init.normal_(model.score.weight)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_classifier(tmp_path_factory.mktemp("reward"))


async def score(path: Path, answers: tuple[str, ...]) -> list[float | None]:
    scorer = scorers.build({"name": "reward", "model": f"hf:{path}"})
    cases = [JudgeCase(TASK.specs.listed(), TASK.query, answer) for answer in answers]
    scored = await asyncio.gather(*(scorer.score(case, None) for case in cases))
    return [one.value for one in scored]


async def test_a_reward_does_not_depend_on_what_waits_beside_it(checkpoint: Path):
    together = await score(checkpoint, ANSWERS)
    alone = [(await score(checkpoint, (answer,)))[0] for answer in ANSWERS]
    assert together == pytest.approx(alone, abs=1e-4)
    assert len({round(one or 0, 3) for one in together}) == len(ANSWERS)


async def test_what_waits_together_is_scored_together(checkpoint: Path):
    from torch.nn.modules.module import register_module_forward_hook

    rows: list[int] = []

    def note(_module: object, _inputs: object, output: object) -> None:
        if hasattr(output, "logits"):
            rows.append(output.logits.shape[0])  # pyright: ignore

    hook = register_module_forward_hook(note)
    await score(checkpoint, ANSWERS)
    hook.remove()
    assert rows == [len(ANSWERS)]


async def test_the_reward_is_what_the_checkpoint_says_of_the_last_token(checkpoint: Path):
    import torch

    model = Classifier(checkpoint)
    chat = (Message(role="user", content="roses"), Message(role="assistant", content="water"))
    text = "<|im_start|>user\nroses<|im_end|>\n<|im_start|>assistant\nwater<|im_end|>\n"
    ids = model.tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        hidden = model.model.model(input_ids=ids).last_hidden_state
        wanted = model.model.score(hidden)[0, -1, 0].item()
    assert model.score([chat]) == [pytest.approx(wanted, abs=1e-3)]


async def test_a_chat_beyond_the_context_is_not_scored(checkpoint: Path):
    long, short = await score(checkpoint, ("roses " * 3000, "roses"))
    assert long is None
    assert short is not None


async def test_several_labels_are_no_reward(tmp_path: Path):
    path = make_classifier(tmp_path, labels=3)
    with pytest.raises(InputError, match="3 labels"):
        await score(path, ("roses",))


def test_a_checkpoint_is_loaded_once(checkpoint: Path):
    assert reward_model(checkpoint) is reward_model(checkpoint)
