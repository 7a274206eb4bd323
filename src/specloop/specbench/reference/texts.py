"""The texts of SpecBench that its protocol needs, known by digest and by name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal, NamedTuple, cast

COMMIT = "3794a18"
"""Of github.com/zzzhr97/SpecBench: where the digests are from."""

Key = Literal[
    "answer_system",
    "augmented",
    "again",
    "align3_behavioral",
    "align3_safety",
    "align3_both",
    "feedback_system",
    "feedback_user",
    "refine_system",
    "refine_user",
    "joint_system",
    "joint_user",
    "sequential_system",
    "sequential_user",
    "unsafe_comment",
    "answer_comment",
    "answer_line",
]


class Wanted(NamedTuple):
    """One text: what it is, where it stands, and the first 16 hex digits of its SHA-256."""

    key: Key
    digest: str
    name: str
    """Of the constant, within its class; empty for a part of a longer expression."""
    what: str


# Key, digest, name (- for none), and what it is.
_TEXTS = """
answer_system     46aec07377651717 LLMEngine.DEFAULT_SYSTEM_PROMPT the system turn of answers
augmented         660d2d0b4f0b805b AugmentPrompt                 the prompt with the specs
again             c94981a7ff98f7f9 MoreThinkPrompt.Rethink       more_think's further thought
align3_behavioral f60d93a163e10f82 Align3Prompt.FirstStage       Align3's first step
align3_safety     931af0301fbbbdc1 Align3Prompt.SecondStage      Align3's second step
align3_both       78aca875917c5cea Align3Prompt.ThirdStage       Align3's third step
feedback_system   3ac90427355f567c SelfRefinePrompt.FeedBackSystem the system turn for feedback
feedback_user     6fcbd4db58fbd59a SelfRefinePrompt.FeedBackUser the user turn for feedback
refine_system     446eb60a95d6a857 SelfRefinePrompt.RefineSystem the system turn for a refinement
refine_user       a5d76b9e5e091512 SelfRefinePrompt.RefineUser   the user turn for a refinement
joint_system      a64ed9f79b564710 SYSTEM_EVAL_PROMPT            the joint judge's system turn
joint_user        a5f950acb278c165 USER_EVAL_PROMPT              the joint judge's user turn
sequential_system a64ed9f79b564710 SYSTEM_EVAL_PROMPT_STEPWISE   the sequential judge's system turn
sequential_user   76c8e3a435cbd387 USER_EVAL_PROMPT_STEPWISE     the sequential judge's user turn
unsafe_comment    3d434da799b57ed8 - the joint judge's comment on an unsafe prompt
answer_comment    4eb86c682db2ace6 - the joint judge's comment on a reference answer
answer_line       b9ffba2469c3eb83 - the sequential judge's line on a reference answer
"""

WANTED: tuple[Wanted, ...] = tuple(
    Wanted(cast(Key, key), digest, name.removeprefix("-"), what)
    for key, digest, name, what in (line.split(maxsplit=3) for line in _TEXTS.strip().splitlines())
)

JOINT_PROMPTS: Mapping[str, str] = {
    "Biochem": "74acd38c17d35f25",
    "Child": "14c16803dbf8f803",
    "Code": "227f550dc682e249",
    "Health": "2bc3f487fd581efe",
    "Travel": "dcfd2d82b0f7a971",
}
"""By scenario: digest of the joint prompts of its 300 rows with the response "r", joined by NUL."""


def digest(text: str) -> str:
    """The first 16 hex digits of a text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
