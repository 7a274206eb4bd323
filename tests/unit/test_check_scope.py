"""What stands outside a rule's sentence: it may narrow the rule, and then no check comes of it."""

import pytest
from tests.edited import edited_rules, edits_of

from specloop.checking import AnswerText, compile_check, compile_wording, decide, link_exceptions
from specloop.errors import InputError
from specloop.records import Rule
from specloop.spec import SourceDocument, read_spec
from specloop.spec.edits import with_check
from specloop.spec.rules_yaml import write_rules

WORDING = "Never use exclamation marks."


def read(text: str) -> list[Rule]:
    document = SourceDocument.of(text)
    return link_exceptions([with_check(rule) for rule in read_spec(document).rules])


def decided(text: str) -> list[str]:
    return [
        rule.text
        for rule in read(f"# Quay desk\n\n{text}\n\n## Style\n\n- Be kind.\n")
        if rule.check
    ]


@pytest.mark.parametrize(
    "heading",
    [
        "Style",
        "Form of answers",
        "Length",
        "Tone and voice",
        "General rules",
        "2.1 How the assistant writes",
        "What is never said",
        "Serving the customer",
        "House style",
        "Exclamation marks",
        "IV. Words to avoid",
        "Voice and tone",
    ],
)
def test_a_heading_that_names_what_is_regulated_narrows_nothing(heading: str) -> None:
    assert decided(f"## {heading}\n\n- {WORDING}") == [WORDING]


@pytest.mark.parametrize(
    "heading",
    [
        "Emails",
        "Refunds",
        "For premium members",
        "During an outage",
        "Text messages",
        "Complaints",
        "Answers about refunds",
        "Headings",
        "Talking to children",
        "3. Delivery",
        "When the shop is closed",
        "Tone in letters",
        "Suppliers",
        "Opening hours",
        "Short answers",
        "Text",
        "Voice assistant",
        "Questions",
        "Rules for refunds",
        "Special cases",
    ],
)
def test_any_other_heading_narrows_and_so_do_those_above_it(heading: str) -> None:
    assert decided(f"## {heading}\n\n- {WORDING}") == []
    assert decided(f"## {heading}\n\n### Style\n\n- {WORDING}") == []


def test_a_demand_under_a_heading_of_values_may_be_meant_for_what_they_are_about() -> None:
    assert decided('## Safety\n\n- End every answer with "Call the doctor."') == []
    told = 'When the customer mentions a fall, include "Call the doctor."'
    assert decided(f"## Safety\n\n- {told}") == [told]


def test_the_title_of_the_document_narrows_only_where_it_names_an_occasion() -> None:
    assert [r.check is not None for r in read(f"# Bay Bakery\n\n## Style\n\n- {WORDING}\n")] == [
        True
    ]
    assert [
        r.check is not None for r in read(f"# Bakery e-mails\n\n## Style\n\n- {WORDING}\n")
    ] == [False]
    assert [
        r.check is not None for r in read(f"# Style\n\n- {WORDING}\n\n# Refunds\n\nNothing.\n")
    ] == [True]


@pytest.mark.parametrize(
    "text",
    [
        f"In e-mails:\n\n- {WORDING}",
        f"For refunds, these rules hold:\n\n- {WORDING}",
        f"To suppliers, the assistant writes as follows:\n\n- {WORDING}",
        f"- Letters\n  - {WORDING}",
        f"**Letters.** {WORDING}",
        f"**Letters:** {WORDING}",
        f"Letters: {WORDING}",
        f"| Topic | Duty |\n| --- | --- |\n| Refunds | {WORDING} |",
        f"| Refunds | Delivery |\n| --- | --- |\n| {WORDING} | Be quick. |",
        f"| Rule | Applies to |\n| --- | --- |\n| {WORDING} | letters |",
        f"{WORDING} This applies to letters only.",
        f"{WORDING} However, in letters one is fine.",
        f"{WORDING} In letters, one is fine.",
        f"{WORDING} Unless the customer is a child.",
        f"{WORDING} Exception: in letters, use one after the greeting.",
        f"- {WORDING}\n\nThese rules hold for letters only.",
        f"This section applies to letters.\n\n{WORDING}",
        "Letters go out on Mondays. They must never contain exclamation marks.",
        f"{WORDING} This goes for letters only.",
        f"{WORDING} Letters are exempt.",
        f"{WORDING} Letters may have one.",
        f"{WORDING} That is a must in letters; elsewhere they are fine.",
        f"{WORDING} There is one exception: letters.",
        f"- {WORDING}\n  - Letters may have them.",
        f"- {WORDING}\n- Letters are exempt.",
        f"{WORDING} In letters, use at most one exclamation mark.",
        f"{WORDING} Letters get one exclamation mark.",
        f"In letters the assistant should:\n\n1. {WORDING}",
        f"If the customer is angry, the assistant must follow these rules:\n\n- {WORDING}",
        f"If the customer is angry: {WORDING}",
        f"Letters: the form\n\n| Channel | Marks |\n| --- | --- |\n| Letter | {WORDING} |",
        f"| | Never |\n| --- | --- |\n| Refunds | {WORDING} |",
    ],
)
def test_labels_cells_lead_ins_and_sentences_nearby_narrow(text: str) -> None:
    assert decided(f"## Style\n\n{text}") == []


