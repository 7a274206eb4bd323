"""A transformers tokenizer: conversations into tokens, tokens into text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from jinja2 import TemplateError

from specloop.llm.chat import ChatTemplate, Markers, Turns
from specloop.llm.switch import Parameters, template_switch
from specloop.llm.thinking import (
    Begun,
    answering,
    in_own_marks,
    marks_among,
    own_marks,
    thought_begun,
    turn_begun,
)
from specloop.records import Message
from specloop.turntokens import folded, shaped

_ENDLESS = 10**9


class PromptTokens(NamedTuple):
    """A conversation as tokens up to the model's reply, and how that reply is begun."""

    ids: list[int]
    begun: Begun


class Tokens:
    """A tokenizer with its chat template: prompts into tokens, tokens into text.

    `thinking` turns thinking on or off; InputError if the template has no switch for it.
    """

    def __init__(self, tokenizer: Any, thinking: bool | None = None) -> None:
        self._tokenizer = tokenizer
        added = tokenizer.added_tokens_decoder.items()
        special = {number: str(token) for number, token in added if token.special}
        every = {str(token) for _, token in added}
        template = str(tokenizer.chat_template or "")
        ordinary = {token for token in every if folded(token).text in shaped(token)}
        self.markers = Markers({*special.values(), *ordinary, *shaped(template)})
        kept = marks_among(special.values())
        self._marks = {number for number, token in special.items() if token in kept}
        self.own = own_marks(every, template)
        self._left_out = {*special, *tokenizer.all_special_ids} - self._marks

        def probe(switches: Parameters) -> str:
            turn = {"role": "user", "content": "a"}
            return tokenizer.apply_chat_template(
                [turn], tokenize=False, add_generation_prompt=True, **switches
            )

        switches = template_switch(thinking, probe)

        def write(turns: Turns, begin: bool) -> str:
            return tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=begin, **switches
            )

        self.template = ChatTemplate(write, self.markers, (TemplateError,))

    def prompt(self, messages: Sequence[Message], prefill: str = "") -> PromptTokens:
        """The tokens of a conversation in the model's own template; ModelError if the template does
        not take the messages in any form."""
        opening = self.template.written(messages)
        prefill = in_own_marks(prefill, self.own, self.markers.plain)
        mark = "" if prefill else thought_begun(opening)
        return PromptTokens(self.encode(turn_begun(opening, prefill)), Begun(prefill, mark=mark))

    def before_answer(self, messages: Sequence[Message]) -> list[int]:
        """The tokens of a conversation up to the beginning of the answer: a given answer is scored
        there, not within a thought."""
        return self.encode(answering(self.template.written(messages), self.own))

    def encode(self, text: str) -> list[int]:
        """The token ids, with nothing added."""
        return self._tokenizer(text, add_special_tokens=False)["input_ids"]

    def bare(self, text: str) -> list[int]:
        """The token ids of a text outside a chat, with the tokenizer's beginning (BOS)."""
        ids, whole = self.encode(text), self._tokenizer(text)["input_ids"]
        starts = (n for n in range(len(whole)) if whole[n : n + len(ids)] == ids)
        begins = whole[:1] == [self._tokenizer.bos_token_id]
        return [*whole[: next(starts, int(begins))], *ids]

    def decode(self, ids: Sequence[int]) -> str:
        """The text without control tokens, except those around thoughts."""
        if self._marks.isdisjoint(ids):
            return self._tokenizer.decode(ids, skip_special_tokens=True)
        return self._tokenizer.decode([n for n in ids if n not in self._left_out])


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
