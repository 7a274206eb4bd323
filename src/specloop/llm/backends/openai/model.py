"""`openai:` models: any server that speaks OpenAI's chat completions (vLLM, SGLang, llama.cpp,
Ollama, OpenRouter, hosted APIs).

A thin client: one request, one reply, no retries (see `retry.Retrying`). Several base URLs share
the calls of one model. What the server can do beyond OpenAI's own parameters is found out when the
model is opened. The key is read from the environment, goes into one header and nowhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
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
from specloop.llm.backends.openai.body import (
    WrittenOut,
    begun,
    body,
    goes_as_text,
    score_body,
    text_body,
)
from specloop.llm.backends.openai.completion import (
    Completion,
    Refusal,
    ServerUsage,
    as_written,
    to_reply,
)
from specloop.llm.backends.openai.connection import TooLongError, read_body
from specloop.llm.backends.openai.dialect import Dialect
from specloop.llm.backends.openai.discovery import UNREACHABLE, find, running_context
from specloop.llm.backends.openai.endpoints import (
    Endpoint,
    EndpointPool,
    EndpointStatus,
    check_keys,
    check_options,
    endpoints,
)
from specloop.llm.backends.openai.failure import NotTakenError, failure
from specloop.llm.backends.openai.scored import ScoredCompletion, last_tokens
from specloop.llm.base import Capabilities, Reply, Request
from specloop.llm.calls.most import Sent, n_answers, sent_in
from specloop.llm.chat import as_data, data_messages
from specloop.llm.context import least_of, may_be_context, misfit, with_numbers
from specloop.llm.switch import must_be_known
from specloop.records import Message
from specloop.scrub import scrub_error
from specloop.turntokens import broken_up

A = TypeVar("A", Completion, ScoredCompletion, WrittenOut)


class OpenAIModel:
    """A model behind one or several OpenAI-compatible endpoints."""

    def __init__(self, rest: str, options: OpenAI) -> None:
        if not rest:
            raise InputError("openai: name the model, such as openai:gpt-4.1")
        self.name = f"openai:{rest}"
        self._model = rest
        check_options(self.name, options)
        self._options = options
        self._overruled = {*options.omit, *options.extra_body}
        self._n_answers = n_answers(options.extra_body)
        self._pool = EndpointPool(endpoints(self.name, options))
        self.retry_policy = options.retry

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
            places = (f"{e.place.url} ({r})" for e, r in zip(servers, reasons, strict=True))
            raise ModelError(
                f"{self.name}: no server answers at {'; '.join(places)}: is it running, and is "
                "base_url right?"
            )
        for endpoint in set(servers).difference(up):
            # Until it comes back it is taken to be what the others are.
            endpoint.fitting.start(up[0].fitting.server.model_copy(update={"context": 0}))
        try:
            kinds = {endpoint.fitting.server.kind for endpoint in servers}
            must_be_known(self._options.thinking, kinds)
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
                return await self._scored(endpoint, request, endpoint.fitting.known)
            attempt = partial(self._scored, endpoint, request)
            return await endpoint.fitting.answer(request, attempt)
        except NotTakenError as error:
            if error.status == 404 or "prompt_logprobs" in error.words:
                raise NotScoredError(str(error)) from None
            raise
        finally:
            self._pool.release(endpoint)

    def sent(self, request: Request) -> Sent:
        """What a request puts to the server that may be asked for the most."""
        each = [self._sent_to(endpoint, request) for endpoint in self._pool.endpoints]
        unbounded = [sent for sent in each if sent.completion is None]
        return max(unbounded or each, key=lambda sent: sent.bytes + (sent.completion or 0))

    def _sent_to(self, endpoint: Endpoint, request: Request) -> Sent:
        dialect = endpoint.fitting.dialect
        field = dialect.renamed.get(dialect.max_tokens_field, dialect.max_tokens_field)
        payload = {**self._kept(body(dialect, request)), **self._options.extra_body}
        return sent_in(payload, field, dialect.context)

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
        known = endpoint.fitting.known
        if not known.context:
            return
        limit = self._options.extra_body.get(known.max_tokens_field, request.sampling.max_tokens)
        is_sent = isinstance(limit, int) and known.max_tokens_field not in self._options.omit
        reason = misfit(least_of(request), limit if is_sent else 0, known.context, least=True)
        if reason:
            raise ContextError(f"{endpoint.place}: {reason}")

    async def _must_be_whole(
        self, endpoint: Endpoint, request: Request, usage: ServerUsage
    ) -> None:
        """ContextError where the server counted fewer tokens than the prompt can have."""
        counted, known = usage.prompt_tokens or 0, endpoint.fitting.known
        context = known.context
        if not context and known.tells_running and may_be_context(counted):
            context = await running_context(endpoint, self._model)
        fault = endpoint.counts.fault(counted, request, usage.cached_tokens or 0, context)
        if fault:
            raise _billed(ContextError(f"{endpoint.place}: {fault}"))

    async def _greet(self, endpoint: Endpoint) -> str:
        """Find out what one server is; gives the reason where it cannot be reached."""
        if self._options.server:
            return ""
        asked = monotonic()
        try:
            server = await find(endpoint, self._model)
        except UNREACHABLE as error:
            endpoint.failed(reached=False)
            return self._in_words(error)
        endpoint.greeted(monotonic() - asked)
        endpoint.fitting.start(server)
        return ""

    def _in_words(self, error: Exception) -> str:
        """What the library says, which may quote all that the server has sent."""
        words = " ".join(scrub_error(str(error)).split())
        if not words and isinstance(error, TimeoutError):
            return f"no whole answer within {self._options.timeout_s:g} s (option timeout_s)"
        return words[:300] or type(error).__name__

    async def _reply(self, endpoint: Endpoint, request: Request, dialect: Dialect) -> Reply:
        completion = await self._completed(endpoint, request, dialect)
        if refusal := completion.failure:
            refusal = refusal._replace(sent=frozenset(body(dialect, request)))
            raise _billed(failure(endpoint.place, refusal))
        context = endpoint.fitting.known.context
        if completion.usage and not completion.usage.can_be(context, self._n_answers):
            endpoint.remark("tells numbers of tokens that no call can have; they are not counted")
            completion = completion.model_copy(update={"usage": None})
        if completion.usage:
            await self._must_be_whole(endpoint, request, completion.usage)
        how = begun(dialect, request, self._options.thinking_begun)
        return (as_written if self._options.raw_text else to_reply)(completion, how)

    async def _completed(
        self, endpoint: Endpoint, request: Request, dialect: Dialect
    ) -> Completion:
        if not goes_as_text(dialect, request):
            sent = body(dialect, request)
            return await self._post(endpoint, endpoint.chat_url, sent, Completion)

        async def ask(path: str, sent: Mapping[str, Any]) -> WrittenOut:
            return await self._post(endpoint, endpoint.root / path, sent, WrittenOut)

        sent = await text_body(ask, dialect, request)
        return await self._post(endpoint, endpoint.text_url, sent, Completion)

    async def _scored(
        self, endpoint: Endpoint, request: Request, dialect: Dialect
    ) -> tuple[float, ...]:
        url = endpoint.chat_url if request.messages else endpoint.text_url
        sent = score_body(dialect, request)
        scored = await self._post(endpoint, url, sent, ScoredCompletion)
        if not scored.entries:
            raise NotScoredError(f"{endpoint.place}: the server tells no prompt_logprobs")
        if not request.messages:
            return tuple(token.logprob for token in scored.tokens)
        logprobs = last_tokens(scored, request.prefill)
        if logprobs is None:
            raise ModelError(f"{endpoint.place}: its tokens do not end with the scored text")
        return logprobs

    async def _post(
        self, endpoint: Endpoint, url: URL, sent: Mapping[str, Any], kind: type[A]
    ) -> A:
        sent = self._kept(sent)
        written = to_json({"model": self._model, **sent, **self._options.extra_body})
        data = aiohttp.BytesPayload(written)
        ticket = endpoint.sent()
        try:
            async with endpoint.session.post(url, data=data, allow_redirects=False) as answer:
                raw = await read_body(answer)
        except TooLongError as error:
            endpoint.failed(reached=True)
            raise ModelError(f"{endpoint.place}: {error}; it was not read to its end") from None
        except UNREACHABLE as error:
            endpoint.failed(reached=False)
            raise TransientModelError(f"{endpoint.place}: {self._in_words(error)}") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            endpoint.broke_off(ticket)
            broken = TransientModelError(f"{endpoint.place}: {self._in_words(error)}")
            raise _billed(broken) from None
        if answer.status != 200:
            endpoint.refused(ticket, answer.status)
            refusal = Refusal(
                status=answer.status,
                body=raw.decode(errors="replace"),
                retry_after=answer.headers.get("Retry-After", ""),
                location=answer.headers.get("Location", ""),
                sent=frozenset(sent),
            )
            refused = failure(endpoint.place, refusal)
            # A gateway that gave up waiting: what is behind it may have gone on.
            raise _billed(refused) if answer.status in (502, 504) else refused
        try:
            parsed = read_model(kind, raw)
        except ValidationError:
            endpoint.failed(reached=True)
            start = scrub_error(raw.decode(errors="replace"))[:200]
            hint = "" if start.lstrip().startswith("{") else ": is base_url right?"
            broken = TransientModelError(f"{endpoint.place}: unreadable reply: {start!r}{hint}")
            raise _billed(broken) from None
        endpoint.succeeded(ticket, parsed.usage)
        return parsed


def _billed(error: ModelError) -> ModelError:
    error.may_be_billed = True
    return error
