"""Replies of a model that judges changes of rules: `scripted:tests.revision_model.reply`."""

from __future__ import annotations

import json

from specloop.llm.base import Request


def reply(request: Request) -> str:
    """Stricter for rules about e-mail; nothing readable for others."""
    asked = request.messages[-1].content
    if "e-mail" not in "".join(message.content for message in request.messages[-3:]):
        return "I cannot say."
    assert asked
    return json.dumps({"why": "They\x1b[2J\nmust.", "effect": "stricter", "sure": 80})
