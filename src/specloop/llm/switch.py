"""Turn thinking on or off: a chat template's switch, found by trying it, and those of servers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from specloop.errors import InputError

Parameters = Mapping[str, Any]
Switch = Mapping[bool, Parameters]
"""The parameters that turn thinking on, and those that turn it off."""


def _switch(name: str, on: Any = True, off: Any = False) -> Switch:
    return {True: {name: on}, False: {name: off}}


TEMPLATES = (
    _switch("enable_thinking"),
    _switch("thinking"),
    _switch("reasoning_effort", "medium", "low"),
)
"""Switches of Qwen 3, GLM and SmolLM 3; of DeepSeek and Granite; of gpt-oss, which can only be made
to think little."""
_ALL = {at: {n: v for switch in TEMPLATES for n, v in switch[at].items()} for at in (True, False)}

SERVERS: Mapping[str, Switch] = {
    **dict.fromkeys(
        ("vllm", "sglang", "llama.cpp"), _switch("chat_template_kwargs", _ALL[True], _ALL[False])
    ),
    # Its compatible endpoint ignores `think`, and older versions ignore the other.
    "ollama": {True: {"think": True}, False: {"think": False, "reasoning_effort": "none"}},
    "openrouter": _switch("reasoning", {"enabled": True}, {"enabled": False}),
    "openai": _switch("reasoning_effort", "medium", "low"),
    "deepseek": _switch("thinking", {"type": "enabled"}, {"type": "disabled"}),
}
"""Switches by kind of server. A server that runs a model's own template gets all names at once: a
template ignores those that it does not know."""


def template_switch(thinking: bool | None, write: Callable[[Parameters], str]) -> Parameters:
    """The template parameters for thinking on or off; empty for None.

    `write` writes a small conversation with some parameters. InputError if the template writes the
    same either way.
    """
    if thinking is None:
        return {}
    for switch in TEMPLATES:
        if write(switch[True]) != write(switch[False]):
            return switch[thinking]
    names = ", ".join(_ALL[True])
    raise InputError(
        f"option 'thinking': the model's chat template knows no switch for it ({names} change"
        " nothing); take the option out"
    )


def must_be_known(thinking: bool | None, kinds: Iterable[str]) -> None:
    """InputError if it is not known how a kind of server turns thinking on or off."""
    unknown = sorted(set(kinds).difference(SERVERS))
    if thinking is not None and unknown:
        raise InputError(
            f"option 'thinking': it is not known how a server of kind {unknown[0]!r} turns it on"
            " or off: say what it is by the option server, or put its own parameter into"
            " extra_body"
        )
