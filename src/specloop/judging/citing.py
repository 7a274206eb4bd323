"""Verdicts that cite: words of the spec and words of the answer, which code looks up in both."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from specloop.judging.base import withdrawn
from specloop.judging.guard import neutral
from specloop.judging.verdict_form import VerdictForm
from specloop.records import Verdict

MOST = 140
"""Characters of a citation: two of them are kept whole in a rationale."""
_LEAST = 8
"""Characters that a citation, and each part of one with words left out, must have, unless it is the
whole text: shorter ones stand in any."""
_BAR = re.compile(r"\s*\|\s*")
_MARKS = str.maketrans(
    {
        **dict.fromkeys("“”„«»‟", '"'),
        **dict.fromkeys("‘’‚‹›`´", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        ">": " ",
    }
)
_LEFT_OUT = re.compile(r"[\[(]?\.{3,}[\])]?")
_AROUND = " \"'.,;:"


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
        parts = [words] if words in text else _parts(words)
        if not words or (words != text and not any(map(str.isalnum, words))):
            return f"it cites no words of {name}"
        if not _stand_in_order(parts, text):
            return f"the words that it cites of {name} do not stand there"
        if min(map(len, parts)) < min(_LEAST, len(text)):
            return f"it cites too few words of {name}"
    return ""


def _parts(words: str) -> list[str]:
    """What stands between the marks of words that were left out."""
    return [part for one in _LEFT_OUT.split(words) if (part := one.strip(_AROUND))] or [words]


def _stand_in_order(parts: Sequence[str], text: str) -> bool:
    at = 0
    for part in parts:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _folded(text: str) -> str:
    """The text as it is compared: with plain marks and single spaces, in small letters, without the
    marks at the beginning of quoted lines."""
    plain = unicodedata.normalize("NFKC", neutral(text)).translate(_MARKS)
    return " ".join(plain.casefold().split()).strip(_AROUND)
