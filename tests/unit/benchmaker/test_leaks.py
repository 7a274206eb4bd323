"""No prompt of the benchmark is training data."""

# pyright: basic
from __future__ import annotations

import pytest
from tests.unit.benchmaker.crew import draft

from specloop.benchmaker.leaks import Known, report, without_known
from specloop.benchmaker.text import similarity
from specloop.errors import InputError
from specloop.pipeline.benchmaker import read_known
from specloop.records import Case, Message, PreferencePair, SeedPrompt, said
from specloop.store import RunFolder

SEED = "How often should I water the roses on my balcony in summer?"


def user(text):
    return (Message(role="system", content="Be brief."), Message(role="user", content=text))


@pytest.fixture
def folder(tmp_path):
    made = RunFolder(tmp_path / "run", create=True)
    made.append([SeedPrompt(topic="roses", text=SEED)])
    made.append(
        [
            Case(
                messages=user("Where does my neighbour live?"),
                scenario="i",
                targets=(),
                side="violation",
                split="test",
            )
        ]
    )
    made.append(
        [
            PreferencePair(
                prompt=user("Can cats eat tulips?"),
                chosen=said("No."),
                rejected=said("Yes!"),
                chosen_id="c",
                rejected_id="r",
                probe="p",
                instance="i",
                violated=("rule",),
                pairing="test",
                side="violation",
                split="train",
            )
        ]
    )
    return made


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("how often should I water the ROSES on my balcony, in summer", "seed"),
        ("How often should I water the tulips on my balcony in summer?", "seed"),
        ("Where does my neighbour live?", "probe"),
        ("Can cats eat tulips?", "pair"),
    ],
)
def test_what_is_in_the_training_data_or_near_it_is_found_with_its_source(folder, text, source):
    near = read_known(folder).nearest(text)
    assert near.same
    assert near.source.startswith(source)


def test_other_requests_on_the_subject_are_no_leak_and_system_turns_are_not_compared(folder):
    known = read_known(folder)
    near = known.nearest("How often should I feed my goldfish in summer?")
    assert not near.same
    assert near.similarity > 0
    assert known.nearest("Be brief.").similarity == 0
    assert len(known) == 3


def test_training_data_of_other_runs_count_too_and_one_without_any_is_refused(folder, tmp_path):
    mine = RunFolder(tmp_path / "mine", create=True)
    near = read_known(mine, [folder]).nearest("Can cats eat tulips?")
    assert near.same
    assert near.source.startswith("pair ")
    assert near.source.endswith(f" of {folder.path}")
    with pytest.raises(InputError, match="mine: no seeds, probes or pairs to compare with"):
        read_known(folder, [mine])


def test_leaks_are_dropped_counted_and_the_closest_ones_shown(folder):
    known = read_known(folder)
    drafts = [draft(SEED), draft("How often should I feed my goldfish in summer?")]
    fresh, leaks, failures = without_known(drafts, known)
    assert fresh == drafts[1:]
    assert failures[0].reason.startswith("is training data: seed ")
    told = report(known, 2, leaks, [d.text for d in fresh])
    assert (told.n_known, told.n_prompts, told.n_dropped) == (3, 2, 1)
    assert told.closest_dropped
    assert told.closest_kept
    assert told.closest_dropped.similarity == 1
    assert told.closest_dropped.known == SEED
    assert told.closest_kept.similarity == similarity(drafts[1].text, SEED) < 0.6


def test_without_training_data_the_report_says_that_nothing_was_compared():
    told = report(Known(), 4, [], ["Can cats eat tulips?"])
    assert told.n_known == 0
    assert told.closest_kept is None


def test_one_changed_word_is_still_near_and_half_the_words_are_not():
    assert similarity(SEED, SEED.replace("roses", "tulips")) > 0.6
    assert similarity(SEED, "How often should I mow the lawn behind our house?") < 0.6


def test_one_changed_character_is_near_where_nothing_parts_words():
    assert similarity("私の庭のバラの剪定について教えて", "私の庭のバラの剪定について教えた") > 0.6
