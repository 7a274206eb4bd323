"""The check judge: what code can decide is decided by code (`specloop.checks`), without a model."""

from __future__ import annotations

from typing import ClassVar, Literal

from specloop.checks import Answer, Decision, decide
from specloop.judges import RuleCase, RuleJudge, rule_judges
from specloop.llm.base import Model
from specloop.records import Verdict


@rule_judges.register("check")
class CheckJudge(RuleJudge):
    """Applies the rule's check; a rule without one is `unscored`."""

    kind: ClassVar[Literal["check", "llm"]] = "check"

    def verdict(self, case: RuleCase) -> Verdict:
        """The verdict, without awaiting anything."""
        response, call = case.response, case.rule.check
        decision = Decision("unscored", "the rule has no check")
        if call is not None:
            answer = Answer.of(response.text, response.finish, response.silent)
            decision = decide(call, case.request, answer)
        return Verdict(
            response=response.id,
            rule=case.rule.id,
            value=decision.value,
            judge="check",
            kind=self.kind,
            rationale=decision.reason,
            over_applied=decision.over_applied,
        )

    async def judge(self, case: RuleCase, model: Model | None) -> Verdict:
        """The same; no model is asked."""
        return self.verdict(case)
