"""Conversations as the chat templates of local checkpoints take them, and their tokens."""

# pyright: basic
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.conversations import CALL, TALK
from tests.tiny_model import CHAT, ask, make_pairs

from specloop.errors import InputError, ModelError
from specloop.records import Message

pytest.importorskip("transformers")

NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}" + CHAT
)
SILENT = CHAT.replace("{% for m in messages %}", "{% for m in messages if m.role != 'system' %}")
ALTERNATING = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant') }}"
    "{% endif %}{% endfor %}" + CHAT
)
THINKS = CHAT.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}")
EMPTY_THOUGHT = CHAT.replace(
    "{{ m.content }}",
    "{% if m.role == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}{{ m.content }}",
)


@pytest.fixture
def tokens_of(checkpoint: Path):
    from transformers import AutoTokenizer

    from specloop.llm.backends.hf.tokens import Tokens

    def make(template: str, **changes: Any) -> Tokens:
        tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        tokenizer.chat_template = template
        if changes:
            tokenizer.add_special_tokens(changes)
        return Tokens(tokenizer)

    return make


def said(*turns: str) -> tuple[Message, ...]:
    """Messages from `role: text`."""
    return tuple(
        Message.model_validate(dict(zip(("role", "content"), turn.split(": ", 1), strict=True)))
        for turn in turns
    )


@pytest.mark.parametrize("template", [NO_SYSTEM, SILENT, ALTERNATING])
def test_the_systems_text_goes_before_the_users_where_the_template_has_no_place_for_it(
    tokens_of, template: str
):
    text = tokens_of(template).written(said("system: Be short.", "user: roses"))
    assert text == ("<|im_start|>user\nBe short.\n\nroses<|im_end|>\n<|im_start|>assistant\n")


def test_a_template_that_knows_the_system_keeps_it(tokens_of):
    text = tokens_of(CHAT).written(said("system:  Be short.\n", "user: roses"))
    assert text.startswith("<|im_start|>system\n Be short.\n<|im_end|>\n<|im_start|>user\nroses<")


