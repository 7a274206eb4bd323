"""What judges say of a pair's two sides where code cannot decide.

A rule that the exchange's judge found broken counts if the judge is believed on it, and if those
agree who are asked besides: a second judge, and a second look at the document. The chosen answer
must then keep it in the eyes of all who judged the rejected one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from specloop.draws import drawn
from specloop.judging.base import rule_case
from specloop.judging.grader import OpenJudge
from specloop.records import (
    Answer,
    Case,
    Exchange,
    Judgement,
    PairVerdict,
    Record,
    Rule,
    Verdict,
    verdicts_of,
)
from specloop.synth.exchange import SynthesisContext
from specloop.synth.trust import level_of

SIDES: tuple[Literal["chosen", "rejected"], ...] = ("chosen", "rejected")
_LEAST = 1e-9
"""A probability is taken to be at least this."""


@dataclass
class JudgedRules:
    """The rules without a check that a rejected answer breaks, as judges say."""

    probe: Case
    context: SynthesisContext
    found: dict[str, Verdict]
    """The verdicts that find rules broken, by rule."""
    records: list[Record] = field(default_factory=list)
    """The judgements made of both sides."""
    doubt: str = ""
    """Why a rule that was found broken does not count."""
    also: list[str] = field(default_factory=list)
    """Who agreed on the rejected side besides the judge."""

    @property
    def rules(self) -> list[Rule]:
        """The rules that count as broken."""
        return [rule for rule in self.context.rules if rule.id in self.found]

    async def agree(self, rejected: Answer) -> None:
        """Leave only what a second judge and a second look find broken as well."""
        case = rule_case(self.probe.messages, rejected, self.rules)
        if (second := self.context.second_judge) and self.found:
            self._keep(await second.judgement(case), "a second judge")
        if (look := self.context.second_look) and self.found:
            found = list(self.found.values())
            self._keep(await look.at(case, found, self.rules), "a second look")

    def _keep(self, judgement: Judgement, who: str) -> None:
        self.records.append(judgement)
        said = {verdict.rule: verdict.value for verdict in judgement.verdicts}
        for rule in list(self.found):
            value = said.get(rule, "unscored")
            if value != "NO":
                del self.found[rule]
                self.doubt = f"{who}'s verdict on the rejected answer is {value}"
        self.also += [_label(judgement)] if self.found else []

    async def against(self, chosen: Answer) -> str:
        """What speaks against a chosen answer; empty where it keeps every rule that counts, as far
        from the rejected one as is asked for."""
        if not self.found:
            return ""
        judgement = await self.context.judge(self.probe, chosen, self.rules)
        reason = self._told(judgement) or (self._too_near(judgement) if judgement else "")
        second = self.context.second_judge
        return reason if reason or not second else await self._second(second, chosen)

    async def _second(self, second: OpenJudge, chosen: Answer) -> str:
        judgement = await second.judgement(rule_case(self.probe.messages, chosen, self.rules))
        return self._told(judgement, "a second judge")

    def _told(self, judgement: Judgement | None, who: str = "the judge") -> str:
        self.records += [judgement] if judgement else []
        against = [v for v in judgement.verdicts if v.value != "YES"] if judgement else []
        if not against:
            return ""
        return f"{who}'s verdict on the compliant answer is {against[0].value}"

    def _too_near(self, judgement: Judgement) -> str:
        least = self.context.settings.least_gap
        for kept in judgement.verdicts if least else ():
            both = kept.probability, self.found[kept.rule].probability
            if None in both:
                return "the judge gave no probability for both sides, which least_gap needs"
            high, low = (math.log(max(_LEAST, p or 0.0)) for p in both)
            # What a rehearsal cannot know: its models score every text alike.
            if not drawn("far apart", float(high - low >= least)):
                return "the judge's probabilities of the two sides are less than least_gap apart"
        return ""

    def verdicts(self) -> list[PairVerdict]:
        """How the verdicts on both sides were had."""
        second, grader = self.context.second_judge, self.context.grader
        judge = f"{grader.name}:{grader.model}" if grader else ""
        agreed = second and f"{second.grader.name}:{second.grader.model}"
        also = {"chosen": agreed or "", "rejected": ", ".join(self.also)}
        return [
            PairVerdict(
                side=side,
                rule=rule.id,
                judge=judge,
                level=level_of(rule, self.context.beliefs),
                also=also[side],
            )
            for rule in self.rules
            for side in SIDES
        ]


def judged_broken(
    exchange: Exchange, rejected: Sequence[Judgement], probe: Case, context: SynthesisContext
) -> JudgedRules:
    """The rules that the exchange's judge found broken and on which its word counts. Where the
    verdict is of a judge with another model, wording or options, it does not."""
    grader = context.grader
    own = grader.blank(exchange.answer).id if grader else ""
    said = {v.rule: v for one in rejected if one.id == own for v in one.verdicts}
    others = {v.rule for v in verdicts_of(rejected) if v.kind == "model"} - said.keys()
    found = {
        rule.id: said.get(rule.id, Verdict(rule=rule.id, value="NO"))
        for rule in context.rules
        if rule.check is None and rule.id in exchange.violated and rule.id in context.counted
    }
    doubt = "another judge than that of now found it broken" if others & found.keys() else ""
    found = {rule: verdict for rule, verdict in found.items() if rule not in others}
    return JudgedRules(probe, context, found, doubt=doubt)


def left_out(
    exchanges: Iterable[Exchange], judgements: Iterable[Judgement], context: SynthesisContext
) -> list[Rule]:
    """The rules that the exchanges' judge found broken where its word does not count, once for each
    answer that would otherwise be material for a pair."""
    grader, rules = context.grader, {rule.id: rule for rule in context.rules}
    if grader is None:
        return []
    own = {grader.blank(one.answer).id for one in exchanges if not one.switched}
    said = verdicts_of(one for one in judgements if one.id in own)
    broken = (verdict.rule for verdict in said if verdict.value == "NO")
    return [rules[rule] for rule in broken if rule in rules and rule not in context.counted]


def by_code(rules: Sequence[str]) -> list[PairVerdict]:
    """How the verdicts on both sides were had where code decides."""
    return [
        PairVerdict(side=side, rule=rule, judge="check", level="check")
        for rule in rules
        for side in SIDES
    ]


def _label(judgement: Judgement) -> str:
    return f"{judgement.judge}:{judgement.model}"
