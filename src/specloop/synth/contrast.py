"""Contrast pairs: what a conditional rule forbids outside of its condition.

A model that has never answered a request with the rule's wording cannot break it in that direction,
so no exchange finds such a violation before training, while training makes it likely. A share of
the pairs therefore gets another rejected answer: the chosen one with the rule applied where it must
not be. The two sides differ in that alone. Ours; the paper has permitted twins against over-refusal
but nothing against over-application of other rules.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from specloop.checks import overapply
from specloop.records import PreferencePair, Response, Rule
from specloop.synth.exchange import Stagecraft


class Contrast(NamedTuple):
    """A pair with its new rejected answer."""

    pair: PreferencePair
    rejected: Response


def contrast(pair: PreferencePair, chosen: Response, craft: Stagecraft) -> Contrast | None:
    """The pair against an over-applied answer, for a share of pairs drawn by their probe."""
    rng = random.Random(f"contrast-{craft.settings.seed}-{pair.probe}")
    if rng.random() >= craft.settings.contrast_share:
        return None
    for rule in rng.sample(craft.decidable, len(craft.decidable)):
        text = _spoilt(rule, pair, craft)
        if text is not None:
            break
    else:
        return None
    response = Response(
        probe=pair.probe,
        text=text,
        purpose="overapplied",
        repairs=(rule.id,),
        source=chosen.id,
        made_by=chosen.made_by,
    )
    update = {
        "id": "",
        "rejected": text,
        "rejected_id": response.id,
        "violated": (rule.id,),
        "pairing": "contrast",
    }
    return Contrast(PreferencePair.model_validate(pair.model_dump() | update), response)


def _spoilt(rule: Rule, pair: PreferencePair, craft: Stagecraft) -> str | None:
    if rule.check is None or not rule.check.only:
        return None
    others = [r.check for r in craft.decidable if r.check and r.id != rule.id]
    return overapply(rule.check, others, pair.prompt[-1].content, pair.chosen)
