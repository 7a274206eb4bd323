"""Wordings that code must not decide, because something in them is left over, and wordings that it
must."""

import time
from pathlib import Path

import pytest

from specloop.checking import build, compile_check, compile_wording

WORDINGS = Path(__file__).parents[1] / "data" / "check_wordings.txt"

SCOPED = [
    # by a phrase with a preposition
    'In emails, begin every answer with "Dear customer".',
    "For refunds, answer in at most two sentences.",
    "During an outage, never use exclamation marks.",
    "Within the first reply, ask at most one question.",
    "On weekends, keep answers under 40 words.",
    "At night, answers must be at most 30 words.",
    "With children, use at most ten words per sentence.",
    'Outside business hours, answer only with "We are closed."',
    "Keep answers about refunds under 60 words.",
    "Never use exclamation marks in complaints.",
    "Do not use lists on mobile phones.",
    'End answers to complaints with the line "We are sorry."',
    "Answers to children must be at most 20 words.",
    "Keep replies by text message under 30 words.",
    "Do not use emojis with business customers.",
    'Begin every answer in German with "Guten Tag".',
    'Never use the word "cheap" for our own products.',
    "Do not use tables for prices.",
    "Answer questions about opening hours in one sentence.",
    # by audience
    "Premium members must receive answers of at most 40 words.",
    "Premium members get at most two questions.",
    "Staff must never use exclamation marks.",
    "Employees may not use emojis.",
    "The customer must not use exclamation marks.",
    "The manager must answer in at most two sentences.",
    'When a premium customer mentions a refund, include "We call you."',
    # by channel or time
    "The email assistant must never use emojis.",
    "Emails must be at most 100 words.",
    "Push notifications must be at most 20 words.",
    "The greeting must be at most ten words.",
    "Until further notice, never use exclamation marks.",
    "After the first answer, ask at most one question.",
    'Before noon, begin with "Good morning".',
    'While the shop is closed, end every answer with "We open at nine."',
    "Once the order has shipped, never include a link.",
    # by a part of the answer
    "The first paragraph must be at most 40 words.",
    "The first sentence should have no more than 12 words.",
    "The summary must be at most three sentences.",
    "Titles must be at most eight words.",
    "Do not use bold text in lists.",
    "Code comments must be at most ten words.",
    "Introduce the answer in at most two sentences.",
    "Each step must be at most two sentences.",
    "Explain the reason in one sentence.",
    "Give the steps as a numbered list.",
    "The closing sentence must not be a question.",
    "Subject lines must be under eight words.",
    # by a relative clause or a participle
    "The assistant must not include links that are not on the approved list.",
    "Do not write a phone number the customer has not asked for.",
    "Never include URLs found in the search results.",
    "Do not use emojis which may offend.",
    "Never mention a discount that is not listed on the website.",
    "Avoid words written in capital letters by the customer.",
    "Answers containing code must be at most 100 words.",
    "Answers that mention a price must be at most 40 words.",
    "Do not list the names of employees.",
    "Do not list ingredients.",
    "Do not bullet the main argument.",
    "Do not name customers.",
    "Never mention the names of Competitors.",
    "Never use the customer's phone number.",
    "Do not give out our phone number.",
    # hedges and comparatives
    "Keep answers to about 40 words.",
    "Answers should ideally be at most 40 words.",
    "Try to avoid exclamation marks.",
    "Prefer answers of at most three sentences.",
    "Use exclamation marks sparingly.",
    "Avoid too many exclamation marks.",
    "Do not use unnecessary lists.",
    "Generally, do not use emojis.",
    "Do not overuse bold text.",
    "Keep answers under 40 words where possible.",
    "Use fewer exclamation marks than the customer.",
    "Never write more words than the customer did.",
    "Use at most twice as many words as the question.",
    "Do not just end with a question.",
    "Do not rely on lists.",
    "You may use emojis.",
    "The assistant does not have to use lists.",
    "The assistant need not end with a question.",
    "Lists are allowed.",
    "Answers may contain links.",
    # other conditions and exceptions
    'If the customer is angry, begin with "I am sorry".',
    "Keep answers under 40 words unless the question is hard.",
    "Never use lists, except for recipes.",
    "Ask a question if something is unclear.",
    "Do not use emojis unless the customer does.",
    'If the assistant mentions a price, include "Prices may change."',
    'When the answer names a medicine, end with "Ask your doctor."',
    'When the customer mentions a dog in an email, include "Mind the dog."',
    'When the customer does not mention a date, include "Which day?"',
    'When the customer mentions a dog and seems angry, include "We are sorry."',
    'When the customer mentions a discount that has ended, include "It is over."',
    'When the customer mentions more than one product, include "One at a time."',
    'When the customer mentions a dog twice, include "Mind the dog."',
    "Use a numbered list only for steps.",
    "Never use lists except when the customer asks for steps by phone.",
    "Answer in at most two sentences, then offer more.",
    "Do not ask for a phone number.",
    "Never share an e-mail address of a colleague.",
    # other quantities, other objects
    "Wait at least three sentences before asking a question.",
    "Recommend at most three products.",
    "Do not ask more than one question about the order.",
    "Do not use more than one exclamation mark in a row.",
    "Never write two questions next to each other.",
    "Keep each answer 40 words shorter than the question.",
    "Limit quotations to 20 words.",
    "Do not use the same word in two sentences.",
    "Use at most 20 words of jargon.",
    'Never use words like "guarantee".',
    'Never begin with a greeting such as "Hello".',
    'Begin with "Hello" or the name of the customer.',
    'Say "thank you" when the customer has paid.',
    'Never answer with "Yes" alone.',
    'Replace the word "cheap" with "affordable".',
    'Use the word "guest" instead of "customer".',
    'Never call a customer "buddy".',
    'Do not translate the word "Gemüt".',
    'Explain that "final" means that no refund is given.',
    "Do not tell the customer to use exclamation marks.",
    "Never say whether lists are used.",
    "Do not answer questions.",
    "Never use capital letters for emphasis.",
    "Do not use both bold text and headings.",
    "Do not use headings and bold text together.",
    "The assistant must not never use emojis.",
    "Do not avoid exclamation marks.",
    # a coordination of what code can decide with what it cannot
    "Never use irony, slang or emoji.",
    "Answer politely and in at most two sentences.",
    "Avoid exclamation marks and jargon.",
    "Keep answers under 40 words and be kind.",
    "Use no emojis, puns or nicknames.",
    'Never say "cheap" or anything similar.',
]


