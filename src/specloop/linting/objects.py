"""What sentences ask to use or ban without reserve: "never use emojis", "place emojis naturally".

Such sentences clash though they share one noun and no verb. Those with a condition, an exception or
a place ("in birthday greetings") are left out, and so is a ban of only some of the things.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from specloop.linting.words import content

_USE = r"(?:use|using|include|including|add|adding|insert|inserting|put|putting|place|placing)"
_IN_ALL = (
    r"(?: (?:in|to|with(?:in)?) (?:(?:your|any|all|the|our) )?(?:answers?|responses?|repl(?:y|ies)|"
    r"messages?|code|text|outputs?))?"
)
_THING = r"(?:[a-z][\w-]* )?[a-z][\w-]*"
_BAN = re.compile(
    rf"(?:(?:you|we|the assistant) )?(?:(?:never(?: ever)?|(?:do|must|should|may) not|avoid|"
    rf"refrain from) {_USE} |avoid |no )(?:any )?(?P<thing>{_THING}){_IN_ALL}[.!]?"
)
_ASK = re.compile(
    rf"(?:(?:you|we|the assistant|please|always|occasionally|also|must|should) )*"
    rf"(?:{_USE}|prefer|enhance \w+ with) (?:(?:an?|the|some|more|many|few) )*"
    r"(?P<thing>(?:[a-z][\w-]* )??[a-z][\w-]*)"
    r"(?P<rest>(?: naturally| \w+ly| to [a-z]| every |[—–.!,]| ?$).*)"
)
_NARROWS = re.compile(
    r"\b(?:if|when|unless|except|only|where|until|for|in(?! (?:your|any|all|the|every) )|on|at|"
    r"instead|rather|than|not)\b"
)


_FORM = content("output style format tone")
"""Labels that narrow nothing."""


class Handled(NamedTuple):
    """The thing of a sentence, as stems, and whether it is asked for."""

    thing: tuple[str, ...]
    asked: bool


@lru_cache(maxsize=65_536)
def handled(text: str) -> Handled | None:
    """What a lower-case sentence bans or asks for; None if that is not for sure."""
    plain = " ".join(re.sub(r"\([^()]*\)|[“”\"*]", " ", text).split())
    head, _, said = plain.partition(": ")
    if match := _BAN.fullmatch(plain):
        thing = tuple(content(match["thing"]))
        return Handled(thing, asked=False) if thing else None
    match = _ASK.fullmatch(said or plain)
    if match is None or _NARROWS.search(match["rest"]):
        return None
    thing = tuple(content(match["thing"]))
    named = not said or set(content(head)) & {*thing, *_FORM}
    return Handled(thing, asked=True) if thing and named else None
