"""Replies of a model that compares two rules: `scripted:tests.lint_model.reply`."""

from __future__ import annotations

import json

from specloop.llm.base import Request


def reply(request: Request) -> str:
    """A conflict for rules about helmets, the same for rules about bells, else neither; nothing
    readable for locks."""
    asked = [m.content for m in request.messages if m.content.startswith("Rule A")][-1]
    if "lock" in asked:
        return "I cannot say."
    relation = "conflict" if "helmet" in asked else "same" if "bell" in asked else "neither"
    return json.dumps({"why": "They\x1b[2J differ.", "relation": relation})
