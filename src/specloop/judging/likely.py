"""How probable it is that a reply begins with each of some labels; what is written is not read."""

from __future__ import annotations

import math
from collections.abc import Sequence

from specloop.errors import InputError
from specloop.llm.base import Alternative, Model, Request
from specloop.records import Message, Sampling

Weights = dict[str, float]
"""The probability that a reply begins with each label; under `SHARED`, with what several share."""
SHARED = "N"


def must_tell(model: Model, judge: str) -> None:
    """InputError where the backend tells no probabilities."""
    can = model.capabilities
    if not (can.first_token or can.score):
        raise InputError(
            f"{model.name}: this backend tells no log-probabilities, which the judge {judge!r}"
            " reads. Use 'joint' or 'sequential', or a judge model that tells them"
        )


def must_score(model: Model, judge: str) -> None:
    """InputError where the backend tells no probabilities of a given text."""
    if not model.capabilities.score:
        raise InputError(
            f"{model.name}: this backend tells no log-probabilities of a given text, which the"
            f" judge {judge!r} reads. Use 'logprob', 'joint' or 'sequential', or a judge model that"
            " tells them: an embedded or hf one, or one on a vLLM server"
        )


async def label_weights(
    messages: tuple[Message, ...], labels: Sequence[str], model: Model, n: int
) -> Weights | None:
    """One call for the `n` most probable first tokens, or a scoring for each label; None if the
    backend gave no probabilities."""
    if not model.capabilities.first_token:
        nats = {label: sum(await model.score(messages, label)) for label in labels}
        return {label: math.exp(value) for label, value in nats.items()}
    request = Request(messages=messages, sampling=Sampling(max_tokens=1), first_token=n)
    alternatives = (await model.generate(request)).first_token
    return None if alternatives is None else first_token_weights(alternatives, labels)


def first_token_weights(alternatives: Sequence[Alternative], labels: Sequence[str]) -> Weights:
    """The probability that the reply begins with each label: a token that begins only one label
    counts for it."""
    weights: Weights = dict.fromkeys((*labels, SHARED), 0.0)
    for alternative in alternatives:
        token = alternative.token.strip()
        begun = [label for label in labels if token and label.startswith(token)]
        if begun:
            weights[begun[0] if len(begun) == 1 else SHARED] += math.exp(alternative.logprob)
    return weights
