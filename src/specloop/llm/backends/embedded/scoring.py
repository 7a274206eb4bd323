"""Log-probabilities of given tokens from a runtime that reports them only for tokens it computes.

A few tokens, such as a judge's label, are cheapest written: the runtime is made to write just them,
and says how probable each was. Only then does it not have to compute, for each token of the prompt,
how probable all others are. If it would write the same text in other tokens, it reports the tokens
of the prompt.

Tokens whose key-value blocks are in the prefix cache (because the same text was scored or written
before) are neither computed nor reported. Each of them is written by itself; if that fails, all is
computed on a second copy of the model, which caches nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from specloop.llm.backends.embedded.engine import Engine, Job
from specloop.llm.backends.embedded.runtime import TextTokens, echo_config, literal_config

_MOST_FORCED = 16
_SPECIAL = re.compile(r"[][.^$*+?{}\\|()]")


async def score_ids(
    engine: Engine, text: TextTokens, ids: Sequence[int], n_scored: int
) -> tuple[float, ...]:
    """The log-probabilities of the last `n_scored` ids, each given all before it."""
    first = len(ids) - n_scored
    if n_scored <= _MOST_FORCED and (written := await _written(engine, text, ids, n_scored)):
        return written
    if n_scored > 1 and (written := await _forced(engine, text, ids, first, len(ids))):
        return written
    reported = (await _echo(engine, ids))[-n_scored:]
    end = len(ids) - len(reported)
    if first == end:
        return reported
    if missing := await _forced(engine, text, ids, first, end):
        return missing + reported
    return (await _echo(await asyncio.to_thread(engine.uncached), ids))[-n_scored:]


async def _forced(
    engine: Engine, text: TextTokens, ids: Sequence[int], start: int, end: int
) -> tuple[float, ...]:
    """Those of `ids[start:end]`, written one by one; empty if they are many or one cannot be."""
    if end - start > _MOST_FORCED:
        return ()
    values = await asyncio.gather(
        *(_written(engine, text, ids[: at + 1], 1) for at in range(start, end))
    )
    return tuple(value for (value,) in values) if all(values) else ()


async def _echo(engine: Engine, ids: Sequence[int]) -> tuple[float, ...]:
    """Those of the computed tokens; the runtime's last figure is for a token that it added."""
    output = await asyncio.wrap_future(engine.submit(Job(list(ids), echo_config())))
    return tuple(output.logprobs[:-1])


async def _written(
    engine: Engine, text: TextTokens, ids: Sequence[int], n: int
) -> tuple[float, ...]:
    """Those of the last `n` ids; empty if the runtime prefers other tokens for their text.

    The runtime reports log-probabilities as they are before it applies a constraint.
    """
    context, last = list(ids[:-n]), list(ids[-n:])
    literal = await asyncio.wrap_future(engine.do(lambda: text.decode(last)))
    if not context or not literal or "\ufffd" in literal:
        return ()
    config = literal_config(_SPECIAL.sub(r"\\\g<0>", literal), n)
    output = await asyncio.wrap_future(engine.submit(Job(context, config)))
    return tuple(output.logprobs) if output.ids == last else ()