@pytest.mark.parametrize("wording", SCOPED)
def test_a_wording_with_something_left_over_compiles_to_nothing(wording: str) -> None:
    assert compile_check(wording) is None


PLAIN = [
    ("Keep every answer to at most 60 words.", "word_count", {"most": 60}),
    ("Keep answers under 120 words.", "word_count", {"most": 119}),
    ("Answers stay under 120 words.", "word_count", {"most": 119}),
    ("Answers must be at most 40 words.", "word_count", {"most": 40}),
    ("Each answer should be no longer than 40 words.", "word_count", {"most": 40}),
    ("Never write more than 80 words.", "word_count", {"most": 80}),
    ("The assistant must not exceed 100 words in any answer.", "word_count", {"most": 100}),
    ("Responses shall not be longer than fifty words.", "word_count", {"most": 50}),
    ("No reply may exceed 75 words.", "word_count", {"most": 75}),
    ("Limit all replies to 90 words.", "word_count", {"most": 90}),
    ("Replies must contain between 20 and 50 words.", "word_count", {"most": 50, "least": 20}),
    ("Write at least 30 words.", "word_count", {"least": 30}),
    ("Every answer must be 40 words or fewer.", "word_count", {"most": 40}),
    ("Use at most 50 words per answer.", "word_count", {"most": 50}),
    ("The assistant should always answer in 60 words or less.", "word_count", {"most": 60}),
    ("You must keep your answers to a maximum of 45 words.", "word_count", {"most": 45}),
    ("The maximum length of an answer is 70 words.", "word_count", {"most": 70}),
    ("At most 70 words per reply.", "word_count", {"most": 70}),
    ("Answer in at most two sentences.", "sentence_count", {"most": 2}),
    ("The assistant must answer within three sentences.", "sentence_count", {"most": 3}),
    ("Answer in exactly three sentences.", "sentence_count", {"most": 3, "least": 3}),
    ("Reply in one or two sentences.", "sentence_count", {"most": 2, "least": 1}),
    ("Please respond in no more than four sentences.", "sentence_count", {"most": 4}),
    ("Keep replies below five sentences.", "sentence_count", {"most": 4}),
    ("Your answers must have at least two sentences.", "sentence_count", {"least": 2}),
    ("Answer in a single sentence.", "sentence_count", {"most": 1, "least": 1}),
    ("Sentences should have no more than 20 words.", "part_length", {"part": "sentence"}),
    ("Keep sentences under 25 words.", "part_length", {"part": "sentence", "most": 24}),
    ("No sentence may be longer than 20 words.", "part_length", {"part": "sentence"}),
    ("Use at most 15 words per sentence.", "part_length", {"part": "sentence", "most": 15}),
    ("Each paragraph should have no more than 30 words.", "part_length", {"part": "paragraph"}),
    ("Paragraphs must have at most three sentences.", "part_length", {"unit": "sentences"}),
    ("Headings must be at most six words.", "part_length", {"part": "heading", "most": 6}),
    ("Each bullet point must be at most twelve words.", "part_length", {"part": "bullet"}),
    ("Headings must not use exclamation marks.", "forbidden_marks", {"part": "heading"}),
    ("Never use emojis in headings.", "forbidden_marks", {"part": "heading"}),
    ("Headings must not end with a full stop or a colon.", "heading_end", {"marks": ".:"}),
    ("Answer in at most two paragraphs.", "part_count", {"part": "paragraph", "most": 2}),
    ("Lists must have at most five items.", "part_count", {"part": "item", "most": 5}),
    ("Use exactly three bullet points.", "part_count", {"part": "bullet", "least": 3}),
    ("Use no more than two headings.", "part_count", {"part": "heading", "most": 2}),
    ("Do not ask more than one question.", "question", {"most": 1}),
    ("Ask at most one question per answer.", "question", {"most": 1}),
    ("Ask only one question at a time.", "question", {"most": 1}),
    ("Do not ask questions.", "question", {"most": 0}),
    ("The assistant never asks a question.", "question", {"most": 0}),
    ("End every reply with a question.", "question", {"where": "end"}),
    ("Use no more than one exclamation mark.", "mark_count", {"most": 1}),
    ("Do not use more than two emojis in an answer.", "mark_count", {"most": 2}),
    ("Never use exclamation marks.", "forbidden_marks", {"marks": ["exclamation marks"]}),
    ("No emojis.", "forbidden_marks", {"marks": ["emojis"]}),
    ("Emojis are not allowed.", "forbidden_marks", {"marks": ["emojis"]}),
    ("Exclamation marks must not be used.", "forbidden_marks", {"marks": ["exclamation marks"]}),
    ("The assistant doesn't use emojis or hashtags.", "forbidden_marks", {}),
    ("Answers must never contain semicolons.", "forbidden_marks", {"marks": ["semicolons"]}),
    ("Avoid exclamation points at all times.", "forbidden_marks", {}),
    ("Refrain from using emojis.", "forbidden_marks", {"marks": ["emojis"]}),
    ("Under no circumstances use emojis.", "forbidden_marks", {"marks": ["emojis"]}),
    ("Do not use emojis, even if the user asks for them.", "forbidden_marks", {}),
    ("Do not use em dashes.", "forbidden_marks", {"marks": ["em dashes"]}),
    ('End every answer with the line "Bye now."', "closing_line", {"own_line": True}),
    ('Every answer must end with "Bye now."', "closing_line", {"phrase": "Bye now."}),
    ('Always close with the sentence "Bye now."', "closing_line", {"phrase": "Bye now."}),
    ('The last line of every answer must be "Bye now."', "closing_line", {"own_line": True}),
    ('Begin each answer with "Note:".', "opening_line", {"phrase": "Note:"}),
    ('All replies must start with the words "Hello there".', "opening_line", {}),
    ('Do not begin an answer with "Sure" or "Certainly".', "forbidden_opening", {}),
    ('Answers must never start with "Great question".', "forbidden_opening", {}),
    ('Never use the word "guarantee".', "forbidden_phrase", {"phrases": ["guarantee"]}),
    ('Do not say "to be honest" or "frankly".', "forbidden_phrase", {}),
    ('Avoid the words "obviously", "simply" and "just".', "forbidden_phrase", {}),
    ('The word "cheap" must not be used.', "forbidden_phrase", {"phrases": ["cheap"]}),
    ("Do not name GreenMart or Bloom Barn.", "forbidden_phrase", {}),
    ('Include the sentence "Read this." in every answer.', "required_phrase", {}),
    ('Every reply must contain the phrase "Read this."', "required_phrase", {}),
    ("Never write a web address or a phone number.", "no_contact_data", {}),
    ("Do not include links.", "no_contact_data", {"kinds": ["url"]}),
    ("Answers must not contain e-mail addresses.", "no_contact_data", {"kinds": ["email"]}),
    ("Do not use headings or bold text.", "no_markup", {"kinds": ["headings", "bold"]}),
    ("Write without Markdown.", "no_markup", {}),
    ("Do not use tables.", "no_markup", {"kinds": ["tables"]}),
    ("Write plain paragraphs without lists.", "list_form", {"form": "none"}),
    ("Do not use bullet points.", "list_form", {"form": "no bulleted"}),
    ("Never use lists.", "list_form", {"form": "none"}),
    ("Format every answer as a numbered list.", "list_form", {"form": "numbered"}),
    ("Do not write words in capital letters.", "capitals", {}),
    ("Avoid all caps.", "capitals", {}),
    ('Answer only with "I cannot say."', "exact_answer", {"phrase": "I cannot say."}),
]


