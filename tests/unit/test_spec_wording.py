"""What single sentences oblige to, and how statements are put together."""

from __future__ import annotations

import pytest

from specloop.records import RuleType
from specloop.spec.composing import compose
from specloop.spec.facets import category, reason, rule_type, specificity
from specloop.spec.inline import clean
from specloop.spec.mapped import of_slices, sentences
from specloop.spec.wording import Obligation, obligation


@pytest.mark.parametrize(
    ("sentence", "force", "negative"),
    [
        ("The assistant must greet the user.", "must", False),
        ("The assistant must not greet the user.", "must", True),
        ("The assistant mustn't greet the user.", "must", True),
        ("The assistant should never greet.", "must", True),
        ("The assistant may not greet.", "must", True),
        ("Staff may only greet in person.", "must", True),
        ("Greeting is strictly prohibited.", "must", True),
        ("Greeting is not allowed.", "must", True),
        ("No employee may greet.", "must", True),
        ("Under no circumstances may it greet.", "must", True),
        ("The bot is expected to greet.", "must", False),
        ("Agents have to greet.", "must", False),
        ("The assistant should avoid jargon.", "should", True),
        ("It is important to be brief.", "should", False),
        ("If asked, the assistant should answer.", "should", False),
        ("When this happens, carry on.", "imperative", False),
        ("Do not greet.", "imperative", True),
        ("Don’t greet.", "imperative", True),
        ("Never greet.", "imperative", True),
        ("Always greet.", "imperative", False),
        ("Avoid jargon.", "imperative", True),
        ("Politely decline.", "imperative", False),
        ("Use plain words.", "imperative", False),
        ("Report incidents within a day.", "imperative", False),
        ("No discounts above ten percent.", "imperative", True),
        ("Tone: Keep it light.", "imperative", False),
        ("The assistant answers in French.", "indicative", False),
        ("The assistant does not flatter.", "indicative", True),
        ("Quoted text has none (it MUST be ignored).", "must", False),
    ],
)
def test_obligations(sentence: str, force: str, negative: bool) -> None:
    duty = obligation(sentence)
    assert duty is not None
    assert (duty.force, duty.negative) == (force, negative)


@pytest.mark.parametrize(
    "sentence",
    [
        "How should the assistant answer?",
        "The assistant is a program.",
        "The assistant knows an astonishing amount.",
        "For example, the assistant must not say yes.",
        "This means that the assistant should stop.",
        "He said “you must obey”.",
        "Rules that must be kept are listed below.",
        "The section explains how the assistant should answer.",
        "When the assistant must pause for approval.",
        "Direct expenditures (e.g., tickets)",
        "Use cases include travel and food.",
        "No exceptions apply.",
        "Support hours are nine to five.",
        "Customers (who should be patient) wait here.",
        "The assistant may offer tea.",
    ],
)
def test_no_obligation(sentence: str) -> None:
    assert obligation(sentence) is None


@pytest.mark.parametrize(
    ("stem", "entry", "text"),
    [
        ("The bot must not:", "Give advice", "The bot must not give advice"),
        ("Never share:", "customer names", "Never share customer names"),
        ("When refusing, the bot should:", "be kind", "When refusing, the bot should be kind"),
        ("If a child writes:", "Never ask its age.", "If a child writes, never ask its age."),
        ("The bot must follow these rules:", "Never lie.", "Never lie."),
        (
            "The bot must not do the following:",
            "Give advice.",
            "The bot must not do the following: Give advice.",
        ),
        ("When refusing, keep to these rules:", "Be kind.", "When refusing, be kind."),
        ("Side effects include:", "Must be noted", "Must be noted"),
        ("", "Never lie.", "Never lie."),
    ],
)
def test_lead_in_and_entry_make_one_statement(stem: str, entry: str, text: str) -> None:
    stated = compose(stem, entry)
    assert stated is not None
    assert stated.text == text


def test_a_negative_lead_in_makes_its_imperative_entries_prohibitions() -> None:
    stated = compose("The bot must not do the following:", "Give advice.")
    assert stated is not None
    assert stated.duty.negative


