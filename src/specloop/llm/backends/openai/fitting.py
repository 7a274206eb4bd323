"""Fitting requests to a server that refuses some of their forms.

A refused call is made again in another form, if its refusal says which one was not taken. What
helped counts for every later call, is told once, and is noted for the next run. The first call of
each form goes ahead of the others for a moment, so that what it meets is met once, not once a call.

None of this is part of a call's key: the request is the same in any form.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar
from weakref import WeakValueDictionary

from specloop.llm.backends.openai.dialect import Dialect
from specloop.llm.backends.openai.failure import CallPlace, NotTakenError
from specloop.llm.backends.openai.learnt import Learnt, Notebook
from specloop.llm.backends.openai.lessons import DECISIVE, Lesson, RefusedRequest, lesson
from specloop.llm.base import Request
from specloop.llm.schema import shape
from specloop.terminal import console

T = TypeVar("T")
Attempt = Callable[[Dialect], Awaitable[T]]
_MOST_LESSONS = 8
_HEAD_START_S = 2.0
"""A refusal comes at once, an answer may take minutes: the others wait no longer than this."""


class StatedOptions(NamedTuple):
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


class _Experience:
    """What has come of calls to one model at one address so far; the roles that ask it share it."""

    def __init__(self, learnt: Learnt) -> None:
        self.learnt = learnt
        self.first: dict[object, asyncio.Future[None]] = {}
        """The call of each form that went ahead."""
        self.taken: set[str] = set()
        """Shapes of schemas that were answered."""
        self.unclear: set[str] = set()
        """Shapes of schemas that were refused for no cause named."""
        self.disproved: set[str] = set()
        """Shapes of schemas that a refusal was wrongly put down to."""


_shared: WeakValueDictionary[object, _Experience] = WeakValueDictionary()


class Fitting:
    """How one server is spoken to, and what its refusals have taught so far."""

    def __init__(self, place: CallPlace, said: StatedOptions) -> None:
        self.known = Dialect()
        """Before any refusal: what the model's capabilities follow from."""
        self._place, self._said = place, said
        self._notebook: Notebook | None = None
        self._own: _Experience | None = None
        self._last: tuple[Learnt, Dialect] | None = None

    def start(self, known: Dialect, notebook: Notebook) -> None:
        """Begin with what is known of the server."""
        self.known, self._notebook, self._own, self._last = known, notebook, None, None

    @property
    def _so_far(self) -> _Experience:
        """Of this process, else with what an earlier run has noted."""
        if self._own is None:
            assert self._notebook is not None, "started before the first call"
            key = (self._notebook.key, self._said)
            noted = self._notebook.read()
            fresh = _Experience(noted if self._said.leaves(noted) else Learnt())
            self._own = _shared.setdefault(key, fresh)
        return self._own

    @property
    def spoken(self) -> Dialect:
        """How it is spoken to, by what was learnt so far."""
        return self._over(self._so_far.learnt)

    def _over(self, learnt: Learnt) -> Dialect:
        """How it is spoken to with what was learnt; the same one as last time, as nearly always."""
        if self._last is None or self._last[0] is not learnt:
            self._last = learnt, learnt.over(self.known)
        return self._last[1]

    @property
    def holds_others_up(self) -> bool:
        """Whether a first call of its form is ahead of the others at this moment."""
        first = self._own.first.values() if self._own else ()
        return not all(ahead.done() for ahead in first)

    async def waited(self, request: Request) -> bool:
        """Whether another call of the same form went ahead and was waited for."""
        ahead = self._so_far.first.get(_form(request))
        if ahead is None or ahead.done():
            return False
        await asyncio.wait([ahead], timeout=_HEAD_START_S)
        _release(ahead)
        return True

    def answer(self, request: Request, attempt: Attempt[T]) -> Awaitable[T]:
        """What an attempt gives in the first form that is taken; else the refusal."""
        form = _form(request)
        if form in self._so_far.first:
            return self._fitted(request, attempt)
        return self._ahead(form, self._fitted(request, attempt))

    async def _ahead(self, form: object, call: Awaitable[T]) -> T:
        """The first call of a form."""
        first = self._so_far.first
        first[form] = asyncio.get_running_loop().create_future()
        try:
            return await call
        finally:
            _release(first[form])

    async def _fitted(self, request: Request, attempt: Attempt[T]) -> T:
        so_far = self._so_far
        start = learnt = so_far.learnt
        doubted: NotTakenError | None = None
        for _ in range(_MOST_LESSONS):
            spoken = self._over(learnt)
            try:
                answer = await attempt(spoken)
            except NotTakenError as refused:
                if doubted is not None:
                    so_far.disproved.add(shape(request.json_schema))
                    raise doubted from None
                if so_far.learnt is not start:
                    # Another call has learnt something in the meantime.
                    start = learnt = so_far.learnt
                    continue
                new = self._new(RefusedRequest(request, spoken, refused))
                if new is None:
                    raise
                doubted = refused if new.guess else None
                learnt = learnt.joined(new.learnt)
            else:
                self._keep(request, learnt)
                return answer
        return await attempt(self._over(learnt))

    def _new(self, case: RefusedRequest) -> Lesson | None:
        """A lesson that changes something and that the options leave open."""
        new = lesson(case)
        if new is None or not self._said.leaves(new.learnt):
            return None
        tried = self._so_far.disproved | self._so_far.taken
        if new.guess:
            form = shape(case.request.json_schema)
            if form in tried:
                return None
            if form not in self._so_far.unclear:
                # The fault may have passed: the same once more.
                self._so_far.unclear.add(form)
                return Lesson(Learnt())
        return new if new.learnt.over(case.spoken) != case.spoken else None

    def _keep(self, request: Request, learnt: Learnt) -> None:
        """Remember what has led to an answer."""
        so_far = self._so_far
        if request.json_schema:
            so_far.taken.add(shape(request.json_schema))
        before = so_far.learnt
        if learnt is before:
            return
        after = before.joined(learnt.without_detour(before))
        if after == before:
            return
        if not so_far.taken - set(after.schemas):
            after = after.for_all_schemas()
        so_far.learnt = after
        if self._notebook is not None:
            # What was guessed of one schema is too little to tell the next run.
            sure = after.without_schemas(so_far.unclear)
            self._notebook.write(self._notebook.read().joined(sure))
        changes = "; ".join(after.in_words(before))
        console.print(f"  {self._place} takes {changes}", markup=False, soft_wrap=True)


def _release(ahead: asyncio.Future[None]) -> None:
    if not ahead.done():
        ahead.set_result(None)


def _form(request: Request) -> object:
    """What a server may refuse of a request, apart from its texts and numbers."""
    sampling = request.sampling
    return (
        frozenset((m.role, bool(m.parts), bool(m.tool_calls)) for m in request.messages),
        request.json_schema and shape(request.json_schema),
        bool(request.prefill),
        bool(request.regex),
        bool(sampling.stop),
        bool(sampling.top_k),
        request.logprobs,
        bool(request.first_token),
    )
