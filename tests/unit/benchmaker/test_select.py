"""Variety, balance and embeddings."""

# pyright: basic
from __future__ import annotations

import numpy as np
import pytest

from specloop.benchmaker.embedding import embedding, hashed
from specloop.benchmaker.select import in_turn, most_varied, similarities
from specloop.errors import InputError


def brute_force(vectors, k):
    """SpecBench's Algorithm 1 word by word."""
    close = similarities(vectors)
    alive = list(range(len(vectors)))
    while len(alive) > k:
        pairs = [(i, j) for n, i in enumerate(alive) for j in alive[n + 1 :]]
        one, other = max(pairs, key=lambda pair: (close[pair], -pair[0], -pair[1]))
        central = {i: sum(close[i, j] for j in alive if j != i) for i in (one, other)}
        alive.remove(one if central[one] > central[other] else other)
    return alive


@pytest.mark.parametrize("seed", range(12))
def test_the_selection_is_that_of_the_algorithm_word_by_word(seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(int(rng.integers(2, 18)), 3))
    # Few different values: many ties.
    vectors = np.rint(vectors) if seed % 2 else vectors
    for k in range(1, len(vectors) + 1):
        assert most_varied(vectors, k) == brute_force(vectors, k)


def test_of_two_equal_texts_one_goes_before_anything_else():
    texts = ["prune the roses", "water the lawn", "prune the roses", "feed the fish"]
    assert most_varied(hashed(texts), 3) == [0, 1, 3]


def test_more_than_there_are_is_all_and_nothing_is_nothing():
    assert most_varied(hashed(["one thing", "another"]), 5) == [0, 1]
    assert most_varied(np.zeros((0, 4)), 2) == []


def test_texts_without_a_word_are_far_from_everything():
    assert similarities(hashed(["...", "prune the roses"]))[0, 1] == 0


def test_hashed_vectors_find_shared_stems_and_turns_of_phrase():
    close = similarities(hashed(["pruning roses", "prune a rose", "a late delivery"]))
    assert close[0, 1] > close[0, 2]


def test_groups_are_taken_in_turn_whatever_their_size():
    items = ["a1", "a2", "a3", "a4", "b1", "b2", "c1"]
    taken = in_turn(items, lambda item: item[0], str, seed=3)
    assert sorted(taken) == sorted(items)
    assert {item[0] for item in taken[:3]} == {"a", "b", "c"}
    assert {item[0] for item in taken[3:5]} == {"a", "b"}
    assert taken == in_turn(items[::-1], lambda item: item[0], str, seed=3)


def test_a_group_that_goes_leaves_the_order_of_the_others():
    items = [f"{group}{n}" for group in "abcde" for n in range(3)]
    taken = in_turn(items, lambda item: item[0], str, seed=3)
    left = [item for item in items if item[0] != "c"]
    after = in_turn(left, lambda item: item[0], str, seed=3)
    assert after == [item for item in taken if item[0] != "c"]


def test_an_unknown_embedding_is_named():
    with pytest.raises(InputError, match=r"\[bench\] embedding: 'glove'"):
        embedding("glove")
    assert embedding("hashed") is hashed


def test_of_none_wanted_none_remain():
    assert most_varied(np.eye(3), 0) == []
    assert most_varied(np.zeros((0, 3)), 2) == []
