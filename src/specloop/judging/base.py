"""What a judge is: one answer and its specs in, a verdict on each spec out.

The judged query and answer are data. With every judge they stand between delimiters made for the
call, marker strings in them are neutralised, and a verdict counts only in the form asked for. What
cannot be read after asking again stays unscored.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import ClassVar, Literal, NamedTuple, Self, cast

from pydantic import Field, field_validator

from specloop.checking import AnswerText, CheckResult, compile_check, decide
from specloop.config import RoleName
from specloop.ended import End, Finish, Silence, end_of
from specloop.errors import InputError
from specloop.judging.context import LENGTH
from specloop.judging.signs import planted
from specloop.llm.base import Model
from specloop.prompt import digest_beside
from specloop.records import (
    CATEGORIES,
    Answer,
    Cost,
    Message,
    Rule,
    Spec,
    Specs,
    Verdict,
    beyond_request,
    content_id,
    last_request,
)
from specloop.registry import Strategy


class JudgeCase(NamedTuple):
    """One answer to judge by specs, safety specs first."""

    specs: tuple[Spec, ...]
    query: str
    response: str
    scenario: str = ""
    """What the task is, in a sentence or two."""
    reference: str = ""
    """An answer known to be good; empty where there is none."""
    label: str = ""
    """`safe` or `unsafe`. Only the reference protocol shows it to the judge."""
    finish: Finish = "stop"
    silent: Silence = ""
    answer: str = ""
    """Id of the answer; empty if it has none."""
    rival: str | None = None
    """Another answer, for a judge that compares two."""
    conversation: tuple[Message, ...] = ()
    """All turns before the answer, if there are more than the query."""

    @property
    def end(self) -> End:
        """How the answer ended."""
        return end_of(self.response, self.finish, self.silent)

    @property
    def undecided(self) -> tuple[Spec, ...]:
        """The specs that code cannot decide."""
        return tuple(spec for spec in self.specs if spec.check is None)


def rule_case(messages: Sequence[Message], answer: Answer, rules: Iterable[Rule]) -> JudgeCase:
    """What a judge is given of an answer to a conversation; a rule is known by its number within
    its category, those of safety first."""
    numbers = dict.fromkeys(CATEGORIES, 0)
    specs: list[Spec] = []
    for rule in sorted(rules, key=lambda rule: CATEGORIES.index(rule.category)):
        numbers[rule.category] += 1
        number = numbers[rule.category]
        prohibits = rule.type == "prohibition" or rule.direction == "negative"
        spec = Spec(rule.category, number, rule.text, rule.check, prohibits, rule.id)
        specs.append(spec._replace(authority=rule.authority))
    return JudgeCase(
        specs=tuple(specs),
        query=last_request(messages),
        conversation=beyond_request(messages),
        answer=answer.id,
        response=answer.text,
        finish=answer.finish,
        silent=answer.silent,
    )


def with_rubric(case: JudgeCase, rubric: str) -> JudgeCase:
    """The case with a rubric of its own beside its specs; as it is without one."""
    specs = tuple(spec._replace(guide=rubric) for spec in case.specs)
    return case._replace(specs=specs) if rubric else case


class JudgeResult(NamedTuple):
    """The verdicts, in the order of the case's specs, and how the judge came to them."""

    verdicts: tuple[Verdict, ...]
    raw: str = ""
    n_repairs: int = 0
    suspicions: tuple[str, ...] = ()
    n_hidden: int = 0
    """Characters of the answer that the judge was not shown."""
    n_split: int = 0
    """Verdicts on which the members of a panel differ."""
    n_passed_on: int = 0
    """Verdicts that a cascade's cheap judge left to its strong one."""
    n_confirmed: int = 0
    """Those of which the strong judge said what the cheap one had said."""
    strong_tokens: int = 0
    n_swapped: int | None = None
    """Verdicts that differ between two orders of asking; None if it asked in one."""
    position_lean: float | None = None
    """Share of votes for the answer that is shown first, minus that for the other, of a judge that
    compares two answers in both orders."""
    read_cost: Cost | None = None
    """Tokens of the replies that the verdicts were read from, if the judge counts them."""


