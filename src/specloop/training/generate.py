"""Generate greedy answers with the model in training, in batches, without changing it."""

# pyright: basic
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from transformers import GenerationConfig, PreTrainedTokenizerBase

from specloop.errors import InputError
from specloop.llm.backends.hf.checkpoint import DType
from specloop.llm.backends.hf.tokens import Tokens, context_of
from specloop.llm.base import Reply
from specloop.llm.tokens import PromptTokens
from specloop.records import Message

Policy = Any
"""A PreTrainedModel or a PeftModel around one: they share no typed base with `generate`."""


@dataclass(frozen=True)
class Generator:
    """Generates with a model that is being trained."""

    tokenizer: PreTrainedTokenizerBase
    tokens: Tokens
    max_new_tokens: int
    dtype: DType
    batch_size: int = 32

    def __call__(self, model: Policy, conversations: Sequence[Sequence[Message]]) -> list[Reply]:
        """Generate answers, in the order of the conversations."""
        prompts = [self.tokens.prompt(conversation) for conversation in conversations]
        self._must_fit(prompts, context_of(model.config, self.tokenizer))
        # Prompts of similar length share a batch; the order is restored at the end.
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i].ids))
        replies: dict[int, Reply] = {}
        with _at_rest(model), torch.inference_mode():
            for first in range(0, len(order), self.batch_size):
                batch = order[first : first + self.batch_size]
                replies.update(
                    zip(batch, self._answer(model, [prompts[i] for i in batch]), strict=True)
                )
        return [replies[i] for i in range(len(prompts))]

    def texts(self, model: Policy, n: int, length: int) -> list[list[int]]:
        """Sample the model's own texts, of at most `length` tokens with the one that they begin at;
        seeded as torch is."""
        first = self.tokenizer.bos_token_id
        begin: Any = self.tokenizer.eos_token_id if first is None else first
        context = context_of(model.config, self.tokenizer)
        config = GenerationConfig(
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            max_new_tokens=min(length, context or length) - 1,
            # A text goes on where an answer would end.
            eos_token_id=None,
            suppress_tokens=self.tokenizer.all_special_ids,
            pad_token_id=self.tokenizer.pad_token_id,
        )
        every: list[list[int]] = []
        with _at_rest(model), torch.inference_mode():
            while len(every) < n:
                size = min(n - len(every), 4 * self.batch_size)
                begun = torch.full((size, 1), begin, device=model.device)
                output = model.generate(
                    input_ids=begun,
                    attention_mask=torch.ones_like(begun),
                    generation_config=config,
                )
                every += output.tolist()
        return every

    def _must_fit(self, prompts: list[PromptTokens], context: int) -> None:
        longest = max((len(prompt.ids) for prompt in prompts), default=0)
        if context and longest + self.max_new_tokens > context:
            raise InputError(
                f"train.max_new_tokens = {self.max_new_tokens}: with the longest prompt of the"
                f" validation, {longest} tokens, it is more than the model's context of {context};"
                " lower it"
            )

    def _answer(self, model: Policy, prompts: list[PromptTokens]) -> Iterator[Reply]:
        inputs = self.tokenizer.pad(
            {"input_ids": [prompt.ids for prompt in prompts]},
            padding_side="left",
            return_tensors="pt",
        ).to(model.device)
        eos: Any = model.generation_config.eos_token_id or self.tokenizer.eos_token_id
        config = GenerationConfig(
            do_sample=False,
            max_new_tokens=self.max_new_tokens,
            eos_token_id=eos,
            pad_token_id=self.tokenizer.pad_token_id,
            use_cache=True,
        )
        mixed = self.dtype == "bfloat16" and model.dtype == torch.float32
        with torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=mixed):
            output = model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                generation_config=config,
            )
        ends = {eos} if isinstance(eos, int) else set(eos)
        width = inputs["input_ids"].shape[1]
        for prompt, row in zip(prompts, output[:, width:].tolist(), strict=True):
            yield self._reply(prompt, row, ends)

    def _reply(self, prompt: PromptTokens, ids: list[int], ends: set[int]) -> Reply:
        stop = next((i for i, token in enumerate(ids) if token in ends), None)
        answer = ids if stop is None else ids[:stop]
        finish = "length" if stop is None else "stop"
        reply = prompt.reply(self.tokens.decode(answer), finish, len(answer))
        return reply.model_copy(update={"text": reply.text.strip()})


@contextmanager
def _at_rest(model: Policy) -> Iterator[None]:
    """Evaluation mode with the adapter merged; the previous state is restored exactly."""
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
    originals = [weight.detach().to("cpu", copy=True) for weight in weights]
    model.merge_adapter()
    try:
        yield
    finally:
        model.unmerge_adapter()
        for weight, original in zip(weights, originals, strict=True):
            weight.data.copy_(original)
