"""`openai:` models: any server that speaks OpenAI's chat completions (vLLM, SGLang, llama.cpp,
Ollama, OpenRouter, hosted APIs).

A thin client: one request, one reply, no retries (see `retry.Retrying`). Several base URLs share
the calls of one model. What the server can do beyond OpenAI's own parameters is found out when the
model is opened. The key is read from the environment, goes into one header and nowhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Any, TypeVar

import aiohttp
from pydantic import ValidationError
from pydantic_core import to_json
from yarl import URL

from specloop.errors import (
    ContextError,
    InputError,
    ModelError,
    NotScoredError,
    TransientModelError,
)
from specloop.jsontext import read_model
from specloop.llm.backends.openai import OpenAI
from specloop.llm.backends.openai.completion import Completion, ServerUsage, as_written, to_reply
from specloop.llm.backends.openai.connection import Timeouts, TooLongError, read_body
from specloop.llm.backends.openai.dialect import Dialect, begun, body, dialect, score_body
from specloop.llm.backends.openai.discovery import UNREACHABLE, Server, find, running_context
from specloop.llm.backends.openai.endpoints import Endpoint, EndpointPool, EndpointStatus, all_down
from specloop.llm.backends.openai.failure import NotTakenError, Refusal, failure
from specloop.llm.backends.openai.given import ScoredCompletion, last_tokens
from specloop.llm.backends.openai.learnt import Notebook
from specloop.llm.backends.openai.options import check_keys, check_options, endpoints, over
from specloop.llm.backends.openai.written import TextCompletion, Written, goes_as_text, text_body
from specloop.llm.base import Capabilities, Reply, Request
from specloop.llm.calls.most import Sent, n_answers, sent_in
from specloop.llm.chat import as_data, data_messages
from specloop.llm.context import least_of, may_be_context, misfit, was_cut, with_numbers
from specloop.llm.switch import must_be_known
from specloop.records import Message
from specloop.turntokens import broken_up

A = TypeVar("A", Completion, ScoredCompletion, TextCompletion, Written)


class OpenAIModel:
    """A model behind one or several OpenAI-compatible endpoints."""

    def __init__(self, rest: str, options: OpenAI) -> None:
        if not rest:
            raise InputError("openai: name the model, such as openai:gpt-4.1")
        self.name = f"openai:{rest}"
        self._model = rest
        check_options(self.name, options)
        self._options = options
        self._overruled = {*self._options.omit, *self._options.extra_body}
        self._n_answers = n_answers(self._options.extra_body)
        self._timeouts = Timeouts(self._options.timeout_s, self._options.connect_timeout_s)
        self._pool = EndpointPool(endpoints(self.name, self._options))
        self.retry_policy = self._options.retry
        self._servers: dict[Endpoint, Server] = {}
        for endpoint in self._pool.endpoints:
            self._speak(endpoint, Server(kind=self._options.server or "unknown"))

    def __repr__(self) -> str:
        return f"OpenAIModel({self.name!r}, {list(self._pool.endpoints)})"

    @property
    def capabilities(self) -> Capabilities:
        """What every endpoint can do."""
        each = [endpoint.fitting.known.capabilities for endpoint in self._pool.endpoints]
        return Capabilities(*(all(ability) for ability in zip(*each, strict=True)))

    def status(self) -> tuple[EndpointStatus, ...]:
        """Limit, calls in flight and health of every endpoint."""
        return self._pool.status()

    def turn_away(self) -> None:
        """Give up the calls that wait for a place at an endpoint."""
        self._pool.turn_away()

    def check(self) -> None:
        """InputError where a key is missing; nothing is asked."""
        check_keys(self._pool.endpoints)

    async def aopen(self) -> None:
        """Ask every server what it is; ModelError where none can be reached."""
        servers = self._pool.endpoints
        reasons = await asyncio.gather(*(self._greet(endpoint) for endpoint in servers))
        up = [asked for asked, reason in zip(servers, reasons, strict=True) if not reason]
        if not up:
            await self.aclose()
            raise all_down(servers, reasons)
        for endpoint in set(servers).difference(up):
            # Until it comes back it is taken to be what the others are.
            server = self._servers[up[0]].model_copy(update={"context": 0})
            self._speak(endpoint, server)
        try:
            must_be_known(self._options.thinking, {self._servers[known].kind for known in servers})
        except InputError as error:
            await self.aclose()
            raise InputError(f"{self.name}: {error}") from None

    async def generate(self, request: Request) -> Reply:
        """Answer one request; the exception says whether a failure is transient or final."""
        if request.regex and not self.capabilities.regex:
            raise ModelError(f"{self.name}: the server takes no regex as far as known: regex_field")
        request = as_data(request)
        endpoint = await self._take(request)
        try:
            self._must_fit(endpoint, request)
            return await endpoint.fitting.answer(request, partial(self._reply, endpoint, request))
        except ContextError as error:
            raise with_numbers(error, request) from None
        finally:
            self._pool.release(endpoint)

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """Log-probability of each token of a continuation; only vLLM tells them."""
        if not self.capabilities.score:
            raise NotScoredError(f"{self.name}: only vLLM servers score given text over this API")
        continuation = broken_up(continuation)
        request = Request(messages=data_messages(messages), prefill=continuation)
        endpoint = await self._take(request)
        try:
            if not messages:
                return await self._score_bare(endpoint, continuation)
            attempt = partial(self._scored, endpoint, request)
            return await endpoint.fitting.answer(request, attempt)
        except NotTakenError as error:
            if error.status == 404 or "prompt_logprobs" in error.said.whole:
                raise _tells_none(endpoint, str(error)) from None
            raise
        finally:
            self._pool.release(endpoint)

    def sent(self, request: Request) -> Sent:
        """What a request puts to the server that may be asked for the most."""
        each = [self._sent_to(endpoint, request) for endpoint in self._pool.endpoints]
        unbounded = [put for put in each if put.completion is None]
        return max(unbounded or each, key=lambda put: put.bytes + (put.completion or 0))

    def _sent_to(self, endpoint: Endpoint, request: Request) -> Sent:
        spoken = endpoint.fitting.spoken
        field = spoken.renamed.get(spoken.max_tokens_field, spoken.max_tokens_field)
        payload = {**self._kept(body(spoken, request)), **self._options.extra_body}
        return sent_in(payload, field, spoken.context)

    def _kept(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in sent.items() if name not in self._overruled}

    async def aclose(self) -> None:
        """Close the connections."""
        for endpoint in self._pool.endpoints:
            await endpoint.aclose()

    async def _take(self, request: Request) -> Endpoint:
        """A place at a server, once a first call of this form has gone ahead there."""
        while True:
            endpoint = self._pool.take() or await self._pool.wait()
            try:
                if not await endpoint.fitting.waited(request):
                    return endpoint
            except BaseException:
                self._pool.release(endpoint)
                raise
            # That call may have shown that the server is dead: the choice is made again.
            self._pool.release(endpoint)

    def _must_fit(self, endpoint: Endpoint, request: Request) -> None:
        """ContextError where the request cannot fit the context, as far as that is known."""
        if not endpoint.fitting.known.context:
            return
        field = endpoint.fitting.known.max_tokens_field
        limit = self._options.extra_body.get(field, request.sampling.max_tokens)
        most = limit if isinstance(limit, int) and field not in self._options.omit else 0
        reason = misfit(least_of(request), most, endpoint.fitting.known.context, least=True)
        if reason:
            raise ContextError(f"{endpoint.place}: {reason}")

    async def _must_be_whole(
        self, endpoint: Endpoint, request: Request, usage: ServerUsage | None
    ) -> None:
        """ContextError where the server counted fewer tokens than the prompt can have."""
        if usage is None or not usage.prompt_tokens:
            return
        counted, context = usage.prompt_tokens, endpoint.fitting.known.context
        if endpoint.fitting.known.tells_running and may_be_context(counted):
            session = endpoint.open(self._timeouts)
            context = context or await running_context(session, endpoint.root, self._model)
        cached = (usage.prompt_tokens_details and usage.prompt_tokens_details.cached_tokens) or 0
        if not endpoint.counts.may_be_cut(counted, context):
            return
        least = least_of(request)
        if endpoint.counts.cut(counted, cached, least, context):
            raise _billed(ContextError(f"{endpoint.place}: {was_cut(counted, least, context)}"))

    def _believed(self, endpoint: Endpoint, usage: ServerUsage) -> bool:
        """Whether a call can have taken what the server tells; where not, that is said once."""
        context = endpoint.fitting.known.context
        if usage.can_be(context, self._n_answers):
            return True
        endpoint.remark("tells numbers of tokens that no call can have; they are not counted")
        return False

    def _speak(self, endpoint: Endpoint, server: Server) -> None:
        self._servers[endpoint] = server
        known = over(self._options, dialect(server), server.kind)
        endpoint.fitting.start(known, Notebook(endpoint.base, self._model, server))

    async def _greet(self, endpoint: Endpoint) -> str:
        """Find out what one server is; gives the reason where it cannot be reached."""
        if self._options.server:
            return ""
        session = endpoint.open(self._timeouts)
        asked = monotonic()
        try:
            server = await find(session, endpoint.base, self._model)
        except UNREACHABLE as error:
            endpoint.failed(reached=False)
            return self._words(endpoint, error)
        endpoint.greeted(monotonic() - asked)
        self._speak(endpoint, server)
        return ""

    def _words(self, endpoint: Endpoint, error: Exception) -> str:
        """What the library says, which may quote all that the server has sent."""
        said = " ".join(endpoint.scrub(str(error)).split())
        if not said and isinstance(error, TimeoutError):
            return f"no whole answer within {self._timeouts.total:g} s (option timeout_s)"
        return said[:300] or type(error).__name__

    async def _reply(self, endpoint: Endpoint, request: Request, spoken: Dialect) -> Reply:
        completion = await self._completed(endpoint, request, spoken)
        if problem := completion.failure:
            refusal = Refusal(problem.status, endpoint.scrub(problem.words), inside=True)
            raise _billed(_sent(body(spoken, request), failure(endpoint.place, refusal)))
        if completion.usage is not None and not self._believed(endpoint, completion.usage):
            completion = completion.model_copy(update={"usage": None})
        await self._must_be_whole(endpoint, request, completion.usage)
        how = begun(spoken, request, self._options.thinking_begun)
        return (as_written if self._options.raw_text else to_reply)(completion, how)

    def _completed(
        self, endpoint: Endpoint, request: Request, spoken: Dialect
    ) -> Awaitable[Completion]:
        if goes_as_text(spoken, request):
            return self._completed_as_text(endpoint, request, spoken)
        return self._post(endpoint, endpoint.chat_url, body(spoken, request), Completion)

    async def _completed_as_text(
        self, endpoint: Endpoint, request: Request, spoken: Dialect
    ) -> Completion:
        async def ask(path: str, sent: Mapping[str, Any]) -> Written:
            return await self._post(endpoint, endpoint.root / path, sent, Written)

        sent = await text_body(ask, spoken, request)
        url = endpoint.base / "completions"
        return (await self._post(endpoint, url, sent, TextCompletion)).as_chat()

    async def _scored(
        self, endpoint: Endpoint, request: Request, spoken: Dialect
    ) -> tuple[float, ...]:
        sent = score_body(spoken, request.messages, request.prefill)
        scored = await self._post(endpoint, endpoint.chat_url, sent, ScoredCompletion)
        if not scored.tells:
            raise _tells_none(endpoint)
        logprobs = last_tokens(scored, request.prefill)
        if logprobs is None:
            raise ModelError(f"{endpoint.place}: its tokens do not end with the scored text")
        return logprobs

    async def _score_bare(self, endpoint: Endpoint, text: str) -> tuple[float, ...]:
        # The server's tokenizer puts BOS before the text, where it has one.
        sent = {"prompt": text, "max_tokens": 1, "prompt_logprobs": 0, "add_special_tokens": True}
        scored = await self._post(endpoint, endpoint.base / "completions", sent, ScoredCompletion)
        if not scored.tells:
            raise _tells_none(endpoint)
        return tuple(token.logprob for token in scored.tokens())

    async def _post(
        self, endpoint: Endpoint, url: URL, sent: Mapping[str, Any], kind: type[A]
    ) -> A:
        sent = self._kept(sent)
        written = to_json({"model": self._model, **sent, **self._options.extra_body})
        data = aiohttp.BytesPayload(written)
        ticket = endpoint.sent()
        session = endpoint.open(self._timeouts)
        try:
            async with session.post(url, data=data, allow_redirects=False) as answer:
                raw = await read_body(answer)
        except TooLongError as error:
            endpoint.failed(reached=True)
            raise ModelError(f"{endpoint.place}: {error}; it was not read to its end") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            reached = not isinstance(error, UNREACHABLE)
            endpoint.broke_off(ticket, reached=reached)
            broken = TransientModelError(f"{endpoint.place}: {self._words(endpoint, error)}")
            raise (_billed(broken) if reached else broken) from None
        if answer.status != 200:
            endpoint.refused(ticket, answer.status)
            refused = _sent(sent, failure(endpoint.place, _refusal(endpoint, answer, raw)))
            # A gateway that gave up waiting: what is behind it may have gone on.
            raise _billed(refused) if answer.status in (502, 504) else refused
        try:
            parsed = read_model(kind, raw)
        except ValidationError:
            endpoint.failed(reached=True)
            start = endpoint.scrub(raw.decode(errors="replace"))[:200]
            hint = "" if start.lstrip().startswith("{") else ": is base_url right?"
            broken = TransientModelError(f"{endpoint.place}: unreadable reply: {start!r}{hint}")
            raise _billed(broken) from None
        endpoint.succeeded(ticket, parsed.usage)
        return parsed


def _billed(error: ModelError) -> ModelError:
    error.may_be_billed = True
    return error


def _refusal(endpoint: Endpoint, answer: aiohttp.ClientResponse, raw: bytes) -> Refusal:
    return Refusal(
        status=answer.status,
        body=endpoint.scrub(raw.decode(errors="replace")),
        retry_after=answer.headers.get("Retry-After", ""),
        location=endpoint.scrub(answer.headers.get("Location", "")),
    )


def _tells_none(endpoint: Endpoint, reason: str = "") -> NotScoredError:
    return NotScoredError(reason or f"{endpoint.place}: the server tells no prompt_logprobs")


def _sent(sent: Mapping[str, Any], error: ModelError) -> ModelError:
    """The error, which knows what was sent."""
    if isinstance(error, NotTakenError):
        error.sent = frozenset(sent)
    return error
