"""Contrast pairs: the two sides differ only in one conditional rule.

A rule that says "only when" can be broken in two ways: left out where it applies, or applied where
it must not be. A model that has never written the rule's wording does not break it in the second
way, so no exchange finds that violation before training, but training makes it likely. A share of
the pairs therefore gets another rejected answer: the chosen one without what the rule demands, or
with it where it does not belong. This is ours; the paper has permitted twins against over-refusal,
but nothing against the over-application of other rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from specloop.checking import leave_out, overapply
from specloop.draws import drawn, ranked
from specloop.records import Answer, CheckCall, PreferencePair, Rule, said
from specloop.synth.defender import edited
from specloop.synth.exchange import SynthesisContext

Edit = Callable[[CheckCall, Sequence[CheckCall], str, str], str | None]


def contrast(
    pair: PreferencePair, chosen: Answer, context: SynthesisContext
) -> tuple[Answer, PreferencePair] | None:
    """A corrupted answer and the pair against it, for a share of pairs drawn by their request."""
    about = ("contrast", context.settings.seed, pair.request)
    if not drawn("contrast", context.settings.contrast_share, *about):
        return None
    conditional = [rule for rule in context.decidable if rule.check and rule.check.only]
    order = ranked(conditional, lambda rule: rule.text, *about)
    edits = (_corrupted(edit, order, pair, context) for edit in (leave_out, overapply))
    corrupted = next(chain.from_iterable(edits), None)
    if corrupted is None:
        return None
    rule, text = corrupted
    answer = edited(chosen, text, "corrupted", (rule.id,))
    update = {
        "id": "",
        "rejected": said(text),
        "finish_rejected": chosen.finish,
        "rejected_id": answer.id,
        "violated": (rule.id,),
        "pairing": "contrast",
    }
    return answer, PreferencePair.model_validate(pair.model_dump() | update)


def _corrupted(
    edit: Edit, order: Sequence[Rule], pair: PreferencePair, context: SynthesisContext
) -> Iterator[tuple[Rule, str]]:
    """The rules that the edit can break in the chosen answer, with the edited answer."""
    for rule in order:
        others = [r.check for r in context.decidable if r.check and r.id != rule.id]
        text = edit(rule.check, others, pair.request, pair.chosen_text) if rule.check else None
        if text is not None:
            yield rule, text
