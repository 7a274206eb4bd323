"""What training goes on with, in the former model's own words.

A pair's chosen answer was written by the model that answered then, mostly the base. A training on
it would give the former model that one's words, knowledge and faults back, which no revision asked
for. So the former model answers the same requests, checks repair its answers as far as the rules of
now demand it, and these pairs of an answer as it is and as it should be differ in nothing but what
the document changed. Answers that need no repair are trained on as they are, so that they stay, and
so are those to general questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specloop.checking import AnswerText, decide, leave_out, overapply, repair_answer
from specloop.checking.text import sentences
from specloop.llm.base import Reply
from specloop.pairings import sound
from specloop.records import CheckCall, Message, PreferencePair, Rule, Turns, said
from specloop.revision.lineage import Changed
from specloop.training import Generate, PairSides


class OwnWords(NamedTuple):
    """The pairs of a training that goes on, and what code needs to make its own of them."""

    pairs: Sequence[PreferencePair]
    rules: Sequence[Rule]
    """Those that may be trained on."""
    gone: Sequence[Rule]
    general: Sequence[str] = ()
    """Requests of no rule."""

    @classmethod
    def of(
        cls,
        pairs: Sequence[PreferencePair],
        rules: Sequence[Rule],
        changed: Changed,
        general: Sequence[str],
    ) -> OwnWords | None:
        """None where a rule has changed that code cannot decide: the former model's answers may
        break it, and nobody would know. There are at most as many general requests as pairs."""
        if any(rule.check is None for rule in rules if rule.id in changed.rules):
            return None
        return cls(pairs, rules, changed.gone, general[: len(pairs)])

    @property
    def calls(self) -> dict[str, CheckCall]:
        """The checks of the rules, by the rule's id."""
        return {rule.id: rule.check for rule in self.rules if rule.check}

    def __call__(self, generate: Generate) -> Sequence[PairSides]:
        """What is trained on, by the former model's answers; each once, in order."""
        asked: list[Turns] = [(Message(role="user", content=text),) for text in self.general]
        prompts = list(dict.fromkeys([*(pair.prompt for pair in self.pairs), *asked]))
        replies = dict(zip(prompts, generate(prompts), strict=True))
        told = [self._told(pair, replies[pair.prompt]) for pair in self.pairs]
        told += [self._repaired(prompt, replies[prompt]) for prompt in asked]
        return list(dict.fromkeys(filter(None, told)))

    def _told(self, pair: PreferencePair, reply: Reply) -> PairSides | None:
        """A pair's own words; the pair as it is where there are none, or where a rule that it is
        about is decided by no code. None where its chosen answer would teach what is gone."""
        own = self._repaired(pair.prompt, reply)
        known = {*self.calls, *(rule.id for rule in self.gone)}
        if own is None or not known.issuperset(pair.violated):
            is_old = self._demanded(pair.request, pair.chosen_text)
            return None if is_old else PairSides.of(pair)
        contrast = self._contrast(pair, own) if pair.pairing == "contrast" else None
        return contrast or own

    def _repaired(self, prompt: Turns, reply: Reply) -> PairSides | None:
        """An answer against the same as it should be; with itself, if it is as it should be. None
        where code cannot make it so."""
        request, calls = prompt[-1].content, list(self.calls.values())
        text = kept = _whole(reply)
        for call in self._demanded(request, kept):
            kept = leave_out(call, calls, request, kept) or ""
        if any(decide(call, request, AnswerText(kept)).value == "NO" for call in calls):
            kept = repair_answer(calls, request, kept) or ""
        return PairSides(prompt, said(kept), said(text)) if sound(kept) else None

    def _demanded(self, request: str, text: str) -> list[CheckCall]:
        """The checks of rules that are gone of which a text does what they demanded."""
        calls = [rule.check for rule in self.gone if rule.check]
        return [c for c in calls if decide(c, request, AnswerText(text)).value == "YES"]

    def _contrast(self, pair: PreferencePair, own: PairSides) -> PairSides | None:
        """Against the same without what a conditional rule demands, or with it where it must not
        be."""
        request, text = own.prompt[-1].content, own.chosen[-1].content
        others = [call for rule, call in self.calls.items() if rule != pair.violated[0]]
        call = self.calls[pair.violated[0]]
        for edit in (leave_out, overapply):
            if corrupted := edit(call, others, request, text):
                return own._replace(rejected=said(corrupted))
        return None


def _whole(reply: Reply) -> str:
    """An answer without the sentence in which it was cut."""
    if reply.finish != "length":
        return reply.text
    begun = sentences(reply.text)
    return reply.text[: reply.text.rfind(begun[-1])].strip() if len(begun) > 1 else ""
