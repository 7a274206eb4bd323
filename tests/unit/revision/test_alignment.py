"""Rules of an older version are found again in a newer one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.revised import kinds, rules_in, seen

from specloop.revision.alignment import align, found_again
from specloop.revision.assignment import assigned

POLICY = """# Help desk

## Answers

The assistant must keep every answer under 80 words.
The assistant should greet the customer by name.
Never share the password of an account.

## Refunds

Refunds must be approved by a manager.
The assistant must ask for the order number before it promises a refund.
"""


def test_the_same_document_is_kept_whole() -> None:
    assert set(kinds(POLICY, POLICY)) == {"kept"}
    assert not any(one.change.differs for one in seen(POLICY, POLICY))


def test_markup_and_punctuation_change_no_words() -> None:
    new = POLICY.replace("must keep", "**must** keep").replace("refund.\n", "refund\n")
    assert set(kinds(POLICY, new)) == {"kept"}


def test_reworded_new_and_gone_rules_stand_in_the_order_of_the_newer_version() -> None:
    new = POLICY.replace("under 80 words", "under 60 words")
    new = new.replace("Never share the password of an account.\n", "")
    new = new.replace("Refunds must", "Opening hours must be given in local time.\nRefunds must")
    assert kinds(POLICY, new) == ["reworded", "kept", "gone", "new", "kept", "kept"]
    reworded = seen(POLICY, new)[0]
    assert reworded.change.found_by == "words"
    assert reworded.change.likeness > 0.8
    assert "80" in reworded.old[0]
    assert "60" in reworded.new[0]


def test_a_rule_in_another_section_is_moved_and_a_renamed_section_moves_nothing() -> None:
    line = "Never share the password of an account.\n"
    moved = [one for one in seen(POLICY, POLICY.replace(line, "") + line) if one.kind != "kept"]
    assert [(one.kind, one.change.found_by) for one in moved] == [("moved", "quote")]
    assert moved[0].change.differs == ("section",)
    assert moved[0].change.is_same
    renamed = seen(POLICY, POLICY.replace("## Refunds", "## Money back"))
    assert {one.kind for one in renamed} == {"kept"}
    assert [one.change.differs for one in renamed if one.change.differs] == [("section",)] * 2


def test_near_duplicates_of_one_section_do_not_swap() -> None:
    numbers = range(10, 22)
    old = "# Limits\n\n" + "\n".join(
        f"Answers about product {n} must have at most {n} words." for n in numbers
    )
    new = old.replace("must have at most", "must not have more than")
    found = seen(old, new)
    assert {one.kind for one in found} == {"reworded"}
    for n, one in zip(numbers, found, strict=True):
        assert f"product {n} " in one.old[0]
        assert f"product {n} " in one.new[0]


def test_entries_under_one_lead_in_are_told_apart_by_what_they_say() -> None:
    old = "# Care\n\nThe assistant must never, under any circumstances, ask a customer for:\n\n"
    entries = ("- the password of the account", "- the number on the back of a card")
    new = old.replace("ask a customer for", "ask a customer or a guest for")
    new += "- a photograph of a passport\n" + entries[1]
    found = {one.kind: one for one in seen(old + "\n".join(entries), new)}
    assert set(found) == {"reworded", "new", "gone"}
    assert "card" in found["reworded"].old[0]
    assert "card" in found["reworded"].new[0]


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        (
            "The assistant must not promise a refund or a discount before a manager has agreed.",
            ("The assistant must not promise a refund before a manager has agreed.",
             "The assistant must not promise any customer a discount."),
        ),
        (
            "The assistant must log each refund and must tell the customer when it was sent.",
            ("The assistant must log each refund.",
             "The assistant must tell the customer when the refund was sent."),
        ),
        (
            "Personal data must not be stored, and it must not go to partners without consent.",
            ("Personal data must not be stored.",
             "Personal data must not go to partners unless the customer consents."),
        ),
    ],
)  # fmt: skip
def test_a_sentence_is_split_and_two_are_merged(whole: str, parts: tuple[str, str]) -> None:
    rest = "The assistant should greet the customer by name.\n"
    one, two = f"# A\n\n{rest}{whole}\n", f"# A\n\n{rest}" + "\n".join(parts) + "\n"
    assert kinds(one, two) == ["kept", "split"]
    assert kinds(two, one) == ["kept", "merged"]


def test_a_new_rule_on_the_same_matter_is_not_part_of_a_split() -> None:
    old = "# A\n\nThe assistant must log each refund with its order number.\n"
    new = old.replace("log each", "record each") + "The assistant must never promise a refund.\n"
    assert kinds(old, new) == ["reworded", "new"]


def test_what_differs_beside_the_words_is_named() -> None:
    old = "# A\n\n## Tone {#tone authority=user}\n\nWhen a customer is angry:\n\n- Stay calm.\n"
    (raised,) = seen(old, old.replace("authority=user", "authority=developer"))
    assert (raised.kind, raised.change.differs) == ("kept", ("authority",))
    excepted = "Never use emoji.\n"
    rule, *_ = seen("# A\n\n" + excepted, "# A\n\n" + excepted + "Unless the customer does.\n")
    assert rule.kind == "kept"
    assert "exception" in rule.change.differs
    assert not rule.change.is_same
    assert not raised.change.is_same


def test_another_document_is_hardly_found_again() -> None:
    other = "# Garden\n\nRoses must be watered in the morning.\nNever cut a hedge in spring.\n"
    changes = align(rules_in(POLICY), rules_in(other))
    assert found_again(changes) == 0.0
    assert found_again(align(rules_in(POLICY), rules_in(POLICY))) == 1.0
    assert align(rules_in(POLICY), rules_in("# Nothing\n\nA shop.\n"))[0].kind == "gone"


def test_meaning_finds_what_no_words_do() -> None:
    old = "# A\n\nNever share the password of an account.\n"
    new = "# A\n\nCredentials stay secret, so you must keep all of them to yourself.\n"
    assert sorted(kinds(old, new)) == ["gone", "new"]
    (change,) = align(rules_in(old), rules_in(new), lambda texts: np.ones((len(texts), 2)))
    assert (change.kind, change.found_by) == ("reworded", "meaning")


def test_no_assignment_has_a_greater_sum() -> None:
    draw = np.random.default_rng(0)
    for n, m in itertools.product(range(1, 5), repeat=2):
        table = draw.random((n, m))
        scores = {(i, j): table[i, j] for i in range(n) for j in range(m) if table[i, j] > 0.3}
        best = max(
            sum(scores.get((i, j), 0.0) for i, j in enumerate(columns[:n]))
            for columns in itertools.permutations(range(max(n, m)))
        )
        assert sum(scores[pair] for pair in assigned(scores).items()) == pytest.approx(best)
