"""What a change of words does, by wording."""

from __future__ import annotations

import pytest
from tests.revised import seen

from specloop.revision.signs import signs_of


def effect(old: str, new: str) -> str:
    """What all signs of a change say."""
    said = {sign.effect for sign in signs_of(old, new)}
    said = said - {"editorial"} or said
    return "reversed" if "reversed" in said else said.pop() if len(said) == 1 else "other"


STRICTER = [
    ("Keep answers under 80 words.", "Keep answers under 60 words."),
    ("Answers must have at least 2 sources.", "Answers must have at least 3 sources."),
    ("Refunds must be paid within two weeks.", "Refunds must be paid within 3 days."),
    ("Be brief.", "Be brief, with at most 50 words."),
    ("The assistant should greet the customer.", "The assistant must greet the customer."),
    ("The assistant should not use slang.", "The assistant must not use slang."),
    ("The assistant may use emoji.", "The assistant should use emoji."),
    ("Never share passwords unless a manager agrees.", "Never share passwords."),
    ("Ask for the order number if the customer wants a refund.", "Ask for the order number."),
    ("The assistant may offer a discount.",
     "The assistant may offer a discount if a manager agrees."),
    ("Do not name competitors.", "Do not name competitors or partners."),
    ("Do not name competitors or partners.", "Do not name competitors, resellers or partners."),
    ("Usually answer in English.", "Answer in English."),
    ("Greet customers.", "Greet all customers."),
    ("Greet the customer.", "Greet the customer and thank them."),
    ("Give the name or the number.", "Give the name."),
    ("Do not share sensitive data.", "Do not share data."),
    ("Ask before you send an e-mail if it is long.",
     "Ask before you send an e-mail if it is long or urgent."),
]  # fmt: skip
REVERSED = [
    ("Never apologise for delays.", "Always apologise for delays."),
    ("Refunds are allowed.", "Refunds are not allowed."),
    ("The assistant may give discounts.", "The assistant must not give discounts."),
    ("Use a formal tone.", "Use a casual tone."),
    ("Accept returns without a receipt.", "Reject returns without a receipt."),
]
EDITORIAL = [
    ("Keep answers short!", "Keep answers **short**."),
    ("The assistant must not be judgemental.", "The assistant must not be judgmental."),
    ("Use an informal tone in way that fits.", "Use a casual tone in a way that fits."),
    ("Answers must not have more than 80 words.", "Answers must have at most 80 words."),
    ("Name the source (e.g., a page).", "Name the source."),
]
OTHER = [
    ("Greet the customer by name.", "Greet the customer by title."),
    ("Keep answers under 80 words.", "Keep answers under 60 words unless the customer asks."),
    ("Reply from 9 to 5.", "Reply from 8 to 4."),
    ("Never guess a price.", "Never guess an address."),
]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        *((old, new, "stricter") for old, new in STRICTER),
        *((new, old, "looser") for old, new in STRICTER),
        *((old, new, "reversed") for old, new in REVERSED),
        *((new, old, "reversed") for old, new in REVERSED),
        *((old, new, "editorial") for old, new in EDITORIAL),
        *((old, new, "other") for old, new in OTHER),
    ],
)
def test_the_wording_says_what_a_change_does(old: str, new: str, expected: str) -> None:
    assert effect(old, new) == expected, signs_of(old, new)
    assert effect(new, old) == {"stricter": "looser", "looser": "stricter"}.get(expected, expected)


def test_what_differs_beside_the_words_has_an_effect_too() -> None:
    old = "# A\n\n## Tone {#tone authority=user}\n\nNever use emoji.\n"
    (raised,) = seen(old, old.replace("authority=user", "authority=system"))
    assert raised.change.effect == "stricter"
    excepted, added = seen(old, old + "Unless the customer uses emoji.\n")
    assert (excepted.change.effect, added.change.effect) == ("looser", None)
    assert seen(old, old)[0].change.effect is None
