"""Replies of scripted judges in the form that they are asked for."""

from __future__ import annotations

import json
import re
from typing import Any

from specloop.llm.backends.scripted import Script
from specloop.llm.base import Request
from tests.unit.judges.cases import asked_in


def verdict_reply(value: str, reason: str = "since") -> Script:
    """A judge that always gives the same verdict, or grade."""
    return lambda request: in_form(request, value, reason)


def in_form(request: Request, value: str, reason: str = "since") -> str:
    """A reply in the form asked for, with the call's key."""
    if request.json_schema:
        return json.dumps(_filled(json.loads(request.json_schema), value, reason))
    line = r"^(?:(\w+) \| .* \| )?(\w+ \w+) \.\.\.$"
    prompt, key = request.messages[-1].content, key_in(request)
    spec, head = re.findall(line, prompt, re.M)[0]
    if spec:
        lines = [f"{spec} | {reason} | {key} {spec} {value}" for spec in asked_in(prompt)]
        return "\n".join([f"VERDICTS {key}", *lines])
    return f"{reason}\n{head} {value}"


def _filled(schema: Any, value: str, reason: str) -> Any:
    if schema["type"] == "object":
        members = schema["properties"].items()
        return {
            name: reason if name == "reason" else _filled(part, value, reason)
            for name, part in members
        }
    return schema["enum"][0] if len(schema.get("enum", ())) == 1 else value


def key_in(request: Request) -> str:
    """The call's key, which stands in the answer's delimiter."""
    return re.findall(r"^<answer (\w+)>$", request.messages[-1].content, re.M)[0]