def test_roles_alternate_where_the_template_wants_it(tokens_of):
    turns = said("system: a", "assistant: b", "user: c", "developer: d", "user: e")
    text = tokens_of(ALTERNATING).written(turns)
    assert text == (
        "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n"
        "<|im_start|>user\nc\n\nd\n\ne<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_conversation_that_the_template_takes_in_no_form_is_named(tokens_of):
    with pytest.raises(ModelError, match="roles must alternate"):
        tokens_of(ALTERNATING).written(said("assistant: b", "user: c"))


CALLS = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.tool_calls or [] %}[call"
    " {{ c.function.name }} {{ PUT }}]{% endfor %}{{ m.content }}{{ m.name }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.mark.parametrize("put", ["c.function.arguments | tojson", "'' + c.function.arguments"])
def test_tool_calls_and_results_stand_where_the_template_has_them(tokens_of, put: str):
    text = tokens_of(CALLS.replace("PUT", put)).written(TALK)
    assert text == (
        "<|im_start|>system\nYou help gardeners.<|im_end|>\n"
        "<|im_start|>user\nMy roses wilt.\nWhy?<|im_end|>\n"
        '<|im_start|>assistant\n[call look_up {"plant": "rose"}]<|im_end|>\n'
        "<|im_start|>tool\nRoses need water.look_up<|im_end|>\n<|im_start|>assistant\n"
    )


@pytest.mark.parametrize("template", [CHAT, NO_SYSTEM, SILENT, ALTERNATING])
def test_a_template_without_a_place_for_tools_is_named(tokens_of, template: str):
    with pytest.raises(InputError, match="no place for tool calls"):
        tokens_of(template).written(TALK)


def test_markers_in_tool_calls_and_results_are_broken_up(tokens_of):
    bad = CALL.model_copy(update={"arguments": '{"a": "\\u003c|im_end|>"}'})
    turns = (*TALK[:2], TALK[2].model_copy(update={"tool_calls": (bad,)}))
    turns += (Message(role="tool", content="<|im_end|>", tool_call_id="call_1"),)
    text = tokens_of(CALLS.replace("PUT", "c.function.arguments | tojson")).written(turns)
    assert text.count("<|im_end|>") == len(turns)


@pytest.mark.parametrize(("template", "mark"), [(THINKS, "<think>"), (CHAT, "")])
def test_a_thought_that_the_template_begins_is_known(tokens_of, template: str, mark: str):
    assert tokens_of(template).prompt(ask("roses")).begun.mark == mark


def test_an_answer_begun_for_the_model_stands_after_the_thought(tokens_of):
    tokens = tokens_of(THINKS)
    prompt = tokens.prompt(ask("roses"), "Sun")
    assert tokens._tokenizer.decode(prompt.ids).endswith("<think>\n\n</think>\n\nSun")
    assert prompt.begun.mark == ""


def test_a_given_answer_is_scored_after_the_thought(tokens_of):
    for template, end in ((CHAT, "assistant\n"), (THINKS, "<think>\n\n</think>\n\n")):
        tokens = tokens_of(template)
        ids, n_scored = tokens.scored(ask("roses"), "I grow beans")
        assert tokens._tokenizer.decode(ids[:-n_scored]).endswith(end)


def test_a_thought_is_begun_in_the_models_own_marks(tokens_of):
    tokens = tokens_of(CHAT, additional_special_tokens=["[THINK]", "[/THINK]"])
    prompt = tokens.prompt(ask("roses"), "<think>in [THINK] pots")
    assert tokens._tokenizer.decode(prompt.ids).endswith("assistant\n[THINK]in [ THINK] pots")
    assert prompt.begun.prefill == "[THINK]in [ THINK] pots"


def test_bare_text_has_the_bos_that_the_tokenizer_puts_there(tokens_of):
    from tokenizers.processors import TemplateProcessing

    tokens = tokens_of(CHAT, bos_token="<|end|>")
    plain = tokens.encode("I grow beans")
    assert tokens.scored((), "I grow beans")[0] == plain
    end = tokens._tokenizer.convert_tokens_to_ids("<|end|>")
    tokens._tokenizer._tokenizer.post_processor = TemplateProcessing(
        single="<|end|> $A <|im_end|>",
        special_tokens=[
            (name, tokens._tokenizer.convert_tokens_to_ids(name))
            for name in ("<|end|>", "<|im_end|>")
        ],
    )
    assert tokens.scored((), "I grow beans")[0] == [end, *plain]
    assert tokens.encode("I grow beans") == plain


def test_a_tokenizer_set_to_cut_cuts_nothing(tokens_of):
    tokens = tokens_of(CHAT)
    tokens._tokenizer._tokenizer.enable_truncation(8)
    assert len(tokens.prompt(ask("roses " * 40)).ids) > 40


def test_control_tokens_vanish_but_for_those_around_a_thought(tokens_of):
    marks = ["[THINK]", "[/THINK]", "[INST]"]
    tokens = tokens_of(CHAT, additional_special_tokens=marks)
    text = "[INST][THINK]sun[/THINK]roses"
    assert tokens.decode(tokens.encode(text)) == "[THINK]sun[/THINK]roses"
    assert tokens.decode(tokens.encode("[INST]roses")) == "roses"


@pytest.mark.parametrize(
    ("template", "begins", "answer"),
    [
        (CHAT, "assistant\n", "water them daily\nthanks<|im_end|>\n"),
        (NO_SYSTEM, "assistant\n", "water them daily\nthanks<|im_end|>\n"),
        (
            EMPTY_THOUGHT,
            "assistant\n",
            "<think>\n\n</think>\n\nwater them daily\nthanks<|im_end|>\n",
        ),
        (THINKS, "<think>\n", "\n</think>\n\nwater them daily\nthanks<|im_end|>\n"),
    ],
)
def test_an_answer_is_trained_after_the_prompt_that_the_model_is_asked_with(
    tokens_of, template: str, begins: str, answer: str
):
    pytest.importorskip("peft")
    from specloop.training.rows import row_of

    tokens = tokens_of(template)
    pair = make_pairs(1)[0]
    pair = pair.model_copy(update={"prompt": said("system: Be short.", "user: roses")})
    row = row_of(pair, tokens, str)
    decode = tokens._tokenizer.decode
    assert row.prompt_ids == tokens.prompt(pair.prompt).ids
    assert decode(row.prompt_ids).endswith(begins)
    assert decode(row.chosen_ids) == answer
    assert decode(row.rejected_ids) == answer.replace(pair.chosen_text, pair.rejected_text)
