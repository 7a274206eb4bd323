"""Wordings to checks, checks to verdicts, and repairing."""

import pytest

from specloop.checking import (
    AnswerText,
    build,
    compile_check,
    decide,
    link_exceptions,
    repair_answer,
)
from specloop.checks import checks
from specloop.records import CheckCall, Rule

COMPILES = [
    ("Keep every answer to at most 60 words.", "word_count", "one two", "one " * 61),
    ("Write at least three words.", "word_count", "one two three", "one two"),
    ("Answer in at most two sentences.", "sentence_count", "One. Two.", "One. Two. Three."),
    ('End every answer with the line "Bye now."', "closing_line", "Hi.\nBye now.", "Bye now. Hi."),
    ('Begin each answer with the line "Note:".', "opening_line", "Note:\nHi.", "Hi. Note:"),
    ('Include the sentence "Read this."', "required_phrase", "Well. Read this. Ok.", "Well."),
    ('Never use the word "guarantee".', "forbidden_phrase", "We hope.", "We Guarantee it."),
    ("Do not name GreenMart or Bloom Barn.", "forbidden_phrase", "Go out.", "Try bloom barn."),
    ('Do not begin with "Sure".', "forbidden_opening", "Surely so.", "Sure, yes."),
    ("Never use exclamation marks or emojis.", "forbidden_marks", "Fine.", "Fine!"),
    ("Never write a web address or an e-mail address.", "no_contact_data", "Ask us.", "a@b.com"),
    ("Ask a question.", "question", "Which one?", "That one."),
    ("Do not ask questions.", "question", "That one.", "Which one?"),
    ("Do not ask more than one question.", "question", "Which one?", "Which? When?"),
    ("End with a question.", "question", "Fine. Which one?", "Which one? Fine."),
    ("Never end with a question.", "question", "Which one? Fine.", "Fine. Which one?"),
    ("Give a numbered list.", "list_form", "1. Dig.\n2. Sow.", "Dig and sow."),
    ("Do not use bullet points.", "list_form", "1. Dig.\n2. Sow.", "- Dig.\n- Sow."),
    ("Write plain paragraphs without lists.", "list_form", "Dig and sow.", "- Dig.\n- Sow."),
    ("Do not use headings or bold text.", "no_markup", "Plain.", "This is **bold**."),
    ("Do not use code blocks.", "no_markup", "Run `ls`.", "```\nls\n```"),
    ("Do not use Markdown.", "no_markup", "Plain 2 * 3 * 4.", "See [here](x)."),
    ("Use at most one exclamation mark.", "mark_count", "Hi! Well.", "Hi! Well!"),
    (
        "Use no more than one emoji.",
        "mark_count",
        "Hi \U0001f469\u200d\U0001f33e.",
        "Hi \U0001f600\U0001f600.",
    ),
    (
        "Sentences must have at most three words.",
        "part_length",
        "One two three. Four.",
        "One. " * 2 + "a b c d.",
    ),
    ("Each paragraph has at most two sentences.", "part_length", "A b. C d.\n\nE f.", "A. B. C."),
    (
        "Headings must be at most two words.",
        "part_length",
        "# One two\nThree four five.",
        "## One two three",
    ),
    (
        "Keep list items under three words.",
        "part_length",
        "1. One two\n- Three",
        "1. One two three",
    ),
    (
        "Bullet points must be at most two words.",
        "part_length",
        "1. One two three",
        "- One two three",
    ),
    ("Answer in at most two paragraphs.", "part_count", "# T\n\nA.\nB.\n\nC.", "A.\n\nB.\n\nC."),
    ("Do not use emojis in headings.", "forbidden_marks", "# A\n\U0001f600", "# A \U0001f600"),
    ("Headings must not end with a full stop.", "heading_end", "# One\nTwo.", "# One.\nTwo."),
    ("Use exactly two bullet points.", "part_count", "- A\n- B", "- A"),
    ("Lists must have at most two items.", "part_count", "1. A\n2. B\nWell:\n- C", "- A\n- B\n- C"),
    ("Use at most one heading.", "part_count", "# A\nB", "# A\n## B"),
    ("Never use lists or exclamation marks.", "all_of", "Fine.", "- Fine!"),
    ("Keep answers under four words and never use digits.", "all_of", "One two.", "1 two."),
    ('Never say "Sure!"', "forbidden_phrase", "Make sure.", "Sure! Go on."),
    ("Do not write words in capital letters.", "capitals", "The NHS is here.", "STOP now."),
    ('Answer only with "I cannot say."', "exact_answer", "I cannot say.", "I cannot say. Sorry."),
]


