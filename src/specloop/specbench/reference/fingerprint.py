"""Whether a checkout and the data lead to SpecBench's prompts: digests beside the known ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from specloop.judging.base import JudgeCase
from specloop.records import Scenario
from specloop.specbench.reference.checkout import Checkout
from specloop.specbench.reference.judging import ReferenceJoint
from specloop.specbench.reference.texts import JOINT_PROMPTS, digest

RESPONSE = "r"
"""The response that the joint prompts are rendered with."""


class Print(NamedTuple):
    """One digest (first 16 hex digits of SHA-256) and the known one; empty where none is known."""

    what: str
    place: str
    found: str
    known: str

    @property
    def is_same(self) -> bool | None:
        """None where none is known."""
        return self.found == self.known if self.known else None


def fingerprint(
    checkout: Checkout,
    scenarios: Iterable[Scenario] = (),
    known: Mapping[str, str] = JOINT_PROMPTS,
) -> tuple[Print, ...]:
    """Of every text of the checkout, then of each scenario: its rows' joint prompts, joined by
    NUL."""
    texts = (
        Print(text.wanted.what, text.place, digest(text.text), text.wanted.digest)
        for text in checkout.texts
    )
    judge = ReferenceJoint.of(checkout)
    prompts = (
        Print(
            f"joint prompts of {scenario.key}, {len(scenario.rows)} rows",
            "",
            joint_digest(judge, scenario),
            known.get(scenario.key, ""),
        )
        for scenario in scenarios
    )
    return (*texts, *prompts)


def joint_digest(judge: ReferenceJoint, scenario: Scenario) -> str:
    """Digest of the user turns that the joint judge is sent for a scenario's rows."""
    cases = (
        JudgeCase(
            specs=scenario.specs.listed(),
            query=row.query,
            response=RESPONSE,
            reference=row.reference,
            label=row.label,
        )
        for row in scenario.rows
    )
    return digest("\0".join(judge.prompt(case)[1].content for case in cases))
