# pyright: basic
"""Turn requests into the embedded runtime's terms: chat templates, tokens, generation settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from specloop.errors import ModelError
from specloop.llm.backends.embedded.grammar import constraint
from specloop.llm.base import Request
from specloop.llm.chat import Turns
from specloop.llm.switch import Parameters
from specloop.llm.tokens import ChatTokens

LONGEST = 2000
"""Most characters of a piece of a long text. The tokenizer silently gives at most 8,192 tokens; a
piece has fewer even at one token a byte and four bytes a character."""

_JOINTS = (
    re.compile(r"(?<=[A-Za-z])(?= [A-Za-z])|(?<=[A-Za-z]\n)(?=[A-Za-z])"),
    re.compile(r"(?<=\s)(?=\S)|(?<=[^\x00-\x7f])(?=[^\x00-\x7f])"),
)
"""Where a text may be split, best first. Tokens never cross the gap between words; the other places
keep the text and the model's markers whole."""

Encode = Callable[[str], list[int]]


class TextTokens(ChatTokens):
    """The runtime's tokenizer with its chat template."""

    refuses = (RuntimeError,)

    def __init__(self, tokenizer: Any, thinking: bool | None = None, context: int = 0) -> None:
        if not tokenizer.chat_template:
            raise ModelError("the file has no chat template; an instruct model is needed")
        super().__init__(tokenizer, thinking, context)

    def _control(self) -> Iterator[tuple[str, int]]:
        """All tokens of the vocabulary that look like a marker and vanish when decoded."""
        for token, number in self._vocabulary():
            looks = len(token) > 2 and token[0] + token[-1] in ("<>", "[]")
            if looks and not self._tokenizer.decode([number], skip_special_tokens=True):
                yield token, number

    def _names(self) -> set[str]:
        return {token for token, _ in self._vocabulary()}

    def _vocabulary(self) -> Iterator[tuple[str, int]]:
        for key, number in self._tokenizer.get_vocab().items():
            yield key.decode(errors="ignore") if isinstance(key, bytes) else key, number

    def _write(self, turns: Turns, begin: bool, switches: Parameters) -> str:
        more = dict(switches) or None
        return self._tokenizer.apply_chat_template(list(turns), begin, extra_context=more)

    def _ids(self, text: str, special: bool) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=special).input_ids.data[0].tolist()

    def encode(self, text: str) -> list[int]:
        """The token ids of a text of any length, with nothing added."""
        return encode_whole(super().encode, text)

    def is_end(self, token: int) -> bool:
        """Whether a token ends the turn."""
        return token == self._tokenizer.get_eos_token_id()


def encode_whole(encode: Encode, text: str) -> list[int]:
    """The tokens of a text of any length, tokenised in pieces."""
    if len(text) <= LONGEST:
        return encode(text)
    # Some tokenizers put a space before every text.
    adds_space = encode("a b") == encode("a") + encode("b")
    ids: list[int] = []
    for number, piece in enumerate(pieces(text)):
        ids += encode(piece.removeprefix(" ") if number and adds_space else piece)
    return ids


def pieces(text: str) -> Iterator[str]:
    """The text in pieces of at most `LONGEST` characters."""
    while len(text) > LONGEST:
        at = _joint(text)
        yield text[:at]
        text = text[at:]
    yield text


def _joint(text: str) -> int:
    for joint in _JOINTS:
        places = [match.start() for match in joint.finditer(text, LONGEST // 2, LONGEST)]
        if places:
            return places[-1]
    return LONGEST


def runtime_config(request: Request, text: TextTokens) -> Any:
    """The runtime's generation settings for a request."""
    import openvino_genai as ov_genai

    sampling = request.sampling
    config = _config(sampling.max_tokens)
    config.rng_seed = sampling.seed
    config.logprobs = int(request.logprobs)
    config.stop_strings = set(text.own.stops(sampling.stop))
    config.do_sample = sampling.temperature > 0
    if config.do_sample:
        config.temperature = sampling.temperature
        config.top_p = sampling.top_p
        if sampling.top_k:
            config.top_k = sampling.top_k
    if request.json_schema or request.regex:
        limit = constraint(request)
        config.structured_output_config = ov_genai.StructuredOutputConfig(
            **{limit.kind: limit.text}
        )
    return config


def echo_config() -> Any:
    """Settings that report the log-probabilities of the prompt's tokens."""
    config = _config(1)
    config.logprobs = 1
    config.echo = True
    return config


def literal_config(regex: str, n: int) -> Any:
    """Settings that write `n` tokens of a matching text, with their log-probabilities."""
    import openvino_genai as ov_genai

    config = _config(n)
    config.logprobs = 1
    config.structured_output_config = ov_genai.StructuredOutputConfig(regex=regex)
    return config


def _config(max_tokens: int) -> Any:
    import openvino_genai as ov_genai

    config = ov_genai.GenerationConfig()
    config.apply_chat_template = False
    config.max_new_tokens = max_tokens
    return config