@pytest.mark.parametrize(
    "text",
    [
        f"The assistant must keep to these rules:\n\n- {WORDING}",
        f"The following rules apply to every answer:\n\n1. {WORDING}",
        "In every answer the assistant must never:\n\n- use exclamation marks",
        f"**Punctuation.** {WORDING}",
        f"| No. | Rule | Why |\n| --- | --- | --- |\n| 1 | {WORDING} | They shout at guests. |",
        f"{WORDING} They look loud on a phone.",
        f"The assistant speaks for the quay. {WORDING}",
        "The assistant speaks for the quay. It never uses exclamation marks.",
    ],
)
def test_what_tells_of_form_or_reasons_narrows_nothing(text: str) -> None:
    assert len(decided(f"## Style\n\n{text}")) == 1


def test_an_exception_that_code_cannot_decide_takes_the_check_of_its_base_rule() -> None:
    base, other = "Write plain paragraphs without lists.", "when the customer mentions steps"
    assert decided(f"## Style\n\n- {base} Exception: {other}, give a numbered list.")[0] == base
    assert decided(f"## Style\n\n- {base} Exception: for recipes, give a numbered list.") == []


def test_an_edited_rule_is_compiled_under_its_headings() -> None:
    (rule,) = read("# Quay\n\n## Letters\n\n- Be quick.\n")
    (edited,) = edited_rules([rule], write_rules([rule]).replace("Be quick.", WORDING))
    assert edited.text == WORDING
    assert edited.check is None


def test_a_part_says_no_where_it_is_broken_and_never_decides_the_rule() -> None:
    wording = "Never use irony, swear words or emoji."
    assert compile_check(wording) is None
    part = compile_wording(wording)
    assert part is not None
    assert (part.name, part.leaves) == ("forbidden_marks", "irony; swear words")
    assert decide(part, "Hello?", AnswerText("Hi \U0001f600")).value == "NO"
    rest = decide(part, "Hello?", AnswerText("Hi"))
    assert (rest.value, "irony" in rest.reason) == ("unscored", True)


@pytest.mark.parametrize(
    ("wording", "leaves"),
    [
        ("Avoid sarcasm, slang and exclamation marks.", "sarcasm; slang"),
        ("Never use emojis or bad jokes.", "bad jokes"),
        ("Keep answers under 40 words and be kind.", "be kind"),
        ("Be kind and answer in at most two sentences.", "Be kind"),
        ('Never say "cheap" or anything similar.', "anything similar"),
    ],
)
def test_a_part_names_what_it_leaves(wording: str, leaves: str) -> None:
    part = compile_wording(wording)
    assert part is not None
    assert part.leaves == leaves


@pytest.mark.parametrize(
    "wording",
    [
        "Never use exclamation marks.",
        "Be kind to everyone.",
        "Never use emojis or sarcasm in complaints.",
        "Avoid excessive slang, jargon or emojis.",
        "Do not use long lists or tables.",
        "Do not use headings and bold text together.",
        "Never use both emojis and slang.",
        "Keep answers under 40 words and be kind in letters.",
        "Never use emojis and end with a joke.",
    ],
)
def test_no_part_is_taken_where_what_is_left_may_govern_it(wording: str) -> None:
    call = compile_wording(wording)
    assert call is None or not call.leaves


def test_rules_yaml_names_a_part_and_refuses_it_as_the_rules_check() -> None:
    (rule,) = read("# Quay\n\n## Style\n\n- Never use sarcasm or emoji.\n")
    assert rule.check is None
    assert rule.part is not None
    text = write_rules([rule])
    assert "# code decides a part only: no emojis; left to judgement: sarcasm" in text
    assert "check: null" in text
    forged = text.replace(
        "check: null",
        "check: {name: forbidden_marks, options: {marks: [emojis]}, leaves: sarcasm}",
    )
    with pytest.raises(InputError, match="decides no rule"):
        edits_of([rule], forged)


@pytest.mark.parametrize("heading", ["Privacy", "Sensitive content", "Legal", "Risks"])
def test_under_a_word_of_value_a_ban_on_form_may_be_meant_for_it(heading: str) -> None:
    assert compile_check(WORDING, (heading,)) is None
    assert compile_check('Never say "cheap".', (heading,)) is not None


@pytest.mark.parametrize(
    "heading",
    [
        "Written communication",
        "Structured output",
        "Policy answers",
        "General conversation",
        "Standard terms",
        "Details of policies",
        "How to say no",
        "Answers that must be short",
        "Writing",
    ],
)
def test_words_of_form_may_together_name_a_subject(heading: str) -> None:
    assert compile_check(WORDING, (heading,)) is None


@pytest.mark.parametrize(
    "text",
    [
        "## Style\n\n- RULE\n\n## Exceptions\n\n- Exclamation marks are fine in greetings.",
        "This policy applies to the returns desk only.\n\n## Style\n\n- RULE",
        "## Style\n\n- RULE (Chat)",
        "## Style\n\n- RULE — Sales team",
        "## Style\n\n- RULE\n\nThe above is for letters.",
        "## Style\n\n- RULE This is for minors.",
        "## Style\n\n- ~~RULE~~",
        "## Style\n\n- <del>RULE</del>",
    ],
)
def test_what_stands_elsewhere_in_the_document_narrows(text: str) -> None:
    assert decided(text.replace("RULE", WORDING)) == []


@pytest.mark.parametrize(
    "other",
    [
        "Answers to legal questions may be up to 300 words.",
        "In letters, answers must be at most 300 words.",
        "Answers may be longer than 90 words.",
    ],
)
def test_a_higher_limit_elsewhere_takes_a_limit_back(other: str) -> None:
    limit = "Answers must be at most 90 words."
    assert decided(f"## Length\n\n- {limit}\n\n## Legal questions\n\n- {other}") == []
    kept = decided(f"## Length\n\n- {limit}\n- Sentences must be at most 20 words.")
    assert kept == [limit, "Sentences must be at most 20 words."]
