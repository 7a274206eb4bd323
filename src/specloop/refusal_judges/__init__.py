"""Refusal judges: how far an answer refuses its request, in three classes. One file a judge.

A model's word is unmeasured until `specloop judge refusals` has measured it on labelled answers.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self

from specloop.ended import NOTHING, in_words
from specloop.errors import InputError
from specloop.judging.base import JudgeCase
from specloop.llm.base import Model
from specloop.llm.calls.wrap import identity_of
from specloop.prompt import digest_beside
from specloop.records import CODE, Refusal, RefusalVerdict, content_id
from specloop.refusals import is_told
from specloop.registry import Registry, Strategy


class RefusalResult(NamedTuple):
    """What a refusal judge says of an answer."""

    refusal: Refusal | None
    """None where it is open."""
    reason: str = ""
    """Why it is open, or what the judge's word rests on."""


class RefusalJudge(Strategy):
    """One way to tell how far an answer refuses."""

    asks: ClassVar[bool] = False
    """Whether it asks a model."""

    @property
    def digest(self) -> str:
        """A digest of what it asks with."""
        return digest_beside(self)

    async def tell(self, case: JudgeCase, model: Model | None = None) -> RefusalResult:
        """The class of an answer. It is open, and nobody is asked, where nothing came, so that an
        empty answer never complies; and where it broke off before it could have refused."""
        if case.end in NOTHING:
            return RefusalResult(None, in_words(case.end))
        if model is None and self.asks:
            raise InputError("this refusal judge asks a model: name one as roles.compliance")
        told = await self.ask(case, model)
        if told.refusal is None or is_told(told.refusal, case.response, case.end):
            return told
        return RefusalResult(None, in_words(case.end))

    @abstractmethod
    async def ask(self, case: JudgeCase, model: Model | None) -> RefusalResult:
        """The class of an answer that holds a text; ModelError where the model gave no reply."""


refusal_judges: Registry[RefusalJudge] = Registry(RefusalJudge, "specloop.refusal_judges")


class RefusalGrader(NamedTuple):
    """A refusal judge in use."""

    name: str
    judge: RefusalJudge
    model: str = CODE
    options: str = ""
    """The model with its options that decide a reply."""

    @classmethod
    def of(cls, table: str | Mapping[str, Any], model: Model | None) -> Self:
        """The one that a configuration names, on a model if it asks one."""
        judge = refusal_judges.build(table)
        name = refusal_judges.name_of(judge)
        if model is None or not judge.asks:
            return cls(name, judge)
        return cls(name, judge, model.name, identity_of(model))

    @property
    def request_digest(self) -> str:
        """Digest of its wording and of its model's options."""
        digest = self.judge.digest
        return content_id([digest, self.options]) if self.options else digest

    @property
    def label(self) -> str:
        """What figures call it."""
        return f"{self.name}:{self.model}" if self.judge.asks else self.name

    def blank(self, answer: str) -> RefusalVerdict:
        """The record of its word on an answer, without the word: it has its id already."""
        return RefusalVerdict(
            answer=answer,
            judge=self.name,
            settings=self.judge.model_dump(mode="json", exclude_defaults=True),
            model=self.model,
            request_digest=self.request_digest,
        )
