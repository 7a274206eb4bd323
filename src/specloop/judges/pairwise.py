"""The pairwise judge: which of two answers keeps a spec better, asked in both orders.

Judges prefer a place, mostly the first. So both orders are asked; if they disagree, neither answer
is better (a tie), and the judgement has how much the place decided. It is measured on pairs by
`specloop judge calibrate`; nothing in the loop asks it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field

from specloop.items import at_once
from specloop.judges import judges
from specloop.judging.asking import ReplyForm, ask
from specloop.judging.asking_judge import ReplyJudge
from specloop.judging.base import JudgeCase, JudgeResult
from specloop.judging.likely import Weights, label_weights, must_tell
from specloop.judging.value_form import ValueForm
from specloop.judging.view import View, layout, spec_list, view
from specloop.llm.base import Model
from specloop.prompt import Prompt
from specloop.records import Message, Sampling, Spec, Verdict, VerdictValue, content_id

_NAME = "better"
_FIRST, _SECOND, _EQUAL = "FIRST", "SECOND", "EQUAL"
_ALTERNATIVES = 10
"""First tokens whose probability is asked for."""
_VALUES: dict[float, VerdictValue] = {1.0: "YES", 0.5: "NA", 0.0: "NO"}


class _Vote(NamedTuple):
    """What one order said."""

    said: str
    """The label, or why there is none."""
    share: float | None = None
    """How much it is for the case's answer: 1 for it, 0 for its rival."""
    probability: float | None = None
    """Of the case's answer, where known."""
    n_repairs: int = 0


class _Call(NamedTuple):
    specs: tuple[Spec, ...]
    is_turned: bool


@judges.register("pairwise")
class Pairwise(ReplyJudge):
    """Says which of two answers keeps each spec better, asked in both orders."""

    compares: ClassVar[bool] = True
    checks_first: ClassVar[bool] = False

    by: Literal["reply", "probability"] = Field(
        default="reply",
        description="what is read: the reply, or the probabilities of its first token",
    )
    rules: Literal["each", "all"] = Field(
        default="each", description="all: one comparison by all specs together"
    )
    least: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="probability that FIRST and SECOND must have together; below it: unscored",
    )
    disagreeing: Literal["tie", "unscored", "mean"] = Field(
        default="tie",
        description="orders that disagree: neither is better, no verdict, or the mean probability",
    )
    max_chars: int = Field(
        default=0, ge=0, description="characters of each answer that are shown; 0: all of it"
    )

    @property
    def digest(self) -> str:
        """A digest of the prompts, of how a case is shown and of the words that ask for a label."""
        words = [_form("", enforced=enforced).words for enforced in (True, False)]
        prompts = [self._prompt(by).digest for by in ("reply", "probability")]
        return content_id([*prompts, layout(), *words])

    def usual_tokens(self, n: int) -> float:
        """A short reply for each spec and order."""
        each = 1.0 if self.by == "probability" else 12.0
        return 2 * each * (n if self.rules == "each" else 1)

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """One call an order for each spec, or for all together, and at most `repairs` more."""
        if self.by == "probability":
            must_tell(model, "pairwise")
        assert case.rival is not None
        turned = case._replace(response=case.rival, rival=case.response)
        views = {False: view(case, self.max_chars), True: view(turned, self.max_chars)}

        async def vote(call: _Call) -> _Vote:
            one = await self._vote(call.specs, views[call.is_turned], model)
            return _turned(one) if call.is_turned else one

        parts = [case.specs] if self.rules == "all" else [(spec,) for spec in case.specs]
        calls = [_Call(part, is_turned) for part in parts for is_turned in (False, True)]
        votes = await at_once(vote, calls)
        pairs = {part: (votes[_Call(part, False)], votes[_Call(part, True)]) for part in parts}
        verdicts = [self._verdict(spec, pairs[part]) for part in parts for spec in part]
        both = [pair for pair in pairs.values() if None not in (pair[0].share, pair[1].share)]
        return JudgeResult(
            tuple(verdicts),
            n_repairs=sum(one.n_repairs for one in votes.values()),
            suspicions=views[False].suspicions,
            n_hidden=views[False].n_hidden,
            n_swapped=sum(first.share != second.share for first, second in both),
            position_lean=_lean(both),
        )

    def _prompt(self, by: str) -> Prompt:
        return Prompt.beside(__file__, "pairwise_probability" if by == "probability" else "")

    async def _vote(self, specs: tuple[Spec, ...], shown: View, model: Model) -> _Vote:
        values = {"scenario": shown.scenario, "data": shown.data, "specs": spec_list(specs)}
        if self.by == "probability":
            messages = self._prompt(self.by).render(**values)
            weights = await label_weights(messages, (_FIRST, _SECOND), model, _ALTERNATIVES)
            return _likelier(weights, self.least)

        def prompt(form: ReplyForm, again: str) -> tuple[Message, ...]:
            return self._prompt(self.by).render(**values, again=again, form=form.words)

        form = _form(shown.key, enforced=model.capabilities.json_schema)
        reading = await ask(form, prompt, model, Sampling(max_tokens=self.max_tokens), self.repairs)
        n_repairs = len(reading.replies) - 1
        if not reading.items:
            return _Vote(reading.missing("label"), n_repairs=n_repairs)
        said = reading.items[_NAME].value
        share = {_FIRST: 1.0, _EQUAL: 0.5, _SECOND: 0.0}[said]
        return _Vote(said, share, n_repairs=n_repairs)

    def _verdict(self, spec: Spec, pair: tuple[_Vote, _Vote]) -> Verdict:
        first, second = pair
        told = f"in this order: {first.said}; turned round: {second.said}"
        if first.share is None or second.share is None:
            return Verdict(rule=spec.id, value="unscored", rationale=told)
        probability = None
        if first.probability is not None and second.probability is not None:
            probability = (first.probability + second.probability) / 2
        share = first.share
        if first.share != second.share:
            told += "; the orders disagree"
            if self.disagreeing == "unscored":
                return Verdict(rule=spec.id, value="unscored", rationale=told)
            share = 0.5
            if self.disagreeing == "mean" and probability is not None:
                share = _share(probability)
        return Verdict(rule=spec.id, value=_VALUES[share], rationale=told, probability=probability)


def _form(key: str, *, enforced: bool) -> ValueForm:
    return ValueForm(key, (_NAME,), enforced, (_FIRST, _SECOND, _EQUAL))


def _likelier(weights: Weights | None, least: float) -> _Vote:
    """A vote by the probabilities of both labels."""
    if weights is None:
        return _Vote("the server told no log-probabilities of the first token")
    both = weights[_FIRST] + weights[_SECOND]
    if both <= 0 or both < least:
        return _Vote(f"FIRST and SECOND had a probability of {both:.2f} together")
    probability = weights[_FIRST] / both
    return _Vote(f"probability of FIRST {probability:.2f}", _share(probability), probability)


def _share(probability: float) -> float:
    return 0.5 if probability == 0.5 else float(probability > 0.5)


def _turned(vote: _Vote) -> _Vote:
    """A vote of the other order, as one about the case's answer."""
    return vote._replace(
        share=None if vote.share is None else 1 - vote.share,
        probability=None if vote.probability is None else 1 - vote.probability,
    )


def _lean(pairs: Sequence[tuple[_Vote, _Vote]]) -> float | None:
    """Votes for the answer that was shown first, minus those for the other, as a share."""
    leans = [a.share - b.share for a, b in pairs if a.share is not None and b.share is not None]
    return sum(leans) / len(leans) if leans else None
