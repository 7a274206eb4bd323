"""Fitting requests to a server that refuses some of their forms.

A refused call is made again in another form, if its refusal says which one was not taken. What
helped counts for every later call, is told once, and is noted for the next run. The first call of
each form goes ahead of the others for a moment, so that what it meets is met once, not once a call.

None of this is part of a call's key: the request is the same, whatever form it goes out in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from specloop.llm._dialect import Dialect
from specloop.llm._failure import NotTakenError, Place
from specloop.llm._learnt import Learnt, Notebook
from specloop.llm._lessons import DECISIVE, Case, Lesson, lesson
from specloop.llm._schema import shape
from specloop.llm.base import Request
from specloop.terminal import console

T = TypeVar("T")
Attempt = Callable[[Dialect], Awaitable[T]]
_MOST_LESSONS = 8
_HEAD_START_S = 2.0
"""A refusal comes at once, an answer may take minutes: the others wait no longer than this."""


class Said(NamedTuple):
    """What the options say of a server: no refusal changes it."""

    structured: bool = False
    prefill: bool = False
    max_tokens_field: bool = False
    enforced: bool = False
    """A schema has to be enforced."""

    def leaves(self, learnt: Learnt) -> bool:
        """Whether something may be learnt."""
        forms = {learnt.structured, *learnt.schemas.values()} - {None}
        return not (
            (self.structured and forms - ({"bare"} if self.enforced else set()))
            or (self.prefill and (learnt.prefix or learnt.prefill_in_words))
            or (self.max_tokens_field and not DECISIVE.isdisjoint(learnt.renamed))
        )


class Fitting:
    """How one server is spoken to, and what its refusals have taught so far."""

    def __init__(self, place: Place, said: Said) -> None:
        self.known = Dialect()
        """Before any refusal: what the model's capabilities follow from."""
        self._place, self._said = place, said
        self._learnt = Learnt()
        self._notebook: Notebook | None = None
        self._first: dict[object, asyncio.Future[None]] = {}
        self._disproved: set[str] = set()
        self._taken: set[str] = set()

    def start(self, known: Dialect, notebook: Notebook) -> None:
        """Begin with what is known of the server and what an earlier run has learnt."""
        self.known, self._notebook = known, notebook
        noted = notebook.read()
        self._learnt = noted if self._said.leaves(noted) else Learnt()

    @property
    def spoken(self) -> Dialect:
        """How the server is spoken to at present."""
        return self._learnt.over(self.known)

    async def answer(self, request: Request, attempt: Attempt[T]) -> T:
        """What an attempt gives in the first form that is taken; else the refusal."""
        form = _form(request)
        ahead = self._first.get(form)
        if ahead is not None:
            if not ahead.done():
                await asyncio.wait([ahead], timeout=_HEAD_START_S)
                _release(ahead)
            return await self._fitted(request, attempt)
        self._first[form] = asyncio.get_running_loop().create_future()
        try:
            return await self._fitted(request, attempt)
        finally:
            _release(self._first[form])

    async def _fitted(self, request: Request, attempt: Attempt[T]) -> T:
        start = learnt = self._learnt
        doubted: NotTakenError | None = None
        for _ in range(_MOST_LESSONS):
            spoken = learnt.over(self.known)
            try:
                found = await attempt(spoken)
            except NotTakenError as refused:
                if doubted is not None:
                    self._disproved.add(shape(request.json_schema))
                    raise doubted from None
                if self._learnt is not start:
                    # Another call has learnt something in the meantime.
                    start = learnt = self._learnt
                    continue
                new = self._new(Case(request, spoken, refused))
                if new is None:
                    raise
                doubted = refused if new.guess else None
                learnt = learnt.joined(new.learnt)
            else:
                self._keep(request, learnt)
                return found
        return await attempt(learnt.over(self.known))

    def _new(self, case: Case) -> Lesson | None:
        """A lesson that changes something and that the options leave open."""
        found = lesson(case)
        if found is None or not self._said.leaves(found.learnt):
            return None
        if found.guess and shape(case.request.json_schema) in self._disproved | self._taken:
            return None
        return found if found.learnt.over(case.spoken) != case.spoken else None

    def _keep(self, request: Request, learnt: Learnt) -> None:
        """Remember what has led to an answer."""
        if request.json_schema and len(self._taken) < 100:
            self._taken.add(shape(request.json_schema))
        before = self._learnt
        after = before.joined(learnt.without_detour(before))
        if after == before:
            return
        if not self._taken - set(after.schemas):
            after = after.for_all_schemas()
        self._learnt = after
        if self._notebook is not None:
            self._notebook.write(after)
        told = "; ".join(after.in_words(before))
        console.print(f"  {self._place} takes {told}", markup=False, soft_wrap=True)


def _release(ahead: asyncio.Future[None]) -> None:
    if not ahead.done():
        ahead.set_result(None)


def _form(request: Request) -> object:
    """What a server may refuse of a request, apart from its texts and numbers."""
    sampling = request.sampling
    return (
        frozenset(message.role for message in request.messages),
        request.json_schema and shape(request.json_schema),
        bool(request.prefill),
        bool(request.regex),
        bool(sampling.stop),
        bool(sampling.top_k),
        request.logprobs,
        bool(request.first_token),
    )
