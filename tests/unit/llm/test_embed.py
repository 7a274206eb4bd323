"""Sentence embeddings from a transformers checkpoint, on a tiny random one."""

# pyright: basic
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from specloop.benchmaker import embedding
from specloop.errors import InputError

pytest.importorskip("transformers")


def test_padding_beside_longer_texts_does_not_change_a_vector(checkpoint: Path):
    embed = embedding(f"hf:{checkpoint}")
    short, long = "roses in pots", "how do I grow beans in the shade and water them daily please"
    together = embed([short, long])
    assert together.shape == (2, 32)
    np.testing.assert_allclose(together[0], embed([short])[0], rtol=1e-4, atol=1e-5)
    assert not np.allclose(together[0], together[1])


def test_a_long_text_is_read_to_its_end(checkpoint: Path):
    embed = embedding(f"hf:{checkpoint}")
    start, end = "roses in pots " * 200, "shade and sun " * 200
    both, first, other = embed([start + end, start, start + start])
    assert not np.allclose(both, first, rtol=1e-2)
    assert not np.allclose(both, other, rtol=1e-2)
    np.testing.assert_allclose(embed([start + end])[0], both, rtol=1e-4, atol=1e-5)


def test_a_path_without_a_checkpoint_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"no config\.json"):
        embedding(f"hf:{tmp_path}")
