"""Thinking on or off, by the switch that a chat template or a server has."""

# pyright: basic
from __future__ import annotations

from pathlib import Path

import pytest
from tests.openai_server import LLAMA, OLLAMA, SGLANG, VLLM, owned_by, says
from tests.tiny_model import CHAT, ask, make_tiny

from specloop.errors import InputError
from specloop.llm.backends import check_model, resolve
from specloop.llm.base import Request
from specloop.llm.switch import template_switch
from specloop.records import Sampling

BOTH = CHAT.replace(
    "assistant\n{% endif %}",
    "assistant\n{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n"
    "{% else %}<think>\n{% endif %}{% endif %}",
)
NAMES = {"enable_thinking", "thinking", "reasoning_effort"}


@pytest.mark.parametrize(
    ("name", "on", "off"),
    [
        ("enable_thinking", True, False),
        ("thinking", True, False),
        ("reasoning_effort", "medium", "low"),
    ],
)
def test_the_switch_of_a_template_is_found_by_trying_it(name: str, on: object, off: object):
    def write(switches) -> str:
        return f"a {switches.get(name)}"

    assert template_switch(True, write) == {name: on}
    assert template_switch(False, write) == {name: off}
    assert template_switch(None, write) == {}
    with pytest.raises(InputError, match="no switch"):
        template_switch(False, lambda switches: "a")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("transformers")
    from transformers import AutoTokenizer

    folder = make_tiny(tmp_path_factory.mktemp("tiny"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = BOTH
    tokenizer.save_pretrained(folder)
    return folder


async def test_a_local_model_thinks_or_not_as_its_option_says(checkpoint: Path):
    request = Request(messages=ask("roses"), sampling=Sampling(max_tokens=12, temperature=1.0))
    replies = {}
    for thinking in (True, False, None):
        model = resolve(f"hf:{checkpoint}", dtype="float32", thinking=thinking)
        replies[thinking] = await model.generate(request)
        await model.aclose()
    assert replies[True].text == ""
    assert replies[True].reasoning
    assert replies[False].text
    assert replies[False].reasoning == ""
    assert replies[None] == replies[True]


def test_a_template_without_a_switch_is_told_before_the_first_call(
    checkpoint: Path, tmp_path: Path
):
    plain = make_tiny(tmp_path / "plain")
    with pytest.raises(InputError, match=r"hf:.*plain.*'thinking'.*knows no switch"):
        check_model(f"hf:{plain}", thinking=False)
    check_model(f"hf:{checkpoint}", thinking=False)
    with pytest.raises(InputError, match=r"'thinking': .*not 'off'"):
        check_model(f"hf:{checkpoint}", thinking="off")


def test_answers_are_trained_after_the_prompt_that_the_option_gives(checkpoint: Path):
    pytest.importorskip("peft")
    from tests.tiny_model import make_pairs
    from transformers import AutoTokenizer

    from specloop.llm.backends.hf.tokens import Tokens
    from specloop.training.rows import row_of

    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    row = row_of(make_pairs(1)[0], Tokens(tokenizer, thinking=False), str)
    assert tokenizer.decode(row.prompt_ids).endswith("<think>\n\n</think>\n\n")
    assert tokenizer.decode(row.chosen_ids).startswith("water them")


@pytest.mark.parametrize("pages", [VLLM, SGLANG, LLAMA])
async def test_servers_of_templates_are_given_every_name(serve, ask, pages):
    on = await serve(says("Yes."), pages, thinking=False)
    await on.model.generate(ask())
    sent = on.server.body["chat_template_kwargs"]
    assert sent.keys() == NAMES
    assert sent["enable_thinking"] is sent["thinking"] is False


@pytest.mark.parametrize(
    ("kind", "thinking", "sent"),
    [
        ("ollama", False, {"think": False, "reasoning_effort": "none"}),
        ("ollama", True, {"think": True}),
        ("openrouter", False, {"reasoning": {"enabled": False}}),
        ("openai", False, {"reasoning_effort": "low"}),
        ("deepseek", False, {"thinking": {"type": "disabled"}}),
    ],
)
async def test_each_kind_of_server_has_its_own_parameter(serve, ask, kind, thinking, sent):
    on = await serve(says("Yes."), server=kind, thinking=thinking)
    await on.model.generate(ask())
    assert sent.items() <= on.server.body.items()


async def test_nothing_is_sent_unless_asked_for_and_ones_own_parameter_wins(serve, ask):
    own = {"chat_template_kwargs": {"thinking_budget": 0}}
    on = await serve(says("Yes."), VLLM, thinking=False, extra_body=own)
    await on.model.generate(ask())
    assert on.server.body["chat_template_kwargs"] == {"thinking_budget": 0}
    quiet = await serve(says("Yes."), OLLAMA)
    await quiet.model.generate(ask())
    assert not {"think", "reasoning_effort"} & quiet.server.body.keys()


async def test_a_server_whose_switch_is_not_known_is_told_at_once(serve):
    with pytest.raises(InputError, match=r"'thinking': .* kind 'unknown' .*extra_body"):
        await serve(says("Yes."), owned_by("x"), thinking=True)
