"""Verdicts that cite: words of the spec and words of the answer, which code looks up in both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from specloop.judging.base import withdrawn
from specloop.judging.guard import neutral
from specloop.judging.verdict_form import VerdictForm
from specloop.records import Verdict

MOST = 140
"""Characters of a citation: two of them are kept whole in a rationale."""
_LEAST = 8
"""Characters that a citation must have, unless it is the whole text: shorter ones stand in any."""
_BAR = re.compile(r"\s*\|\s*")
_QUOTES = str.maketrans({**dict.fromkeys("“”„«»‟", '"'), **dict.fromkeys("‘’‚‹›`", "'"), ">": " "})
_AROUND = " \"'.,;:…"


@dataclass(frozen=True)
class CitingForm(VerdictForm):
    """A verdict on each spec, after words of the spec and of the answer in place of a reason."""

    @property
    def _before(self) -> Mapping[str, str]:
        return {
            "rule_words": "with the words of the specification that decide, copied",
            "answer_words": "with the words of the answer that decide, copied; its first words if"
            " the verdict rests on something that is missing",
        }

    @property
    def _before_in_line(self) -> str:
        return (
            "the words of the specification that decide, copied | the words of the answer that"
            " decide, copied (its first words if something is missing)"
        )


def looked_up(verdict: Verdict, spec: str, answer: str) -> Verdict:
    """The verdict if the words that it cites stand in the spec and in the answer; otherwise it is
    unscored with the reason."""
    if verdict.value == "unscored":
        return verdict
    said, texts = verdict.rationale, (spec, answer)
    cuts = [match.span() for match in _BAR.finditer(said)] or [(len(said), len(said))]
    # The cited words may hold bars of their own.
    faults = [_fault((said[:start], said[end:]), texts) for start, end in cuts]
    return verdict if "" in faults else withdrawn(verdict, faults[0])


def _fault(cited: tuple[str, str], texts: tuple[str, str]) -> str:
    """What is wrong with two citations; empty if they stand in their texts."""
    names = ("the specification", "the answer")
    for words, text, name in zip(map(_folded, cited), map(_folded, texts), names, strict=True):
        if not words:
            return f"it cites no words of {name}"
        if words not in text:
            return f"the words that it cites of {name} do not stand there"
        if len(words) < min(_LEAST, len(text)):
            return f"it cites too few words of {name}"
    return ""


def _folded(text: str) -> str:
    """The text as it is compared: with plain quotation marks and single spaces, without the marks
    at the beginning of quoted lines."""
    return " ".join(neutral(text).translate(_QUOTES).split()).strip(_AROUND)
