"""Log-probabilities of given tokens from a runtime that reports them only for tokens it computes.

Tokens whose key-value blocks are in the prefix cache (because the same text was scored or written
before) are neither computed nor reported. The runtime is made to write each of them by itself; if
it would write the same text in other tokens, all is computed on a second copy of the model, which
caches nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from specloop.llm.backends.embedded.engine import Engine, Job
from specloop.llm.backends.embedded.runtime import TextTokens, literal_config, one_token

_MOST_FORCED = 16
_SPECIAL = re.compile(r"[][.^$*+?{}\\|()]")


async def score_ids(
    engine: Engine, text: TextTokens, ids: Sequence[int], n_scored: int
) -> tuple[float, ...]:
    """The log-probabilities of the last `n_scored` ids, each given all before it."""
    reported = (await _echo(engine, ids))[-n_scored:]
    first, end = len(ids) - n_scored, len(ids) - len(reported)
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
        *(_force(engine, text, ids[: at + 1]) for at in range(start, end))
    )
    return () if None in values else tuple(value for value in values if value is not None)


async def _echo(engine: Engine, ids: Sequence[int]) -> tuple[float, ...]:
    """Those of the computed tokens; the runtime's last figure is for a token that it added."""
    output = await asyncio.wrap_future(engine.submit(Job(list(ids), one_token(echo=True))))
    return tuple(output.logprobs[:-1])


async def _force(engine: Engine, text: TextTokens, ids: Sequence[int]) -> float | None:
    """That of the last id, or None if the runtime prefers other tokens for its text.

    The runtime reports log-probabilities as they are before it applies a constraint.
    """
    *context, last = ids
    literal = await asyncio.wrap_future(engine.do(lambda: text.decode([last])))
    if not literal or "\ufffd" in literal:
        return None
    config = literal_config(_SPECIAL.sub(r"\\\g<0>", literal))
    output = await asyncio.wrap_future(engine.submit(Job(context, config)))
    return output.logprobs[0] if output.ids == [last] else None
