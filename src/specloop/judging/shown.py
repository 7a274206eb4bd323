"""A request and its answer as a judge sees them: quoted data, under the call's key."""

from __future__ import annotations

from typing import NamedTuple

from specloop.judging.guard import call_key, neutral, quoted
from specloop.judging.signs import signs


class Shown(NamedTuple):
    """What of a case goes into a prompt."""

    key: str
    about: str
    """What is judged by, on one line."""
    request: str
    answer: str
    suspicions: tuple[str, ...]


def show(request: str, answer: str, about: str = "") -> Shown:
    """The case, quoted. The request has a key of its own, so that all answers to it share the
    prompt's beginning."""
    about = " ".join(neutral(about).split())
    asked, said = neutral(request), neutral(answer)
    key = call_key(about, asked, said)
    noted = [f"request: {sign}" for sign in signs(request, asked=True)]
    noted += [f"answer: {sign}" for sign in signs(answer)]
    return Shown(
        key=key,
        about=about,
        request=quoted("request", asked, call_key(about, asked)),
        answer=quoted("answer", said, key),
        suspicions=tuple(noted),
    )
