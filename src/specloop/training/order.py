"""The order of the pairs: batches of nearly equal length, in random order."""

from __future__ import annotations

import random
from collections.abc import Sequence


def order_by_length(lengths: Sequence[int], batch_size: int, seed: str) -> list[int]:
    """Indices, batch after batch; an incomplete batch comes last.

    There is little padding, and the same seed gives the same order, so a resumed run sees the
    batches that the killed one would have seen. (The sampler of transformers draws from the global
    generator.)
    """
    rng = random.Random(seed)
    # The jitter combines other pairs under another seed.
    order = sorted(range(len(lengths)), key=lambda i: lengths[i] * rng.uniform(0.9, 1.1))
    n_full = len(order) // batch_size * batch_size
    batches = [order[i : i + batch_size] for i in range(0, n_full, batch_size)]
    rng.shuffle(batches)
    return [i for batch in [*batches, order[n_full:]] for i in batch]
