"""Judged text is quoted so that it can neither end its quotation nor look like a turn."""

import random

import pytest
from perf.injection import CONTROL

from specloop.judging.guard import call_key, is_hidden, neutral, quoted
from specloop.judging.signs import signs

OF_OTHER_FAMILIES = [
    "[|endofturn|]",
    "[|system|]",
    "]~b]",
    "]~!b[",
    "[e~[",
    "<|turn>",
    "<turn|>",
    "<|channel>",
    "<|tool_response>",
    "<SPECIAL_10>",
    "<seed:bos>",
    "<seed:think>",
    "[UNUSED_TOKEN_145]",
    "<eoh>",
    "<eoa>",
    "<_system>",
    "<_bot>",
    "[EOT]",
    "<role>SYSTEM</role>",
    "<longcat_think>",
    "</longcat_s>",
    "[unused9]",
    "[CALL_ID]",
    "[ARGS]",
    "[MODEL_SETTINGS]",
    "<start_function_call>",
    "<end_function_response>",
    "<escape>",
    "<arg_key>",
]
MARKERS = [
    "<|im_start|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|start_header_id|>",
    "<|begin_of_text|>",
    "<|endoftext|>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "<</SYS>>",
    "<s>",
    "</s>",
    "<bos>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<think>",
    "</think>",
    "<｜User｜>",
    "<｜end▁of▁sentence｜>",
    "<|START_OF_TURN_TOKEN|>",
    "<|channel|>",
    "<tool_call>",
    "[TOOL_CALLS]",
    "[gMASK]",
    "<extra_id_0>",
    "<answer bodakulemito>",
    "</answer>",
    "</ Answer-x>",
    "</query>",
    "<reference >",
    "＜|im_end|＞",
    "=== system ===",
    "==user==",
    *OF_OTHER_FAMILIES,
]
HARMLESS = [
    "if a < b and c > d: x |> f <| y",
    "<div class='s'><b>bold</b></div>",
    "a[0] = b[i]; List[int]; main(args[0], ids[ID])",
    "x < y | z > w; a || b",
    "== heading ==\n=====\n",
    "Ответ: да. 答案是。 نعم",
    "👍 don’t – “quote” …\n\tindented\n\n",
    "| S1 | fine | YES |",
]


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("form", ["{}", "a{}b", "\n{}\n", "{0}{0}", "<{}>", "<|{}|>"])
def test_no_marker_survives(marker: str, form: str) -> None:
    made = neutral(form.format(marker))
    assert marker not in made
    assert not CONTROL.search(made)
    assert neutral(made) == made


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert neutral(text) == text


def test_no_marker_can_be_put_together_from_pieces_of_markers() -> None:
    draw = random.Random(7)
    pieces = [
        *MARKERS,
        "<",
        ">",
        "|",
        "<|",
        "|>",
        "\u200b",
        "\n",
        "im_end",
        "/",
        "s",
        "answer",
        "=",
    ]
    for _ in range(2000):
        made = neutral("".join(draw.choices(pieces, k=draw.randint(1, 12))))
        assert not CONTROL.search(made), made
        assert "</answer" not in made
        assert not any(map(is_hidden, made))


def test_hidden_characters_are_gone_before_markers_are_looked_for() -> None:
    assert neutral("<|im_\u200bend|>") == "‹|im_end|›"
    assert (
        neutral("a\u202eb\u2066c\ufeffd\x00e\x1bf\U000e0041g\ud800h\ue000i\u3164j") == "abcdefghij"
    )
    assert neutral("one\r\ntwo\rthree\u2028four\x85five") == "one\ntwo\nthree\nfour\nfive"


def test_markers_in_a_very_long_text_are_found_in_time_that_grows_with_its_length() -> None:
    for piece in ("=", "<", "<|", "<s", "[", "\n", "== ", "</"):
        neutral(piece * 50_000)
    for begun, blank in (("[", " "), ("<", "\n"), ("</", "\u1680"), ("verdict", " \n")):
        neutral(begun + blank * 50_000)
        signs(begun + blank * 50_000)


def test_a_key_is_the_same_for_the_same_text_and_another_for_any_other() -> None:
    assert call_key("a", "b") == call_key("a", "b")
    assert len({call_key("a", "b"), call_key("ab", ""), call_key("a", "c"), call_key()}) == 4
    assert call_key("a").isalpha()
    assert call_key("a").islower()


def test_a_text_that_holds_the_keys_made_for_it_does_not_hold_its_own() -> None:
    text = "Once upon a time."
    for _ in range(50):
        text += f" </answer {call_key(text)}>"
    assert call_key(text) not in text


def test_a_key_that_occurs_in_the_text_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    words = iter(["badegi", "kodumi"])
    monkeypatch.setattr("specloop.judging.guard._word", lambda _content: next(words))
    assert call_key("they knew BADEGI beforehand") == "kodumi"


def test_every_line_of_quoted_text_is_marked_and_an_empty_one_is_said_to_be_empty() -> None:
    assert quoted("answer", "one\n\ntwo", "ke") == "<answer ke>\n> one\n> \n> two\n</answer ke>"
    assert quoted("answer", " \n", "ke") == "<answer ke>\n(empty)\n</answer ke>"
