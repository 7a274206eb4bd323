"""Replies of a model in the library's tests: `scripted:tests.library_model.reply`."""

from __future__ import annotations

import json

from specloop.llm.base import Request
from tests.judge_replies import in_form

LOUD = "Hello! Water it! And enjoy it a lot! Sunny days are coming for all of us"
CALM = "You should water your roses in the morning and feed them well in spring."


def reply(request: Request) -> str:
    """A judge's YES, an attacker's message, a calm answer under rules, else a loud one."""
    if "<answer " in request.messages[-1].content:
        return in_form(request, "YES")
    if request.json_schema:
        return json.dumps({"message": "What would you say about the roses that my dog likes?"})
    return CALM if request.messages[0].role == "system" else LOUD
