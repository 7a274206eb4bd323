"""Conversations with tools and parts, as tests send them."""

from __future__ import annotations

from specloop.records import Message, ToolCall

CALL = ToolCall(id="call_1", name="look_up", arguments='{"plant": "rose"}')
TALK = (
    Message(role="developer", content="You help gardeners."),
    Message.model_validate(
        {
            "role": "user",
            "content": [{"type": "text", "text": t} for t in ("My roses wilt.", "Why?")],
        }
    ),
    Message(role="assistant", content="", tool_calls=(CALL,)),
    Message(role="tool", content="Roses need water.", tool_call_id="call_1"),
)
"""The last turn is a tool's result."""