@pytest.mark.parametrize(("wording", "name", "kept", "broken"), COMPILES)
def test_a_wording_compiles_to_a_check_that_decides(
    wording: str, name: str, kept: str, broken: str
) -> None:
    call = compile_check(wording)
    assert call is not None
    assert call.name == name
    assert decide(call, "Hello?", AnswerText(kept)).value == "YES"
    assert decide(call, "Hello?", AnswerText(broken)).value == "NO"


@pytest.mark.parametrize(
    "wording",
    [
        "Be polite to every customer.",
        'When the customer is angry, begin with "I am sorry".',
        "Do not answer questions about medicine.",
        "Formatting such as bulleted lists should be used judiciously.",
        'It shouldn\'t just say "yes" to everything.',
        "The assistant may not rely on URLs that the user provides.",
        'Begin with an engaging action, avoiding openings such as "Once upon a time".',
        "Avoid mixing LaTeX with multiple Markdown elements.",
        "Do not share a phone number of a colleague.",
    ],
)
def test_a_wording_that_leaves_something_to_judgement_compiles_to_nothing(wording: str) -> None:
    assert compile_check(wording) is None


def test_a_conditional_rule_says_na_out_of_scope_and_counts_over_application() -> None:
    call = compile_check('Only when the customer mentions a dog or a child, begin with "Safety:".')
    assert call is not None
    assert call.when is not None
    assert call.when.mentions == ("dog", "child")
    assert decide(call, "My children play there.", AnswerText("Safety: watch.")).value == "YES"
    assert decide(call, "My dogs play there.", AnswerText("Watch.")).value == "NO"
    assert decide(call, "My doghouse is old.", AnswerText("Paint it.")).value == "NA"
    wrong = decide(call, "My lawn is old.", AnswerText("Safety: mow it."))
    assert (wrong.value, wrong.over_applied) == ("NO", True)


def test_of_several_demands_one_shown_out_of_scope_is_over_applied() -> None:
    call = compile_check(
        'Only when the customer mentions a dog, include "Mind the dog." and end with "Bye."'
    )
    assert call is not None
    assert call.name == "all_of"
    assert decide(call, "My dog digs.", AnswerText("Mind the dog. Well. Bye.")).value == "YES"
    assert decide(call, "My dog digs.", AnswerText("Mind the dog.")).value == "NO"
    assert decide(call, "My lawn?", AnswerText("Mow it. Mind the dog. So.")).over_applied
    assert decide(call, "My lawn?", AnswerText("Mow it.")).value == "NA"
    repaired = repair_answer([call], "My dog digs.", "Dig a pit.")
    assert repaired == "Mind the dog. Dig a pit.\nBye."


def test_without_only_a_behaviour_out_of_scope_is_no_error() -> None:
    call = compile_check('When the customer mentions a dog, include "Mind the dog."')
    assert call is not None
    assert decide(call, "My lawn is old.", AnswerText("Mind the dog.")).value == "NA"


def test_a_list_of_triggers_with_commas_is_read_whole() -> None:
    call = compile_check(
        "When the customer mentions a pesticide, a weedkiller, slug pellets or a spray, "
        'include the sentence "Read the label."'
    )
    assert call is not None
    assert call.when is not None
    assert call.when.mentions == ("pesticide", "weedkiller", "slug pellets", "spray")


def test_unless_exempts_a_request() -> None:
    call = compile_check("Answer in at most one sentence unless the customer mentions steps.")
    assert call is not None
    assert decide(call, "Give me the steps.", AnswerText("One. Two.")).value == "NA"
    assert decide(call, "Why?", AnswerText("One. Two.")).value == "NO"