@pytest.mark.parametrize(("wording", "name", "options"), PLAIN)
def test_a_plain_wording_compiles_whole(
    wording: str, name: str, options: dict[str, object]
) -> None:
    call = compile_check(wording)
    assert call is not None
    assert (call.name, call.when, call.unless) == (name, None, ())
    assert options.items() <= call.options.items()


def test_many_wordings_become_what_a_person_read_in_them() -> None:
    lines = WORDINGS.read_text(encoding="utf-8").splitlines()[2:]
    wrong = [
        (wording, wanted, found)
        for wording, wanted in zip(lines[::2], lines[1::2], strict=True)
        if (found := in_words(wording)) != wanted.removeprefix("    => ")
    ]
    assert wrong == []


def in_words(wording: str) -> str:
    call = compile_wording(wording)
    if call is None:
        return "nothing"
    told = f"{call.name}: {build(call).describe()}"
    for name, met in (("when", call.when), *(("unless", one) for one in call.unless)):
        lists = (met.mentions, met.together_with) if met else ()
        told += f"; {name} {' + '.join(' | '.join(one) for one in lists if one)}" if met else ""
    told += "; only then" if call.only else ""
    return told + (f"; leaves {call.leaves}" if call.leaves else "")


@pytest.mark.parametrize(
    "wording",
    [
        "Never use emojis and " * 30 + "end.",
        "Never use " + "lists, " * 200 + "or emojis.",
        "In every answer " * 90 + "never use emojis.",
        "When the customer mentions " + "a dog, " * 200 + 'include "Mind the dog."',
        "Keep " + "the answers " * 120 + "under 40 words.",
    ],
)
def test_a_long_wording_is_read_in_no_time(wording: str) -> None:
    start = time.monotonic()
    compile_check(wording)
    assert time.monotonic() - start < 2


