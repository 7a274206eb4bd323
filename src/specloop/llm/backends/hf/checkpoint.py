# pyright: basic
"""Run batches of requests on a transformers model, each row with its own sampling, seed, length
and stop strings.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)
from transformers.utils import logging

from specloop.llm.backends.hf import HF
from specloop.llm.backends.hf.tokens import Tokens, context_of
from specloop.llm.base import Nats, Reply, Request
from specloop.llm.tokens import PromptTokens
from specloop.records import Message, Sampling

DType = Literal["bfloat16", "float32"]


def chosen_dtype(choice: Literal["auto", "float32", "bfloat16"]) -> DType:
    """The dtype of an option: `auto` is one that is fast on this machine."""
    return fast_dtype() if choice == "auto" else choice


@cache
def fast_dtype() -> DType:
    """bfloat16 if the GPU or the CPU has instructions for it, otherwise float32.

    On a CPU without them bfloat16 is emulated, at about a quarter of the speed of float32.
    """
    if torch.cuda.is_available():
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    cpuinfo = Path("/proc/cpuinfo")
    flags = set(cpuinfo.read_text().split()) if cpuinfo.exists() else set()
    return "bfloat16" if flags & {"avx512_bf16", "amx_bf16"} else "float32"


class LoadedCheckpoint:
    """A loaded checkpoint. Call its methods from one thread only."""

    def __init__(self, path: Path, options: HF) -> None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        kind = getattr(torch, chosen_dtype(options.dtype))
        logging.disable_progress_bar()
        tokenizer: Any = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model: Any = AutoModelForCausalLM.from_pretrained(path, dtype=kind, local_files_only=True)
        if options.adapter:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, options.adapter, local_files_only=True)
        self.model = model.to(device).eval()
        self.ends = _ends(self.model, tokenizer)
        self.pad = next(n for n in (tokenizer.pad_token_id, *self.ends) if n is not None)
        context = options.context or context_of(model.config, tokenizer)
        self.tokens = Tokens(tokenizer, options.thinking, context)

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """Answer a batch."""
        begun = [self.tokens.asked(request) for request in requests]
        prompts = [prompt.ids for prompt in begun]
        width = max(map(len, prompts))
        ids = torch.tensor([[self.pad] * (width - len(p)) + p for p in prompts])
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
        longest = max(request.sampling.max_tokens for request in requests)
        draw = _Draw([request.sampling for request in requests])
        done = _Done(self.tokens, [request.sampling for request in requests], width)
        with torch.inference_mode():
            output = self.model.generate(
                input_ids=ids.to(self.model.device),
                attention_mask=mask.to(self.model.device),
                generation_config=GenerationConfig(
                    do_sample=False,
                    max_new_tokens=longest,
                    eos_token_id=self.ends,
                    pad_token_id=self.pad,
                ),
                logits_processor=LogitsProcessorList([draw]),
                stopping_criteria=StoppingCriteriaList([done]),
            )
        rows = output[:, width:].tolist()
        chosen = torch.stack(draw.logprobs, dim=1).tolist()
        return [
            self._reply(request, prompt, row, logprobs)
            for request, prompt, row, logprobs in zip(requests, begun, rows, chosen, strict=True)
        ]

    def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """Log-probabilities of the continuation's tokens, computed in float32 from the logits.

        A bare text is scored after the tokenizer's beginning (BOS).
        """
        ids, n_scored = self.tokens.scored(messages, continuation)
        row = torch.tensor([ids], device=self.model.device)
        with torch.inference_mode():
            logits = self.model(input_ids=row).logits[0, -n_scored - 1 : -1].float()
        picked = logits.log_softmax(-1).gather(1, row[0, -n_scored:, None])
        return Nats.of(picked[:, 0].tolist(), len(ids))

    def _reply(
        self, request: Request, prompt: PromptTokens, row: list[int], logprobs: list[float]
    ) -> Reply:
        row = row[: request.sampling.max_tokens]
        end = next((i for i, token in enumerate(row) if token in self.ends), None)
        ids = row if end is None else row[:end]
        text = self.tokens.decode(ids)
        own = self.tokens.own.stops(request.sampling.stop)
        stops = [text.find(stop) for stop in own if stop in text]
        finish = "stop" if stops or end is not None else "length"
        text = text[: min(stops)] if stops else text
        kept_logprobs = logprobs[: len(ids)] if request.logprobs else None
        return prompt.reply(text, finish, len(row[: len(ids) + 1]), kept_logprobs)


def _ends(model: Any, tokenizer: Any) -> list[int]:
    """Tokens that end a turn: the checkpoint's and the tokenizer's."""
    configured = model.generation_config.eos_token_id
    listed = configured if isinstance(configured, list) else [configured]
    return list(dict.fromkeys(n for n in (*listed, tokenizer.eos_token_id) if n is not None))


class _Draw(LogitsProcessor):
    """Chooses each row's next token by that row's sampling and seed, so that the search after it
    has no choice."""

    def __init__(self, samplings: Sequence[Sampling]) -> None:
        self._samplings = samplings
        self._random = [torch.Generator().manual_seed(s.seed) for s in samplings]
        self.logprobs: list[torch.Tensor] = []

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        rows = [self._choose(i, row) for i, row in enumerate(scores.float().cpu())]
        chosen = torch.stack(rows)[:, None].to(scores.device)
        self.logprobs.append(scores.float().log_softmax(-1).gather(1, chosen)[:, 0].cpu())
        return torch.full_like(scores, -torch.inf).scatter(1, chosen, 0.0)

    def _choose(self, i: int, logits: torch.Tensor) -> torch.Tensor:
        sampling = self._samplings[i]
        if sampling.temperature == 0:
            return logits.argmax()
        values, tokens = (logits / sampling.temperature).sort(descending=True)
        values = values[: sampling.top_k or None]
        probabilities = values.softmax(-1)
        before = probabilities.cumsum(-1) - probabilities
        probabilities = probabilities[before < sampling.top_p]
        return tokens[torch.multinomial(probabilities, 1, generator=self._random[i])[0]]


class _Done(StoppingCriteria):
    """Ends a row at its own length or stop string."""

    def __init__(self, tokens: Tokens, samplings: Sequence[Sampling], width: int) -> None:
        self._tokens = tokens
        self._samplings = samplings
        self._width = width

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        rows = zip(self._samplings, input_ids[:, self._width :].tolist(), strict=True)
        return torch.tensor([self._over(*row) for row in rows], device=input_ids.device)

    def _over(self, sampling: Sampling, row: list[int]) -> bool:
        if len(row) >= sampling.max_tokens:
            return True
        if not sampling.stop:
            return False
        text = self._tokens.decode(row)
        return any(stop in text for stop in self._tokens.own.stops(sampling.stop))