def test_an_exception_rule_exempts_its_base_rule() -> None:
    base = _rule("Write plain paragraphs without lists.")
    made = _rule("Exception: when the customer mentions steps, use a numbered list.", base.id)
    linked = link_exceptions([base, made])
    assert linked[0].check is not None
    answer = AnswerText("1. Dig.\n2. Sow.")
    assert decide(linked[0].check, "What are the steps?", answer).value == "NA"
    assert decide(linked[0].check, "What now?", answer).value == "NO"


def test_a_cut_answer_is_unscored_where_its_end_matters_and_no_where_it_is_broken_already() -> None:
    closing = CheckCall(name="closing_line", options={"phrase": "Bye."})
    short = CheckCall(name="word_count", options={"most": 3})
    cut = AnswerText("one two three four", cut=True)
    assert decide(closing, "", cut).value == "unscored"
    assert decide(short, "", cut).value == "NO"
    assert decide(short, "", AnswerText("one", cut=True)).value == "unscored"


def test_mending_keeps_every_check_or_gives_nothing() -> None:
    wordings = [
        "Keep every answer to at most 12 words.",
        'End every answer with the line "Bye now."',
        "Never use exclamation marks.",
        'Only when the customer mentions a dog, begin the answer with the line "Safety first:".',
    ]
    calls = [call for wording in wordings if (call := compile_check(wording))]
    text = "Sure! Water the roses well! Then feed them every week with a good compost."
    repaired = repair_answer(calls, "My dog digs up roses.", text)
    assert repaired is not None
    assert repaired.startswith("Safety first:\n")
    assert repaired.endswith("\nBye now.")
    assert all(
        decide(c, "My dog digs up roses.", AnswerText(repaired)).value == "YES" for c in calls
    )
    plain = repair_answer(calls, "My roses droop.", "Safety first:\n" + text)
    assert plain is not None
    assert "Safety" not in plain
    assert repair_answer(calls, "", "!!!") is None


def test_a_numbered_list_is_made_of_sentences() -> None:
    call = compile_check("Give a numbered list.")
    assert call is not None
    assert (
        repair_answer([call], "", "Dig a hole. Plant the rose.")
        == "1. Dig a hole.\n2. Plant the rose."
    )


def test_a_check_whose_words_speak_of_a_numbered_list_demands_none() -> None:
    call = CheckCall(name="forbidden_phrase", options={"phrases": ["numbered list"]})
    text = "Dig a hole. Plant the rose."
    assert repair_answer([call], "", text) == text


@pytest.mark.parametrize("name", checks.names())
def test_every_kind_of_check_describes_itself_and_survives_odd_answers(name: str) -> None:
    cls = checks.get(name)
    wording = next(w for w, kind, _, _ in COMPILES if kind == name)
    call = compile_check(wording)
    assert call is not None
    check = build(call)
    assert isinstance(check, cls)
    assert check.describe()
    again = build(CheckCall(name=name, options=check.model_dump(mode="json")))
    assert again == check
    for text in ("", "\n\n", "?", "a" * 5000, "\u202e weird \x00 text"):
        assert check.holds(AnswerText(text)) in (True, False)
        assert check.holds(AnswerText(text, cut=True)) in (True, False, None)


def _rule(text: str, exception_to: str | None = None) -> Rule:
    return Rule(
        section="s",
        text=text,
        quote=text,
        start=0,
        end=len(text),
        exception_to=exception_to,
        check=compile_check(text),
    )


@pytest.mark.parametrize(
    ("wording", "repaired"),
    [
        ("Keep sentences under four words.", "Dig deep! Which one? When now? Mow it!"),
        ("Ask at most one question.", "Dig deep! Which one? Sow the seeds in rows! Mow it!"),
        (
            "Use at most one exclamation mark.",
            "Dig deep! Which one? When now? Sow the seeds in rows. Mow it.",
        ),
        (
            "Never use lists or exclamation marks.",
            "Dig deep. Which one? When now? Sow the seeds in rows. Mow it.",
        ),
    ],
)
def test_new_limits_are_mended_sentence_by_sentence(wording: str, repaired: str) -> None:
    call = compile_check(wording)
    assert call is not None
    text = "Dig deep! Which one? When now? Sow the seeds in rows! Mow it!"
    assert decide(call, "", AnswerText(text)).value == "NO"
    found = repair_answer([call], "", text)
    assert found is not None
    assert decide(call, "", AnswerText(found)).value == "YES"
    assert found == repaired
