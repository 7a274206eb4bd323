"""Thought and text of a reply, whatever marks a model tells them apart by."""

from __future__ import annotations

import time

import pytest

from specloop.llm.thinking import (
    ANY,
    Begun,
    Marks,
    apart,
    ended,
    in_own_marks,
    marks_among,
    own_marks,
    thought_begun,
)

HARMONY = (
    "<|channel|>analysis<|message|>hm<|end|>"
    "<|start|>assistant<|channel|>final<|message|>Yes.<|return|>"
)


@pytest.mark.parametrize(
    ("said", "thought", "text"),
    [
        ("<think>hm</think>\n\nYes.", "hm", "Yes."),
        ("<think>\n\n</think>\n\nYes.", "", "Yes."),
        ("<thinking>hm</thinking>Yes.", "hm", "Yes."),
        ("<Thought>hm</Thought>Yes.", "hm", "Yes."),
        ("<seed:think>hm</seed:think>Yes.", "hm", "Yes."),
        ("[THINK]hm[/THINK]Yes.", "hm", "Yes."),
        ("◁think▷hm◁/think▷Yes.", "hm", "Yes."),
        ("<unused94>thought\nhm<unused95>Yes.", "hm", "Yes."),
        ("<|channel>thought\nhm<channel|>Yes.", "hm", "Yes."),
        (
            "<|begin_of_thought|>hm<|end_of_thought|>\n"
            "<|begin_of_solution|>\nYes.\n<|end_of_solution|>",
            "hm",
            "Yes.",
        ),
        (
            "<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Yes.<|END_RESPONSE|>",
            "hm",
            "Yes.",
        ),
        ("<think>a</think>\n<think>b</think>\nYes.", "a\n\nb", "Yes."),
        (HARMONY, "hm", "Yes."),
        (HARMONY.removesuffix("<|return|>"), "hm", "Yes."),
        ("<|channel|>final<|message|>Yes.", "", "Yes."),
        (
            "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary"
            "<|message|>b<|end|><|start|>assistant<|channel|>final<|message|>Yes.",
            "a\n\nb",
            "Yes.",
        ),
        ("analysisWe need a yes.assistantfinalYes.", "We need a yes.", "Yes."),
        ("hm\n</think>\n\nYes.", "hm", "Yes."),
        ("hm</think>Yes.", "hm", "Yes."),
        ('He says "hm"</think>\nYes.', 'He says "hm"', "Yes."),
        ("hm[/THINK]Yes.", "hm", "Yes."),
        ("<think>a<think>b</think>c</think>Yes.", "a<think>b</think>c", "Yes."),
        ("<think>a<think>b</think>Yes.", "a<think>b", "Yes."),
        (
            "<think>The tag <think> is asked for.</think>It ends with `</think>`.",
            "The tag <think> is asked for.",
            "It ends with `</think>`.",
        ),
        ("\ufeff<think>hm</think>Yes.", "hm", "Yes."),
        ("\u200b\n<think>hm</think>Yes.", "hm", "Yes."),
        ("< think >hm</ think >Yes.", "hm", "Yes."),
        ("<antThinking>hm</antThinking>Yes.", "hm", "Yes."),
        ("<scratchpad>hm</scratchpad>Yes.", "hm", "Yes."),
        (
            "<|start|>assistant<|channel|>analysis<|message|>hm<|end|>"
            "<|start|>assistant<|channel|>final<|message|>Yes.",
            "hm",
            "Yes.",
        ),
    ],
)
def test_a_thought_at_the_beginning_is_no_text(said: str, thought: str, text: str):
    assert apart(said, Begun()) == (thought, text, True)


@pytest.mark.parametrize(
    "said",
    [
        "Write <think> and </think> around it.",
        "Close it with </think> and go on.",
        "Close it with `</think>`.",
        'The tag "</think>" ends it.',
        "Models end a thought (</think>), then answer.",
        "Like so:\n```\nhm\n</think>\nYes.\n```\n",
        "`<think>` opens a thought and `</think>` ends it.",
        "Roses, then <thinking>more</thinking>.",
        "analysis of the soil comes first",
        "analysisResult = 3",
        '{"reason": "it ends with </think>", "verdict": "NO"}',
        "S1 | it ends with </think> | NO",
        "Words that are reserved:\n- </think>\n- </answer>",
        "1. </think>\n2. </answer>",
        '<think type="xml">is not ours',
        "\ufeffYes.",
        "Use <|channel|>final<|message|> for answers.",
        " Yes.\n",
        "",
    ],
)
def test_an_answer_that_speaks_of_the_marks_is_left_whole(said: str):
    assert apart(said, Begun()) == ("", said, True)


