# pyright: basic
"""Run batches of requests on a transformers model, each row with its own sampling, seed, length
and stop strings.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

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

from specloop.errors import ContextError, ModelError
from specloop.llm.backends.hf.dtype import fast_dtype
from specloop.llm.backends.hf.tokens import PromptTokens, Tokens, context_of
from specloop.llm.base import Reply, Request, Usage
from specloop.llm.context import misfit
from specloop.llm.thinking import apart, ended, in_own_stops
from specloop.records import Message, Sampling


class LoadedCheckpoint:
    """A loaded checkpoint. Call its methods from one thread only."""

    def __init__(self, path: Path, adapter: str, dtype: str, thinking: bool | None = None) -> None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        kind = getattr(torch, fast_dtype() if dtype == "auto" else dtype)
        logging.disable_progress_bar()
        self.tokenizer: Any = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model: Any = AutoModelForCausalLM.from_pretrained(path, dtype=kind, local_files_only=True)
        if adapter:
            from peft import PeftModel

            model = PeftModel.from_pretrained(model, adapter, local_files_only=True)
        self.model = model.to(device).eval()
        self.context = context_of(model.config, self.tokenizer)
        self.ends = _ends(self.model, self.tokenizer)
        self.pad = next(n for n in (self.tokenizer.pad_token_id, *self.ends) if n is not None)
        self.tokens = Tokens(self.tokenizer, thinking)
        self.markers = self.tokens.markers

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """Answer a batch."""
        begun = [self._prompt(request) for request in requests]
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
        text = self.markers.plain(continuation)
        scored = self.tokens.encode(text)
        ids = self.tokens.before_answer(messages) + scored if messages else self._encode(text)
        n_scored = min(len(scored), len(ids) - 1)
        if n_scored < 1:
            raise ModelError(f"nothing to score in {continuation!r}")
        self._must_fit(len(ids), 0)
        row = torch.tensor([ids], device=self.model.device)
        with torch.inference_mode():
            logits = self.model(input_ids=row).logits[0, -n_scored - 1 : -1].float()
        picked = logits.log_softmax(-1).gather(1, row[0, -n_scored:, None])
        return tuple(picked[:, 0].tolist())

    def _encode(self, text: str) -> list[int]:
        """A text outside a chat, with BOS if the tokenizer puts one."""
        return self.tokens.bare(text)

    def _prompt(self, request: Request) -> PromptTokens:
        """The request's tokens; ContextError if they and the answer do not fit."""
        prompt = self.tokens.prompt(request.messages, request.prefill)
        self._must_fit(len(prompt.ids), request.sampling.max_tokens)
        return prompt

    def _must_fit(self, n_prompt: int, max_tokens: int) -> None:
        reason = misfit(n_prompt, max_tokens, self.context)
        if reason:
            raise ContextError(reason)

    def _reply(
        self, request: Request, prompt: PromptTokens, row: list[int], logprobs: list[float]
    ) -> Reply:
        row = row[: request.sampling.max_tokens]
        end = next((i for i, token in enumerate(row) if token in self.ends), None)
        ids = row if end is None else row[:end]
        said = self.tokens.decode(ids)
        wanted = in_own_stops(request.sampling.stop, self.tokens.own)
        stops = [said.find(stop) for stop in wanted if stop in said]
        finish = "stop" if stops or end is not None else "length"
        begun = prompt.begun._replace(
            stops_there="</think>" in request.sampling.stop, cut=finish == "length"
        )
        parts = apart(said[: min(stops)] if stops else said, begun)
        return Reply(
            text=parts.text,
            reasoning=parts.thought,
            finish=ended(parts, begun, finish),
            usage=Usage(prompt_tokens=len(prompt.ids), completion_tokens=len(row[: len(ids) + 1])),
            logprobs=tuple(logprobs[: len(ids)]) if request.logprobs else None,
        )


def _ends(model: Any, tokenizer: Any) -> list[int]:
    """Tokens that end a turn: the checkpoint's and the tokenizer's."""
    said = model.generation_config.eos_token_id
    listed = said if isinstance(said, list) else [said]
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
        return any(stop in text for stop in in_own_stops(sampling.stop, self._tokens.own))
