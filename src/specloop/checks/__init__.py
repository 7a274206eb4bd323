"""Checks: rules that code decides. One file a kind.

A check compiles from a rule's wording and can repair an answer. It sees the request (the last user
message) and the answer. What checks share is in `checking`.
"""

from specloop.checking.base import Addition, AnswerText, Ban, Check, Clause, checks

__all__ = ["Addition", "AnswerText", "Ban", "Check", "Clause", "checks"]
