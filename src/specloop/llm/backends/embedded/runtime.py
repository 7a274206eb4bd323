# pyright: basic
"""Turn requests into the embedded runtime's terms: chat templates, tokens, generation settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from specloop.errors import InputError, ModelError
from specloop.llm.backends.embedded.grammar import constraint
from specloop.llm.backends.embedded.pieces import encode_whole
from specloop.llm.base import Request
from specloop.llm.chat import ChatTemplate, Markers, Turns
from specloop.llm.switch import Parameters, template_switch
from specloop.llm.thinking import answering, in_own_marks, in_own_stops, marks_among, own_marks
from specloop.records import Message
from specloop.turntokens import shaped


class TextTokens:
    """Turns conversations into tokens and tokens into text."""

    def __init__(self, tokenizer: Any, name: str, thinking: bool | None = None) -> None:
        self._tokenizer = tokenizer
        self._name = name
        if not tokenizer.chat_template:
            raise ModelError(f"{name}: the file has no chat template; an instruct model is needed")
        control = dict(_control_tokens(tokenizer))
        names = _names(tokenizer)
        ordinary = {
            name for name in names if name[:1] in ("<", "[", "]", "◁") and name in shaped(name)
        }
        self._markers = Markers({*control, *ordinary, *shaped(tokenizer.chat_template)})
        kept = marks_among(control)
        self._marks = {number for token, number in control.items() if token in kept}
        self._left_out = set(control.values()) - self._marks
        self._own = own_marks(names, tokenizer.chat_template)

        def probe(switches: Parameters) -> str:
            turn = {"role": "user", "content": "a"}
            return tokenizer.apply_chat_template([turn], True, extra_context=dict(switches))

        try:
            more = dict(template_switch(thinking, probe))
        except InputError as error:
            raise InputError(f"{name}: {error}") from None

        def write(turns: Turns, begin: bool) -> str:
            return tokenizer.apply_chat_template(list(turns), begin, extra_context=more or None)

        self._template = ChatTemplate(write, self._markers, (RuntimeError,))

    def prompt(self, messages: Sequence[Message]) -> str:
        """The conversation in the model's own template, up to where the assistant's turn begins."""
        try:
            return self._template.written(messages)
        except (InputError, ModelError) as error:
            raise type(error)(f"{self._name}: {error}") from None

    def before_answer(self, messages: Sequence[Message]) -> list[int]:
        """The tokens of a conversation up to where the answer itself begins."""
        return self.encode(answering(self.prompt(messages), self._own))

    def plain(self, text: str) -> str:
        """The text with the model's markers broken up."""
        return self._markers.plain(text)

    def begun(self, prefill: str) -> str:
        """A prefill with a thought in the model's own marks and the rest made plain."""
        return in_own_marks(prefill, self._own, self.plain)

    def stops(self, request: Request) -> set[str]:
        """Strings that end a reply, in the model's own marks."""
        return set(in_own_stops(request.sampling.stop, self._own))

    def encode(self, text: str) -> list[int]:
        """The token ids of the whole text, with nothing added."""
        return encode_whole(self._piece, text)

    def _piece(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).input_ids.data[0].tolist()

    def bare(self, text: str) -> list[int]:
        """The token ids of a text outside a chat, with the tokenizer's beginning (BOS)."""
        whole = self._tokenizer.encode("a", add_special_tokens=True).input_ids.data[0].tolist()
        letter = self._piece("a")
        starts = (n for n in range(len(whole)) if whole[n : n + len(letter)] == letter)
        return [*whole[: next(starts, 0)], *self.encode(text)]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of generated ids without markers, except those around thoughts."""
        if self._marks.isdisjoint(ids):
            return self._tokenizer.decode(list(ids))
        kept = [number for number in ids if number not in self._left_out]
        return self._tokenizer.decode(kept, skip_special_tokens=False)

    def is_end(self, token: int) -> bool:
        """Whether a token ends the turn."""
        return token == self._tokenizer.get_eos_token_id()


def _names(tokenizer: Any) -> set[str]:
    vocabulary = tokenizer.get_vocab()
    return {key.decode(errors="ignore") if isinstance(key, bytes) else key for key in vocabulary}


def _control_tokens(tokenizer: Any) -> Iterator[tuple[str, int]]:
    """All tokens of the vocabulary that look like a marker and vanish when decoded."""
    for key, number in tokenizer.get_vocab().items():
        token = key.decode(errors="ignore") if isinstance(key, bytes) else key
        looks = len(token) > 2 and token[0] + token[-1] in ("<>", "[]")
        if looks and not tokenizer.decode([number], skip_special_tokens=True):
            yield token, number


def runtime_config(request: Request, stops: set[str]) -> Any:
    """The runtime's generation settings for a request."""
    import openvino_genai as ov_genai

    sampling = request.sampling
    config = ov_genai.GenerationConfig()
    config.apply_chat_template = False
    config.max_new_tokens = sampling.max_tokens
    config.rng_seed = sampling.seed
    config.logprobs = int(request.logprobs)
    config.stop_strings = stops
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
    """Settings that write one token of a matching text."""
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