@pytest.mark.parametrize(
    "wording",
    [
        'Always start with "Hello [name]".',
        'Begin every answer with "Dear {customer}".',
        'End with "Your <brand> team".',
        'End every answer with "Kind regards, XX".',
        'Always include the line "Ref: ____".',
        'Never say "I am ... sure".',
        'Never say "as a(n) AI".',
        'If the user mentions a medicine, end with "Ask your pharmacist."',
        "If the user mentions an order number, do not use links.",
        "If the user mentions a swear word, do not use emoji.",
        "If the user mentions cash or pays late, ask one question.",
        "Do not mention Religion.",
        'Never use "a" and "b" in one answer.',
    ],
)
def test_what_stands_for_something_else_is_not_taken_literally(wording: str) -> None:
    assert compile_check(wording) is None


@pytest.mark.parametrize(
    ("wording", "name"),
    [
        ("Never ask more than two questions in a single answer.", "question"),
        ("Ask only one question per answer.", "question"),
        ("Answers are never longer than 40 words.", "word_count"),
        ("Answers must contain a numbered list.", "list_form"),
        ("Do not use markdown headings.", "no_markup"),
        ('When the user mentions suicide, include the number "988".', "required_phrase"),
    ],
)
def test_more_plain_wordings_compile(wording: str, name: str) -> None:
    call = compile_check(wording)
    assert call is not None
    assert call.name == name