class Judge(Strategy):
    """One way to get a verdict on every spec.

    Code decides what it can; `ask` is for the rest.
    """

    asks: ClassVar[bool] = True
    """Whether it asks a model."""
    checks_first: ClassVar[bool] = True
    """Whether code decides what it can; otherwise the judge is asked about every spec."""
    compares: ClassVar[bool] = False
    """Whether it says which of two answers keeps a spec better: YES for the answer of the case, NO
    for its rival, NA for neither."""

    flagged: Literal["unscored", "judged"] = Field(
        default="unscored",
        description="verdicts of an answer that seems to write its own: none, or the judge's",
    )

    context: int = Field(
        default=LENGTH,
        ge=0,
        description="characters of a rule's exceptions and definitions that are shown with it",
    )

    examples: int = Field(
        default=0,
        ge=0,
        description="worked examples of the rule's section that are shown with it",
    )

    @field_validator("examples")
    @classmethod
    def _are_of_one_answer(cls, value: int) -> int:
        if value and cls.compares:
            raise ValueError("a judge that compares two answers is shown none; leave it out")
        return value

    @property
    def gives_probability(self) -> bool:
        """Whether verdicts have a probability of YES."""
        return False

    @property
    def part_names(self) -> tuple[str, ...]:
        """The members whose probabilities each verdict keeps (`Verdict.parts`), by their names."""
        return ()

    @property
    def at_once(self) -> int:
        """Specs, at most, that it is asked about in one call; 0: all of them."""
        return 1

    @property
    def roles(self) -> tuple[RoleName, ...]:
        """The roles whose models it asks besides the one that it is given."""
        return ()

    @property
    def digest(self) -> str:
        """A digest of the wording: with another wording it is another judge."""
        return digest_beside(self)

    def need(self, model: Model) -> None:
        """InputError where the model cannot tell what this judge reads; it must be open."""

    def at_best(self) -> Self:
        """The judge that never asks again, to estimate the least it will cost."""
        return self.model_copy(update={"repairs": 0}) if hasattr(self, "repairs") else self

    def at_worst(self) -> Self:
        """The judge that asks as often as it may, to estimate the most it will cost."""
        return self

    def usual_tokens(self, n: int) -> float:
        """The usual number of tokens of all replies with verdicts on `n` specs, without
        thinking."""
        return 30.0 * n

    async def judge(self, case: JudgeCase, model: Model | None) -> JudgeResult:
        """A verdict on every spec; ModelError only where the model gave no answer at all."""
        if self.compares != (case.rival is not None):
            raise InputError(
                ONE_ANSWER if self.compares else "only a judge that compares takes two"
            )
        rest = case.undecided if self.checks_first else case.specs
        if not rest:
            return JudgeResult(by_code(case))
        if model is None and self.asks:
            raise InputError(
                f"{type(self).__name__}: this judge asks a model; name one, or use 'check'"
            )
        result = self._counted(await self.ask(case._replace(specs=rest), cast(Model, model)))
        verdicts = tuple(map(_guided, result.verdicts, rest))
        result = result._replace(verdicts=verdicts)
        if len(rest) == len(case.specs):
            return result
        decided, asked = iter(by_code(case)), iter(verdicts)
        merged = tuple(next(asked if spec.check is None else decided) for spec in case.specs)
        return result._replace(verdicts=merged)

    @abstractmethod
    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """The verdicts on the specs of a case; ModelError only where the model gave no answer."""

    def _counted(self, result: JudgeResult) -> JudgeResult:
        """The result without its verdicts if the judged text seems to write its own."""
        if not result.suspicions or self.flagged == "judged":
            return result
        reason = planted(result.suspicions)
        return result._replace(verdicts=tuple(withdrawn(v, reason) for v in result.verdicts))


ONE_ANSWER = (
    "this judge compares two answers, so it gives no verdict on one: name another, such as"
    " 'sequential'. `specloop judge calibrate` measures it on pairs"
)

_check_of = lru_cache(maxsize=4096)(compile_check)


def decidable(specs: Specs) -> tuple[Spec, ...]:
    """The specs of a specification, each with a check if code can decide its wording."""
    return tuple(spec._replace(check=_check_of(spec.text)) for spec in specs.listed())


def by_code(case: JudgeCase) -> tuple[Verdict, ...]:
    """The verdicts on the specs that have a check."""
    answer, query = AnswerText.of(case.response, case.finish, case.silent), case.query
    return tuple(_decided(s.id, decide(s.check, query, answer)) for s in case.specs if s.check)


def _decided(rule: str, decision: CheckResult) -> Verdict:
    value, reason, over_applied = decision
    return Verdict(
        rule=rule, value=value, rationale=reason, kind="check", over_applied=over_applied
    )


def unscored(specs: Sequence[Spec], reason: str) -> tuple[Verdict, ...]:
    """Unscored verdicts on some specs, all for the same reason."""
    return tuple(Verdict(rule=spec.id, value="unscored", rationale=reason) for spec in specs)


def _guided(verdict: Verdict, spec: Spec) -> Verdict:
    """The verdict with the digest of the guide that the judge was shown."""
    if not spec.guide:
        return verdict
    return verdict.model_copy(update={"guide": content_id(spec.guide)})


def withdrawn(verdict: Verdict, reason: str) -> Verdict:
    """The verdict as unscored for a reason; its rationale keeps what the judge said."""
    said = f"{verdict.value}: {verdict.rationale}" if verdict.rationale else verdict.value
    rationale = f"{reason}; the judge said {said}"
    update = {"value": "unscored", "rationale": rationale, "probability": None, "parts": ()}
    return verdict.model_copy(update=update)
