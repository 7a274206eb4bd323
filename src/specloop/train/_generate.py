"""Greedy answers of the model in training, batched; they leave no trace in the model."""

# pyright: basic
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, cast

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from transformers import GenerationConfig, PreTrainedTokenizerBase

from specloop.llm.base import Reply, Usage
from specloop.records import Message
from specloop.train._setup import DType, as_dicts

Policy = Any
"""A PreTrainedModel or a PeftModel around one: the two share no typed base with `generate`."""


class Generator:
    """Generates with a model that is being trained."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        max_new_tokens: int,
        dtype: DType,
        batch_size: int = 32,
    ) -> None:
        self._tokenizer = tokenizer
        self._max_new_tokens = max_new_tokens
        self._dtype = dtype
        self._batch_size = batch_size

    def __call__(self, model: Policy, conversations: Sequence[Sequence[Message]]) -> list[Reply]:
        """Answers in the order of the conversations."""
        texts: list[Any] = [
            self._tokenizer.apply_chat_template(
                as_dicts(c), tokenize=False, add_generation_prompt=True
            )
            for c in conversations
        ]
        # Prompts of like length share a batch; the order is put back at the end.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        replies: dict[int, Reply] = {}
        with _at_rest(model), torch.inference_mode():
            for first in range(0, len(order), self._batch_size):
                batch = order[first : first + self._batch_size]
                replies.update(
                    zip(batch, self._answer(model, [texts[i] for i in batch]), strict=True)
                )
        return [replies[i] for i in range(len(texts))]

    def _answer(self, model: Policy, prompts: list[str]) -> Iterator[Reply]:
        inputs = self._tokenizer(
            prompts,
            add_special_tokens=False,
            padding=True,
            padding_side="left",
            return_tensors="pt",
        ).to(model.device)
        eos: Any = model.generation_config.eos_token_id or self._tokenizer.eos_token_id
        config = GenerationConfig(
            do_sample=False,
            max_new_tokens=self._max_new_tokens,
            eos_token_id=eos,
            pad_token_id=self._tokenizer.pad_token_id,
            use_cache=True,
        )
        mixed = self._dtype == "bfloat16" and model.dtype == torch.float32
        with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=mixed):
            output = model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                generation_config=config,
            )
        ends = {eos} if isinstance(eos, int) else set(eos)
        n_prompt = inputs["input_ids"].shape[1]
        for mask, row in zip(inputs["attention_mask"], output[:, n_prompt:].tolist(), strict=True):
            yield self._reply(int(mask.sum()), row, ends)

    def _reply(self, n_prompt: int, tokens: list[int], ends: set[int]) -> Reply:
        stop = next((i for i, token in enumerate(tokens) if token in ends), None)
        kept = tokens if stop is None else tokens[:stop]
        return Reply(
            text=str(self._tokenizer.decode(kept, skip_special_tokens=True)).strip(),
            finish="length" if stop is None else "stop",
            usage=Usage(prompt_tokens=n_prompt, completion_tokens=len(kept)),
        )


@contextmanager
def _at_rest(model: Policy) -> Iterator[None]:
    """Evaluation mode, with the adapter folded in; what was there is put back exactly."""
    training = model.training
    with ExitStack() as stack:
        stack.callback(model.train, training)
        model.eval()
        if isinstance(model, PeftModel):
            stack.enter_context(_folded(cast(Policy, model)))
        yield


@contextmanager
def _folded(model: Policy) -> Iterator[None]:
    """Merge the adapter for a while.

    Merging and unmerging in bfloat16 would leave rounding errors in the frozen weights, so these
    are set aside, in host memory.
    """
    layers: list[Any] = [layer for layer in model.modules() if isinstance(layer, LoraLayer)]
    weights = [layer.get_base_layer().weight for layer in layers]
    kept = [weight.detach().to("cpu", copy=True) for weight in weights]
    model.merge_adapter()
    try:
        yield
    finally:
        model.unmerge_adapter()
        for weight, original in zip(weights, kept, strict=True):
            weight.data.copy_(original)
