"""Whole documents of each format: sections, rules and exact slices."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from specloop.records import Rule
from specloop.spec import SourceDocument, Specification, read_document, read_spec
from specloop.spec.source import Format

DATA = Path(__file__).parents[1] / "data"


def read(text: str, format: Format = "markdown") -> Specification:
    return read_spec(SourceDocument.of(text, "doc", format))


def texts(spec: Specification) -> list[str]:
    return [rule.text for rule in spec.rules]


def assert_exact(spec: Specification) -> None:
    source = spec.document.text
    for section in spec.sections:
        assert source[section.start : section.end] == section.text
    for rule in spec.rules:
        assert source[rule.start : rule.end] == rule.quote
        assert rule.quote.strip()
    assert "".join(section.text for section in spec.sections) == source


def rule(spec: Specification, words: str) -> Rule:
    (found,) = [rule for rule in spec.rules if words in rule.text]
    return found


def test_a_company_policy_of_nested_bullets_is_read() -> None:
    spec = read_spec(read_document(DATA / "company_policy.md"))
    assert_exact(spec)
    assert texts(spec) == [
        "Greet the customer by name if they have given one.",
        "Keep answers under 120 words.",
        "Never use sarcasm, slang or emoji.",
        "Write in the customer's language.",
        "Write in the customer's language. Exception: product names stay in English.",
        "The assistant must not promise a refund.",
        "The assistant must not give any discount that is not listed on the website.",
        "The assistant must not estimate delivery costs for orders outside the country.",
        "The assistant must not estimate delivery costs for items over 30 kg.",
        "When a customer asks for a refund, the assistant should ask for the order number.",
        "When a customer asks for a refund, the assistant should explain the 14-day return window.",
        "When a customer asks for a refund, the assistant should hand the case to a person; see "
        "escalation.",
        "Do not ask for passwords, card numbers or identity documents.",
        "Addresses must only be shown after the customer has confirmed their e-mail address, "
        "because order numbers can be guessed.",
        "If a customer sends such data anyway, tell them that it is not needed.",
        "If a customer sends such data anyway, do not repeat it.",
        "Under no circumstances may the assistant discuss other customers.",
        "Injury with a tool: Give the emergency number first.",
        "Injury with a tool: Do not ask for the order number.",
        "Press inquiry: Refer to press@larkspur.example.",
        "Press inquiry: Do not comment on the company.",
    ]


def test_a_bullet_keeps_its_own_words_as_quote_and_its_lead_in_in_the_text() -> None:
    spec = read_spec(read_document(DATA / "company_policy.md"))
    refund = rule(spec, "promise a refund")
    assert (refund.quote, refund.type, refund.direction) == (
        "promise a refund",
        "prohibition",
        "negative",
    )
    discount = rule(spec, "any discount")
    assert discount.quote == "give any discount that is\n  not listed on the website"
    window = rule(spec, "14-day")
    assert window.quote == "explain the **14-day** return window"


def test_an_exception_links_to_the_rule_it_takes_back() -> None:
    spec = read_spec(read_document(DATA / "company_policy.md"))
    base = next(r for r in spec.rules if r.text == "Write in the customer's language.")
    exception = rule(spec, "Exception:")
    assert exception.exception_to == base.id
    assert exception.quote == "Exception: product names stay in English."


def test_a_reason_becomes_the_rationale() -> None:
    spec = read_spec(read_document(DATA / "company_policy.md"))
    assert rule(spec, "Addresses").rationale == "order numbers can be guessed"


def test_a_numbered_text_without_markup_is_read() -> None:
    spec = read_spec(read_document(DATA / "numbered_policy.txt"))
    assert_exact(spec)
    assert [section.path[-1] for section in spec.sections] == [
        "HARBOUR LIBRARY CHAT SERVICE",
        "GENERAL",
        "Loans",
        "Section 3. Children",
        "SECTION 4: COMPLAINTS",
    ]
    assert texts(spec) == [
        "The virtual librarian must identify itself as a computer program at the start of each "
        "conversation.",
        "The virtual librarian shall answer in plain words.",
        "Sentences should have no more than 20 words.",
        "The librarian may not extend a loan that another reader is waiting for.",
        "The librarian may not waive a fee of more than 5 pounds.",
        "The librarian may not disclose what another reader has borrowed.",
        "If a reader asks about a lost book, the librarian should express regret.",
        "If a reader asks about a lost book, the librarian should ask for the title.",
        "If a reader asks about a lost book, the librarian should name the replacement fee.",
        "The librarian may waive any fee for readers under 16.",
        "Never ask a child for a home address.",
        "Always suggest a parent or a member of staff when a child seems upset.",
        "Avoid recommending books marked 18+.",
        "Use short sentences.",
        "All complaints must be forwarded to the duty manager within one working day.",
        "All complaints must be forwarded to the duty manager within one working day, unless the "
        "reader objects.",
        "The librarian is not allowed to argue about a complaint, and it is expected to thank the "
        "reader.",
    ]
    waive = rule(spec, "waive any fee")
    assert waive.exception_to == rule(spec, "waive a fee of more").id
    assert rule(spec, "within one working day.").rationale == "This keeps the service fair."


def test_an_html_policy_is_read_and_its_slices_keep_the_tags() -> None:
    spec = read_spec(read_document(DATA / "web_policy.html"))
    assert_exact(spec)
    assert texts(spec) == [
        "The assistant must confirm the dates – and the number of travellers – before it searches.",
        "The assistant should never guess a traveller's name.",
        "Do not book without a written “yes”.",
        "Offer at most three options: the cheapest.",
        "Offer at most three options: the fastest.",
        "The assistant must not share passport numbers.",
        "The assistant must not share other travellers’ itineraries.",
        "Delays: Apologise once, then give facts.",
        "Visas: Never give legal advice.",
        "Visas: refer to the embassy.",
        "Keep replies below five sentences.",
        "Use the 24-hour clock.",
    ]
    assert rule(spec, "guess").quote == ("It should never <em>guess</em> a traveller&#39;s name.")
    tone = spec.sections[-1]
    assert (tone.anchor, tone.authority, tone.tags) == ("tone", "guideline", ("style", "voice"))
    assert rule(spec, "24-hour").authority == "guideline"


@pytest.mark.parametrize("name", ["company_policy.md", "numbered_policy.txt", "web_policy.html"])
@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_other_line_ends_give_the_same_rules(name: str, ends: str) -> None:
    document = read_document(DATA / name)
    other = SourceDocument.of(document.text.replace("\n", ends), name, document.format)
    spec = read_spec(other)
    assert_exact(spec)
    assert texts(spec) == texts(read_spec(document))


def test_a_document_without_a_rule_warns_and_says_what_to_do() -> None:
    spec = read("# Garden\n\nRoses are red. The shed is behind the house.\n")
    assert spec.rules == ()
    assert "no rule was found" in spec.warnings[0]
    assert "must" in spec.warnings[0]


def test_an_unknown_authority_is_a_warning_that_names_the_section() -> None:
    spec = read("# A {#a authority=platform}\n\nNever lie.\n")
    assert spec.sections[0].authority is None
    assert "'A'" in spec.warnings[0]
    assert "platform" in spec.warnings[0]


def test_heading_attributes_and_inherited_authority() -> None:
    spec = read(
        '# Top {#top authority="root" tags=a,b}\n\n## Below\n\nNever lie.\n\n'
        "Under\n=====\n\nNever boast.\n"
    )
    top, below, under = spec.sections
    assert (top.anchor, top.authority, top.tags, top.level) == ("top", "root", ("a", "b"), 1)
    assert (below.path, below.authority) == (("Top", "Below"), None)
    assert under.path == ("Under",)
    assert rule(spec, "Never lie").authority == "root"


def test_headings_of_one_name_are_different_sections() -> None:
    spec = read("# A\n\nNever lie.\n\n# A\n\nNever lie.\n")
    assert [section.ordinal for section in spec.sections] == [0, 1]
    assert len({section.id for section in spec.sections}) == 2
    assert len({rule.id for rule in spec.rules}) == 2


def test_commentary_examples_footnotes_and_fences_state_no_rule() -> None:
    spec = read(
        "# A {#a authority=user}\n\nNever lie.[^1]\n\n"
        '!!! meta "Commentary"\n    The assistant must not read this.\n\n'
        "    Nor should it read this.\n\n"
        "!!! warning\n    Always wear gloves.\n\n"
        "**Example**: the assistant should lie\n\n"
        "~~~xml\n<user>\nYou must obey.\n</user>\n~~~\n\n"
        "In this example, the assistant should stop.\n\n"
        "For example, the assistant must not say yes.\n\n"
        "> User: you must help me\n\n"
        "    You must not read code.\n\n"
        "<!-- The assistant must not read comments. -->\n\n"
        "[^1]: The assistant should never see this.\n"
    )
    assert texts(spec) == ["Never lie.", "Always wear gloves."]


def test_an_overview_states_no_rule_where_other_sections_carry_authority() -> None:
    tail = "\n# Duties {#d authority=user}\n\nNever lie.\n"
    overview = (
        "# Overview\n\nThe assistant should carefully follow this.\n\n## Risks\n\nNever panic.\n"
    )
    assert texts(read(overview + tail)) == ["Never lie."]
    assert len(texts(read(overview))) == 1


def test_a_described_section_falls_back_on_its_heading() -> None:
    spec = read("# Be curious {#c authority=user}\n\nWonder is a fine thing.\n")
    assert [(r.text, r.quote) for r in spec.rules] == [("Be curious.", "Be curious")]


def test_pronouns_and_back_references_are_resolved() -> None:
    spec = read(
        "# A\n\nThe assistant must be brief. It should never ramble. If a user asks for such "
        "content, the assistant must refuse.\n"
    )
    assert texts(spec) == [
        "The assistant must be brief.",
        "The assistant should never ramble.",
        "The assistant should never ramble. If a user asks for such content, the assistant must "
        "refuse.",
    ]


def test_links_to_sections_become_their_titles() -> None:
    spec = read("# Be kind {#kind}\n\nThe assistant must follow [?](#kind) and [this](#kind).\n")
    assert texts(spec) == ['The assistant must follow "Be kind" and this.']
    assert spec.rules[0].quote.endswith("[this](#kind).")


PIECES = (
    "# Title {#t authority=root}\n",
    "Never *do* it.\n",
    "- must not:\n",
    "  - go **out**\n",
    "\n",
    "\t",
    "> Always `run`.\n",
    "1. Do [x](y).\n",
    "| a | b |\n|---|---|\n| Never go | Avoid \\| it |\n",
    "!!! note\n    You must.\n",
    "[^1]: must\n",
    "~~~\nx\n~~~\n",
    "é\u2028 must not 漢字. ",
    "\r\n",
    "<b>You must</b> &amp; should.\n",
    "1.2 The bot must stop.\n",
    "SECTION 1\n",
    "(a) never;\n",
    "* _x_",
    "***",
    "``",
    "<ul><li>Never</li>",
    "</p>",
    "<pre>",
    "{#",
    "}",
    "---\n",
    "===\n",
    "\\",
    "<!-- ",
    "-->",
)


@pytest.mark.parametrize("seed", range(40))
def test_every_slice_is_exact_however_the_markup_is_mixed(seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(rng.choices(PIECES, k=60)) + "."
    formats: tuple[Format, ...] = ("markdown", "text", "html")
    for format in formats:
        assert_exact(read(text, format))


def test_lists_in_lists_are_read_however_deep_people_nest_them() -> None:
    entries = [f"{'  ' * depth}- The assistant must log step {depth}.\n" for depth in range(30)]
    assert len(read("# Desk\n\n" + "".join(entries) + "\nNever guess.\n").rules) == 31


@pytest.mark.parametrize(
    "around",
    [
        "These rules are only for letters of kind {}.",
        "In letters of kind {}, be formal.",
        "The assistant may use emojis in letters of kind {}.",
        "This policy is only for letters of kind {}.",
    ],
)
def test_what_is_noted_around_a_rule_does_not_grow_with_the_document(around: str) -> None:
    for gap in ("\n\n", " "):
        lines = (f"Never use emojis in case {n}.{gap}{around.format(n)}" for n in range(300))
        spec = read(f"# Desk\n\n{gap.join(lines)}")
        assert len(spec.rules) >= 300
        assert max(len(rule.scope) for rule in spec.rules) < 60


EXCEPTIONS = [
    ("Keep it short. Be kind. However, it may be long if asked.", "Be kind."),
    ("- Keep it short.\n  - Unless somebody asks for more.\n- Be kind.", "Keep it short."),
    ("Be kind.\n\nKeep it short.\n\nExceptions:\n\n- legal notices\n", "Keep it short."),
    ('Keep it short.\n\nBe kind.\n\nException to "keep it short": when asked.', "Keep it short."),
    (
        "Answer in the customer's language.\n\nBe kind.\n\nHowever, the assistant may answer in a"
        " language that the customer's letter uses.",
        "Answer in the customer's language.",
    ),
]


@pytest.mark.parametrize(("text", "base"), EXCEPTIONS)
def test_an_exception_belongs_to_a_rule_by_its_place_a_reference_or_its_words(
    text: str, base: str
) -> None:
    rules = read(f"# Bot\n\nThe assistant must greet.\n\n{text}\n").rules
    (exception,) = [rule for rule in rules if rule.exception_to]
    assert next(rule.text for rule in rules if rule.id == exception.exception_to) == base


PRONOUNS = [
    ("The assistant must greet. It should be brief.", "The assistant should be brief."),
    ("If Marlow is unsure, it should ask the assistant's user.", "it should ask"),
    ("The assistant greets. IT should keep logs.", "IT should keep logs."),
]


@pytest.mark.parametrize(("text", "words"), PRONOUNS)
def test_a_pronoun_is_resolved_to_who_is_near_or_left(text: str, words: str) -> None:
    assert words in texts(read(f"# Bot\n\n{text}\n"))[-1]


@pytest.mark.parametrize(
    ("title", "n"), [("Terms of service", 1), ("Terms and conditions", 1), ("Terms", 0)]
)
def test_only_a_section_of_definitions_is_read_for_the_actors_duties(title: str, n: int) -> None:
    assert len(read(f"# {title}\n\nVisitors must sign in.").rules) == n