def test_entries_of_a_mere_enumeration_state_nothing() -> None:
    assert compose("Side effects include:", "sending e-mail") is None
    assert compose("Side effects include:", "Use of money") is None


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Use e.g. tea. Stop.", ["Use e.g. tea.", "Stop."]),
        ("Say “Stop. Now.” Then wait.", ["Say “Stop. Now.”", "Then wait."]),
        ("In the U.S. it differs. Here not.", ["In the U.S. it differs.", "Here not."]),
        ("Wait (a while. or so) here. Go.", ["Wait (a while. or so) here.", "Go."]),
        ("Pay $1.50 now. Go.", ["Pay $1.50 now.", "Go."]),
        ("Ask Dr. Smith. Go.", ["Ask Dr. Smith.", "Go."]),
        ("no end", ["no end"]),
    ],
)
def test_sentence_ends(text: str, parts: list[str]) -> None:
    raw = of_slices(text, [(0, len(text))])
    assert [sentence.text for sentence in sentences(raw)] == parts


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("a **b** *c* _d_ ***e*** ~~f~~", "a b c d e f"),
        ("2 * 3 and snake_case and 4*5", "2 * 3 and snake_case and 4*5"),
        ("see [the *page*](http://x.y/a_(b)) now", "see the page now"),
        ("![a picture](x.png) next", "next"),
        ("say `**exactly**` this", "say `**exactly**` this"),
        ("a note[^1] here [^two].", "a note here."),
        (r"a \* b \_ c", "a * b _ c"),
        ("tea &amp; cake &mdash; <b>now</b><!-- no -->", "tea & cake — now"),
        ("under [?](#tone) rules", 'under "Tone of voice" rules'),
        ("two  lines\n  here", "two lines here"),
    ],
)
def test_inline_markup_is_removed(markdown: str, text: str) -> None:
    raw = of_slices(markdown, [(0, len(markdown))])
    assert clean(raw, {"tone": "Tone of voice"}).text == text


@pytest.mark.parametrize(
    ("sentence", "authority", "type"),
    [
        ("Never lie.", None, "prohibition"),
        ("The bot must greet.", None, "requirement"),
        ("The bot should greet.", None, "guideline"),
        ("The bot should greet.", "root", "requirement"),
        ("The bot must greet.", "guideline", "guideline"),
        ("The bot should typically greet.", "root", "guideline"),
        ("Such words should be considered rude.", "root", "definition"),
        ("The bot should not greet.", None, "guideline"),
        ("The bot should not greet.", "root", "prohibition"),
        ("The bot must not greet.", "guideline", "guideline"),
        ("The bot should typically not greet.", "root", "guideline"),
        ("The bot does not greet.", None, "guideline"),
        ("The bot must not try to greet.", None, "prohibition"),
        ("Find out what it means to greet.", None, "requirement"),
    ],
)
def test_rule_types(sentence: str, authority: None, type: RuleType) -> None:
    duty = obligation(sentence)
    assert duty is not None
    assert rule_type(sentence, duty, authority) == type


@pytest.mark.parametrize(
    ("text", "heading", "found"),
    [
        ("Never share a password.", "", "safety"),
        ("Be brief.", "", "behavioral"),
        ("Do not discuss other customers.", "Privacy", "safety"),
        ("Do not discuss other customers.", "Privacy and personal data", "safety"),
        ("Do not discuss other customers.", "Protect people's privacy", "safety"),
        ("Do not discuss other customers.", "Private parties", "behavioral"),
        ("Offer a voucher.", "Complaints about harassment by e-mail", "behavioral"),
        ("Keep refusals under 40 words.", "Weapons", "behavioral"),
        ("Keep private methods short.", "", "behavioral"),
        ("Child elements inherit the font.", "", "behavioral"),
        ("Release a minor version each month.", "", "behavioral"),
        ("Never ask a child for its address.", "", "safety"),
        ("Prices include tax.", "", "behavioral"),
        ("Give no tax advice.", "", "safety"),
        ("Write about sexual orientation neutrally.", "", "behavioral"),
    ],
)
def test_a_category_is_what_a_rule_is_about(text: str, heading: str, found: str) -> None:
    assert category(text, heading) == found


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("Be brief.", 1),
        ("Be brief if asked.", 2),
        ("In a crisis, be brief.", 2),
        ('Say "yes".', 3),
        ("Use at most three sentences.", 3),
        ("Reply within 2 days.", 3),
        ("Refund up to $50.", 3),
        ("Use 2FA.", 1),
        ("Follow section 4.", 1),
        ("File form 1040.", 1),
        ("Keep to RFC 2119.", 1),
        ('Avoid words such as "cheap".', 1),
        ("Look at the sea while you wait.", 1),
    ],
)
def test_specific_is_an_exact_wording_or_an_amount(sentence: str, found: int) -> None:
    assert specificity(sentence) == found


def test_reasons() -> None:
    assert reason("Be brief at all times, because readers are busy.") == "readers are busy"
    assert reason("Never avoid a topic solely because it is hard.") == ""
    assert Obligation("must", True).direction == "negative"
