"""Fitting requests to a server that refuses some of their forms.

A refused call is made again in another form, if its refusal says which one was not taken. What
helped counts for every later call, is told once, and is noted for the next run. The first call of
each form goes ahead of the others for a moment, so that what it meets is met once, not once a call.

None of this is part of a call's key: the request is the same in any form.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from weakref import WeakValueDictionary

from specloop.llm.backends.openai import OpenAI
from specloop.llm.backends.openai.dialect import Dialect, Learnt, Server, dialect_of
from specloop.llm.backends.openai.failure import CallPlace, NotTakenError
from specloop.llm.backends.openai.lessons import DECISIVE, Lesson, RefusedRequest, lesson
from specloop.llm.backends.openai.notes import Note, notes_file, read_note, write_note
from specloop.llm.base import Request
from specloop.llm.schema import shape
from specloop.terminal import console

T = TypeVar("T")
Attempt = Callable[[Dialect], Awaitable[T]]
_MOST_LESSONS = 8
_HEAD_START_S = 2.0
"""A refusal comes at once, an answer may take minutes: the others wait no longer than this."""
_REMEMBERED_S = 30 * 24 * 3600.0


class _Experience:
    """What calls to one model at one address have shown; all roles that ask it share this."""

    def __init__(self, learnt: Learnt) -> None:
        self.learnt = learnt
        self.first: dict[object, asyncio.Future[None]] = {}
        """The call of each form that went ahead."""
        self.taken: set[str] = set()
        """Shapes of schemas that were answered."""
        self.unclear: set[str] = set()
        """Shapes of schemas that were refused without a cause."""
        self.disproved: set[str] = set()
        """Shapes of schemas that were not the cause of a refusal."""


_shared: WeakValueDictionary[object, _Experience] = WeakValueDictionary()


class Fitting:
    """How one server is spoken to, and what its refusals have taught so far."""

    def __init__(self, place: CallPlace, options: OpenAI) -> None:
        self._place, self._options = place, options
        self._name = f"learnt {place.url} {place.model.removeprefix('openai:')}"
        self.start(Server(kind=options.server or "unknown"))

    def start(self, server: Server) -> None:
        """Begin with what is known of the server."""
        self.server = server
        # What was learnt still holds when it is started with another context.
        self._any_context = server.model_copy(update={"context": 0})
        self.known = dialect_of(server, self._options)
        """Before any refusal: what the model's capabilities follow from."""
        self._own: _Experience | None = None
        self._last: tuple[Learnt, Dialect] | None = None

    @property
    def _so_far(self) -> _Experience:
        """What this process knows; it begins with what an earlier run has noted."""
        if self._own is None:
            options = self._options
            stated = options.structured, options.prefill, options.max_tokens_field
            key = (str(notes_file()), self._name, self._any_context.model_dump_json(), stated)
            noted = self._noted()
            fresh = _Experience(noted if self._is_open(noted) else Learnt())
            self._own = _shared.setdefault(key, fresh)
        return self._own

    def _noted(self) -> Learnt:
        """What was learnt of the same server in the last 30 days."""
        note = read_note(self._name)
        holds = note and note.server == self._any_context and note.is_younger(_REMEMBERED_S)
        return note.learnt if note and holds else Learnt()

    def _is_open(self, learnt: Learnt) -> bool:
        """Whether something may be learnt: what the options set is not changed by a refusal."""
        options = self._options
        forms = {learnt.structured, *learnt.schemas.values()} - {None}
        if options.structured == "schema":
            # The schema has to be enforced; its limits may go.
            forms -= {"bare"}
        return not (
            (options.structured != "auto" and forms)
            or (options.prefill and learnt.prefill)
            or (options.max_tokens_field and not DECISIVE.isdisjoint(learnt.renamed))
        )

    @property
    def dialect(self) -> Dialect:
        """How it is spoken to, by what was learnt so far."""
        return self._dialect_with(self._so_far.learnt)

    def _dialect_with(self, learnt: Learnt) -> Dialect:
        """How it is spoken to with what was learnt: nearly always the same as last time."""
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
        """The result of an attempt in the first form that is taken, or else the refusal."""
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
            dialect = self._dialect_with(learnt)
            try:
                answer = await attempt(dialect)
            except NotTakenError as refused:
                if doubted is not None:
                    so_far.disproved.add(shape(request.json_schema))
                    raise doubted from None
                if so_far.learnt is not start:
                    # Another call has learnt something in the meantime.
                    start = learnt = so_far.learnt
                    continue
                new = self._lesson(RefusedRequest(request, dialect, refused))
                if new is None:
                    raise
                doubted = refused if new.guess else None
                learnt = learnt.joined(new.learnt)
            else:
                self._keep(request, learnt)
                return answer
        return await attempt(self._dialect_with(learnt))

    def _lesson(self, case: RefusedRequest) -> Lesson | None:
        """A lesson that changes something and that the options leave open."""
        new = lesson(case)
        if new is None or not self._is_open(new.learnt):
            return None
        if not new.guess:
            return new if new.learnt.over(case.dialect) != case.dialect else None
        so_far, form = self._so_far, shape(case.request.json_schema)
        if form in so_far.disproved | so_far.taken:
            return None
        if form in so_far.unclear:
            return new
        # The fault may have passed: the same once more.
        so_far.unclear.add(form)
        return Lesson(Learnt())

    def _keep(self, request: Request, learnt: Learnt) -> None:
        """Remember the form that was answered."""
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
        # What was guessed of one schema is too little to tell the next run.
        sure = self._noted().joined(after.without_schemas(so_far.unclear))
        write_note(self._name, Note(learnt=sure, server=self._any_context))
        known = before.in_words()
        changes = "; ".join(phrase for phrase in after.in_words() if phrase not in known)
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
