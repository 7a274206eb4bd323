"""The cost of calls."""

from __future__ import annotations

from collections.abc import Iterable

from specloop.records.base import Value


class Cost(Value):
    """Tokens, calls and seconds spent. Replies from the cache do not count as tokens."""

    n_calls: int = 0
    """Calls that were answered, from the cache or by the model."""
    n_cached: int = 0
    n_failed: int = 0
    """Calls that were given up."""
    n_failed_attempts: int = 0
    """Attempts that failed, whether or not a later one was answered."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """The part of the prompt that the server had already."""
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    """The part of the completion that was spent on reasoning, if the server says."""
    wall_s: float = 0.0
    """The time during which at least one call was in flight."""


def total_cost(costs: Iterable[Cost]) -> Cost:
    """The sum of costs, field by field."""
    each = list(costs)
    return Cost(**{name: sum(getattr(c, name) for c in each) for name in Cost.model_fields})
