"""Replies of scripted judges in the form that they are asked for."""

from __future__ import annotations

import json

from specloop.llm.base import Request
from specloop.llm.scripted import Script


def verdict_reply(value: str, reason: str = "since") -> Script:
    """A judge that always gives the same verdict."""

    def reply(_request: Request) -> str:
        return json.dumps({"reason": reason, "verdict": value})

    return reply
