"""A transformers tokenizer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinja2 import TemplateError

from specloop.llm.chat import Turns
from specloop.llm.switch import Parameters
from specloop.llm.tokens import ChatTokens

_ENDLESS = 10**9


class Tokens(ChatTokens):
    """A transformers tokenizer with its chat template."""

    refuses = (TemplateError,)

    def _control(self) -> Iterator[tuple[str, int]]:
        for number, token in self._tokenizer.added_tokens_decoder.items():
            if token.special:
                yield str(token), number
        yield from zip(
            self._tokenizer.all_special_tokens, self._tokenizer.all_special_ids, strict=True
        )

    def _names(self) -> set[str]:
        return set(map(str, self._tokenizer.added_tokens_decoder.values()))

    def _write(self, turns: Turns, begin: bool, switches: Parameters) -> str:
        return self._tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=begin, **switches
        )

    def _ids(self, text: str, special: bool) -> list[int]:
        return self._tokenizer(text, add_special_tokens=special)["input_ids"]


def context_of(config: Any, tokenizer: Any) -> int:
    """The context length by a checkpoint's configuration or else its tokenizer; 0 if neither has
    one.

    A longer one by scaled positions counts.
    """
    text = config.get_text_config()
    configured = int(getattr(text, "max_position_embeddings", 0) or 0)
    positions = getattr(text, "rope_parameters", None) or getattr(text, "rope_scaling", None) or {}
    factor, before = positions.get("factor"), positions.get("original_max_position_embeddings")
    if configured and factor and before:
        return max(configured, int(factor * before))
    # If no length is known, tokenizers say 10^30.
    limit = int(tokenizer.model_max_length or 0)
    return configured or (limit if limit < _ENDLESS else 0)
