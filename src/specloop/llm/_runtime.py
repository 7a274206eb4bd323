# pyright: basic
"""Between our requests and the embedded runtime: chat templates, tokens and generation settings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from specloop.errors import ModelError
from specloop.llm._grammar import constraint
from specloop.llm.base import Request
from specloop.records import Message


class Text:
    """Turns conversations into tokens and tokens into text."""

    def __init__(self, tokenizer: Any, name: str) -> None:
        self._tokenizer = tokenizer
        self._name = name
        if not tokenizer.chat_template:
            raise ModelError(f"{name}: the file has no chat template; an instruct model is needed")
        self._markers = _marker_pattern(tokenizer)

    def prompt(self, messages: Sequence[Message]) -> str:
        """The conversation in the model's own template, up to where the assistant's turn begins."""
        turns = [{"role": role, "content": self.plain(text)} for role, text in _turns(messages)]
        try:
            return self._tokenizer.apply_chat_template(turns, add_generation_prompt=True)
        except RuntimeError as error:
            raise ModelError(
                f"{self._name}: the chat template refuses the messages: {error}"
            ) from None

    def plain(self, text: str) -> str:
        """The text with turn markers of the model broken up, so that data cannot open or close a
        turn.
        """
        return self._markers.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)

    def encode(self, text: str) -> list[int]:
        """Token ids, nothing added."""
        return self._tokenizer.encode(text, add_special_tokens=False).input_ids.data[0].tolist()

    def decode(self, ids: Sequence[int]) -> str:
        """Text of generated ids without markers."""
        return self._tokenizer.decode(list(ids))

    def is_end(self, token: int) -> bool:
        """Whether a token ends the turn."""
        return token == self._tokenizer.get_eos_token_id()


def _turns(messages: Sequence[Message]) -> list[tuple[str, str]]:
    """Roles as templates know them: a developer speaks as the system, and system turns in a row
    are one.
    """
    known = [("system" if m.role == "developer" else m.role, m.content) for m in messages]
    turns: list[tuple[str, str]] = []
    for role, group in groupby(known, key=lambda turn: turn[0]):
        texts = [text for _, text in group]
        turns.extend(
            [(role, "\n\n".join(texts))] if role == "system" else [(role, t) for t in texts]
        )
    return turns


def _marker_pattern(tokenizer: Any) -> re.Pattern[str]:
    """Matches every control token of the vocabulary: those that vanish when decoded."""
    looks = [
        token
        for token in tokenizer.get_vocab()
        if len(token) > 2 and token[0] + token[-1] in ("<>", "[]")
    ]
    vocabulary = tokenizer.get_vocab()
    control = [t for t in looks if not tokenizer.decode([vocabulary[t]], skip_special_tokens=True)]
    if not control:
        return re.compile(r"(?!)")
    return re.compile("|".join(re.escape(t) for t in sorted(control, key=len, reverse=True)))


def runtime_config(request: Request, max_tokens: int) -> Any:
    """The runtime's generation settings for a request."""
    import openvino_genai as ov_genai

    sampling = request.sampling
    config = ov_genai.GenerationConfig()
    config.apply_chat_template = False
    config.max_new_tokens = max_tokens
    config.rng_seed = sampling.seed
    config.logprobs = int(request.logprobs)
    config.stop_strings = set(sampling.stop)
    config.do_sample = sampling.temperature > 0
    if config.do_sample:
        config.temperature = sampling.temperature
        config.top_p = sampling.top_p
        if sampling.top_k:
            config.top_k = sampling.top_k
    if request.json_schema or request.regex:
        kind, text = constraint(request)
        config.structured_output_config = ov_genai.StructuredOutputConfig(**{kind: text})
    return config


def echo_config() -> Any:
    """Settings that return the log-probabilities of the prompt itself."""
    config = _one_token()
    config.echo = True
    return config


def literal_config(regex: str) -> Any:
    """Settings that write one token of what matches."""
    import openvino_genai as ov_genai

    config = _one_token()
    config.structured_output_config = ov_genai.StructuredOutputConfig(regex=regex)
    return config


def _one_token() -> Any:
    import openvino_genai as ov_genai

    config = ov_genai.GenerationConfig()
    config.apply_chat_template = False
    config.max_new_tokens = 1
    config.logprobs = 1
    return config
