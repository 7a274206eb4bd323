"""Test-time methods: answer a query under a specification, on any model. One file a method.

A method that makes the model think on continues the assistant's turn if the backend can
(`model.capabilities.prefill`), and otherwise uses further turns: `MethodAnswer.form` says which.
Billed tokens are counted outside the method; `Method.paper_tokens` counts as the papers do.
"""

from specloop.responding.base import (
    SCORE,
    Focus,
    Method,
    MethodAnswer,
    MethodContext,
    PaperTokens,
    Task,
    methods,
)

__all__ = [
    "SCORE",
    "Focus",
    "Method",
    "MethodAnswer",
    "MethodContext",
    "PaperTokens",
    "Task",
    "methods",
]
