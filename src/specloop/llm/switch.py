"""Turn thinking on or off: a chat template's switch, found by trying it, and those of servers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from specloop.errors import InputError

Parameters = Mapping[str, Any]


class Switch(NamedTuple):
    """Parameters that turn thinking on, and those that turn it off."""

    on: Parameters
    off: Parameters

    def at(self, thinking: bool) -> Parameters:
        """The parameters for on or off."""
        return self.on if thinking else self.off


TEMPLATES = (
    Switch({"enable_thinking": True}, {"enable_thinking": False}),
    Switch({"thinking": True}, {"thinking": False}),
    Switch({"reasoning_effort": "medium"}, {"reasoning_effort": "low"}),
)
"""Switches of Qwen 3, GLM and SmolLM 3; of DeepSeek and Granite; of gpt-oss, which can only be made
to think little."""

SERVERS: Mapping[str, Switch] = {
    **dict.fromkeys(
        ("vllm", "sglang", "llama.cpp"),
        Switch(
            {"chat_template_kwargs": {n: v for one in TEMPLATES for n, v in one.on.items()}},
            {"chat_template_kwargs": {n: v for one in TEMPLATES for n, v in one.off.items()}},
        ),
    ),
    # Its compatible endpoint ignores `think`, and older versions ignore the other.
    "ollama": Switch({"think": True}, {"think": False, "reasoning_effort": "none"}),
    "openrouter": Switch({"reasoning": {"enabled": True}}, {"reasoning": {"enabled": False}}),
    "openai": Switch({"reasoning_effort": "medium"}, {"reasoning_effort": "low"}),
    "deepseek": Switch({"thinking": {"type": "enabled"}}, {"thinking": {"type": "disabled"}}),
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
        if write(switch.on) != write(switch.off):
            return switch.at(thinking)
    names = ", ".join(name for switch in TEMPLATES for name in switch.on)
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
