"""Replies of scripted judges in the form that they are asked for."""

from __future__ import annotations

import json
import re

from specloop.llm.backends.scripted import Script
from specloop.llm.base import Request


def verdict_reply(value: str, reason: str = "since") -> Script:
    """A judge that always gives the same verdict, or grade."""
    return lambda request: in_form(request, value, reason)


def in_form(request: Request, value: str, reason: str = "since") -> str:
    """A reply in the form asked for, with the call's key."""
    if request.json_schema:
        names = json.loads(request.json_schema)["properties"]
        return json.dumps({name: reason if name == "reason" else value for name in names})
    return f"{reason}\n{head_in(request)} {value}"


def head_in(request: Request) -> str:
    """How the line with the verdict begins."""
    return re.findall(r"^(\w+ \w+) \.\.\.$", request.messages[-1].content, re.M)[0]


def key_in(request: Request) -> str:
    """The call's key, which stands in the answer's delimiter."""
    return re.findall(r"^<answer (\w+)>$", request.messages[-1].content, re.M)[0]
