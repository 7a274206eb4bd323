"""Where a model goes on: its template's opening, then a prefill."""

from __future__ import annotations

import pytest

from specloop.llm.thinking import turn_begun


@pytest.mark.parametrize(
    ("opening", "prefill", "begun"),
    [
        ("<assistant>\n", "<think>\nHm,", "<assistant>\n<think>\nHm,"),
        ("<assistant><think>\n", "<think>\nHm,", "<assistant><think>\nHm,"),
        ("<assistant>\n<think>\n\n</think>\n\n", "<think>Hm,", "<assistant>\n<think>Hm,"),
        ("<think>Why?</think>\n", "<think>Hm,", "<think>Why?</think>\n<think>Hm,"),
        ("<assistant><think>\n", "", "<assistant><think>\n"),
        ("<assistant>\n", "", "<assistant>\n"),
    ],
)
def test_a_thought_is_opened_once(opening: str, prefill: str, begun: str) -> None:
    assert turn_begun(opening, prefill) == begun