@pytest.mark.parametrize(
    "said",
    [
        "<think>hm, but",
        "[THINK]hm, but",
        "<think>a</think><think>hm, but",
        "<|channel|>analysis<|message|>hm, but",
        "<|START_THINKING|>hm, but",
    ],
)
def test_a_thought_without_an_end_leaves_no_text(said: str):
    begun = Begun(cut=True)
    parts = apart(said, begun)
    assert (parts.text, parts.closed) == ("", False)
    assert parts.thought.endswith("hm, but")
    assert ended(parts, begun, "length") == "length"
    assert ended(parts, begun, "stop") == "other"


def test_many_marks_in_a_thought_take_no_time():
    said = "<think>" * 6000 + "</think>" * 6000 + "Yes."
    begin = time.monotonic()
    assert apart(said, Begun()).text == "Yes."
    assert time.monotonic() - begin < 2


def test_a_channel_whose_marks_are_lost_is_a_thought_only_where_the_reply_was_cut():
    said = "analysisWe need to"
    assert apart(said, Begun(cut=True)) == ("We need to", "", False)
    assert apart(said, Begun()) == ("", said, True)


@pytest.mark.parametrize(
    ("prompt", "mark"),
    [
        ("<assistant>\n<think>\n", "<think>"),
        ("<assistant>[THINK]", "[THINK]"),
        ("<assistant><seed:think>\n", "<seed:think>"),
        ("<assistant>\n<think>\n\n</think>\n\n", ""),
        ("What does <think> do?<end>\n<assistant>\n", ""),
    ],
)
def test_what_the_template_begins_is_read_off_the_prompt(prompt: str, mark: str):
    assert thought_begun(prompt) == mark


@pytest.mark.parametrize("mark", ["<think>", ANY])
def test_a_reply_goes_on_within_the_thought_that_the_template_began(mark: str):
    begun = Begun(mark=mark)
    assert apart("hm\n</think>\n\nYes.", begun) == ("hm", "Yes.", True)
    assert apart("<think>hm</think>Yes.", begun) == ("hm", "Yes.", True)
    assert apart("hm, but", begun) == ("hm, but", "", False)


def test_after_a_prefill_nothing_is_stripped():
    assert apart(" hm\n[/THINK]\n Yes.", Begun("[THINK]Well,")) == (" hm\n", "\n Yes.", True)
    assert apart(" Yes.", Begun("<think>hm</think>")) == ("", " Yes.", True)


def test_control_tokens_that_tell_thoughts_apart_are_kept():
    tokens = ["<s>", "[INST]", "[THINK]", "[/THINK]", "<|end|>"]
    assert marks_among(tokens) == {"[THINK]", "[/THINK]"}
    harmony = ["<|channel|>", "<|message|>", "<|end|>", "<|endoftext|>"]
    assert marks_among(harmony) == set(harmony[:3])


MISTRAL = Marks("[THINK]", "[/THINK]")
GPT_OSS = own_marks({"<|channel|>", "<|message|>"}, "")


@pytest.mark.parametrize(
    ("tokens", "template", "begin", "end"),
    [
        (set[str](), "", "<think>", "</think>"),
        ({"<think>", "[THINK]"}, "", "<think>", "</think>"),
        ({"[THINK]", "[/THINK]"}, "", "[THINK]", "[/THINK]"),
        (set[str](), "{{ '<seed:think>' }}", "<seed:think>", "</seed:think>"),
        ({"<|START_THINKING|>"}, "", "<|START_THINKING|>", "<|END_THINKING|>"),
    ],
)
def test_a_models_own_marks_are_known_by_its_tokens_and_template(
    tokens: set[str], template: str, begin: str, end: str
):
    assert own_marks(tokens, template) == Marks(begin, end)


def broken(text: str) -> str:
    return text.replace("[THINK]", "[ THINK]").replace("<think>", "< think>")


def test_a_begun_thought_is_put_into_the_models_own_marks():
    assert in_own_marks("<think>a[THINK]</think>b", MISTRAL, broken) == "[THINK]a[ THINK][/THINK]b"
    assert in_own_marks("<think>a", Marks(), broken) == "<think>a"
    assert in_own_marks("Sure, <think>", Marks(), broken) == "Sure, < think>"
    assert in_own_marks("Sure,", GPT_OSS, broken) == "<|channel|>final<|message|>Sure,"
    assert in_own_marks("", GPT_OSS, broken) == ""
    assert MISTRAL.stops(("</think>", "x")) == ("[/THINK]", "x")
    assert GPT_OSS.stops(("</think>",)) == ("<|end|>",)


def test_a_thought_begun_in_a_channel_ends_where_the_final_one_begins():
    begun = Begun(in_own_marks("<think>Hm,", GPT_OSS, broken))
    said = " so<|end|><|start|>assistant<|channel|>final<|message|>Yes."
    assert apart(said, begun) == (" so", "Yes.", True)
    assert apart(" so", begun) == (" so", "", False)
    zero = Begun(in_own_marks("<think>\n</think>", GPT_OSS, broken))
    assert apart("Yes.", zero) == ("", "Yes.", True)
