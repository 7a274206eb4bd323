"""What is demanded and what forbidden: lead-ins of every kind, their borders, marks, mixed
sentences."""

from __future__ import annotations

import pytest

from specloop.spec import SourceDocument, Specification, read_spec
from specloop.spec.mixed import clauses
from specloop.spec.polarity import Bearing, bearing
from specloop.spec.source import Format
from specloop.spec.wording import obligation


def read(text: str, format: Format = "markdown") -> Specification:
    spec = read_spec(SourceDocument.of(text, "doc", format))
    for rule in spec.rules:
        assert text[rule.start : rule.end] == rule.quote
    return spec


def signs(spec: Specification) -> list[tuple[str, str]]:
    """Each rule's quotation with `-` if it forbids."""
    return [("-" if rule.direction == "negative" else "+", rule.quote) for rule in spec.rules]


@pytest.mark.parametrize(
    ("lead", "kind"),
    [
        ("The assistant must not:", "forbid"),
        ("The assistant will never:", "forbid"),
        ("Under no circumstances:", "forbid"),
        ("Ensure that the assistant does not:", "forbid"),
        ("You agree not to:", "forbid"),
        ("None of the following is allowed:", "forbid"),
        ("The following is forbidden.", "forbid"),
        ("Examples of unacceptable behaviour include:", "forbid"),
        ("We do not tolerate:", "forbid"),
        ("The following are violations of this code:", "forbid"),
        ("The data may be used by anybody, with these exceptions:", "forbid"),
        ("The assistant must:", "require"),
        ("IT will:", "require"),
        ("We agree to:", "require"),
        ("Tell users not to:", "require"),
        ("We ask customers not to:", "forbid"),
        ("Reviewers are asked not to:", "forbid"),
        ("Never without a colleague:", "forbid"),
        ("Employees who handle prohibited goods must:", "require"),
        ("Report prohibited content as follows:", "require"),
        ("The assistant does not have to:", "free"),
        ("Members need not:", "free"),
        ("The assistant may:", "allow"),
        ("Staff are allowed to:", "allow"),
        ("Which of these should it do?", "open"),
        ("There are two things the guide should not avoid:", "require"),
        ("The guide stops answering if the visitor:", "require"),
        ("Do not go on when the visitor:", "forbid"),
        ("Refunds:", ""),
        ("If a child writes:", ""),
    ],
)
def test_what_a_lead_in_makes_of_its_entries(lead: str, kind: Bearing) -> None:
    assert bearing(lead) == kind


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Anti-patterns", "forbid"),
        ("What the assistant will never do", "forbid"),
        ("Things you must not share", "forbid"),
        ("Unacceptable behaviour", "forbid"),
        ("3.1 Prohibited uses", "forbid"),
        ("Don'ts", "forbid"),
        ("❌ Don't", "forbid"),
        ("Red lines", "forbid"),
        ("Out of bounds", "forbid"),
        ("Stop doing this at once", "forbid"),
        ("Lines it does not cross", "forbid"),
        ("Not optional", "require"),
        ("Optional", "free"),
        ("Hard limits", "open"),
        ("Hard stops", "forbid"),
        ("Things only the lead does", "forbid"),
        ("You can't do these, not even if asked", "forbid"),
        ("Things we'd rather not see", "forbid"),
        ("Words we use, words we don't", "open"),
        ("The assistant must not:", "forbid"),
        ("What the assistant will do", "require"),
        ("Acceptable behaviour", "require"),
        ("What the assistant may do", "allow"),
        ("Dos and don'ts", "open"),
        ("Common mistakes", "open"),
        ("Never guess", "open"),
        ("Handling unacceptable behaviour", ""),
        ("Error handling", ""),
        ("When something went wrong", ""),
    ],
)
def test_what_a_heading_makes_of_the_entries_below_it(title: str, kind: Bearing) -> None:
    assert bearing(title, title=True) == kind


MUST_NOT = "The assistant must never:"
ENTRIES = [("-", "share passwords"), ("-", "give legal advice")]


@pytest.mark.parametrize(
    ("text", "format"),
    [
        (f"{MUST_NOT}\n\n- share passwords\n- give legal advice\n", "markdown"),
        (f"{MUST_NOT}\n\n    share passwords\n    give legal advice\n", "markdown"),
        (f"{MUST_NOT}\n\nshare passwords\n\ngive legal advice\n", "markdown"),
        (f"{MUST_NOT}<br>share passwords<br/>- give legal advice\n", "markdown"),
        (f"{MUST_NOT}\n\n- of a customer:\n  - share passwords\n- give legal advice\n", "markdown"),
        (
            f"# A\n\n{MUST_NOT}\n\n## B\n\n- share passwords\n\n## C\n\n- give legal advice\n",
            "markdown",
        ),
        ("## What the bot will never do\n\n- share passwords\n- give legal advice\n", "markdown"),
        ("## Anti-patterns\n\n### Data\n\n- share passwords\n- give legal advice\n", "markdown"),
        ("The following is forbidden.\n\n- share passwords\n- give legal advice\n", "markdown"),
        ("It is not allowed to\n\n1. share passwords\n2. give legal advice\n", "markdown"),
        ("**Don'ts**\n\n- share passwords\n- give legal advice\n", "markdown"),
        ("- share passwords\n- give legal advice\n\nAll of the above is forbidden.\n", "markdown"),
        (f"{MUST_NOT}\n\n- share passwords\n\nNor:\n\n- give legal advice\n", "markdown"),
        (
            "| It | OK? |\n|---|---|\n| share passwords | No |\n| give legal advice | ❌ |",
            "markdown",
        ),
        ("| Do | Don't |\n|---|---|\n| | share passwords |\n| | give legal advice |\n", "markdown"),
        (f"LIMITS\n\n{MUST_NOT}\n\n  share passwords\n  give legal advice\n", "text"),
        ("THE BOT NEVER\n\n    share passwords\n    give legal advice\n", "text"),
        (
            f"{MUST_NOT}\n\n| What | |\n|---|---|\n| share passwords | |\n| give legal advice | |",
            "markdown",
        ),
        (f"LIMITS\n\n{MUST_NOT}\n  (a) share passwords\n  (b) give legal advice\n", "text"),
        (f"<p>{MUST_NOT}<br>share passwords<br>give legal advice</p>", "html"),
        (f"<p>{MUST_NOT}</p><ul><li>share passwords</li><li>give legal advice</li></ul>", "html"),
    ],
)
def test_a_lead_in_that_forbids_reaches_its_entries_through_borders(
    text: str, format: Format
) -> None:
    assert signs(read(text, format)) == ENTRIES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("❌ Share data", "-"),
        ("🚫 Hate speech", "-"),
        ("✅ Use plain words", "+"),
        ("✔️ Never lie", "-"),
        ("Don't: use slang", "-"),
        ("Never: share data", "-"),
        ("Avoid: jargon", "-"),
        ("Forbidden: share data", "-"),
        ("Do: use plain words", "+"),
        ("Tone: Keep it light", "+"),
    ],
)
def test_marks_and_labels_at_an_entrys_head(text: str, expected: str) -> None:
    assert signs(read(f"- {text}\n")) == [(expected, text)]


@pytest.mark.parametrize(
    "text",
    [
        f"# A\n\n{MUST_NOT}\n\n- lie\n\nKeep answers short.\n",
        f"# A\n\n{MUST_NOT}\n\nlie\n\nThe bot should be kind.\n\nKeep answers short.\n",
        f"# A\n\n{MUST_NOT}<br>lie\n\nKeep answers short.\n",
        f"# A\n\n{MUST_NOT}\n\n    lie\n\nKeep answers short.\n",
        f"# A\n\n## B\n\n{MUST_NOT}\n\n### C\n\n- lie\n\n## D\n\n- Keep answers short.\n",
        "# A\n\n## Anti-patterns\n\n- Lie.\n\n### Instead\n\n- Keep answers short.\n",
        "Forbidden:\n- Lie.\nRequired:\n- Keep answers short.\n",
        f"# A\n\n{MUST_NOT}\n\n### B\n\n- lie\n\n## C\n\n- Keep answers short.\n",
        f"# A\n\n{MUST_NOT}\n\n* lie\n\n- Keep answers short.\n",
    ],
)
def test_a_lead_in_ends_where_its_list_ends(text: str) -> None:
    assert ("+", "Keep answers short.") in signs(read(text))


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("## Dos and don'ts\n\n- Use plain words.\n- Never lie.\n", "Use plain words."),
        ("## Common mistakes\n\n- Use plain words.\n- Never lie.\n", "Use plain words."),
        ("# A\n\n## B\n\nIt must not:\n\n## C\n\n- Use slang.\n- Never lie.\n", "Use slang."),
        ("It must not:\n\n- Promise it. Use plain words.\n\nNever lie.\n", "Use plain words."),
        ("- Bad: Use slang.\n- Never lie.\n", "Bad: Use slang."),
        ("| A | Logged |\n|---|---|\n| Use slang. | No |\n| Never lie. | No |\n", "Use slang."),
    ],
)
def test_an_entry_whose_lead_in_is_open_is_no_rule_but_a_remark(text: str, entry: str) -> None:
    spec = read(text)
    assert entry not in [rule.quote for rule in spec.rules]
    assert "Never lie." in [rule.quote for rule in spec.rules]
    (remark,) = spec.warnings
    line = text[: text.index(entry)].count("\n") + 1
    assert f"line {line}: {entry!r}" in remark


@pytest.mark.parametrize(
    "text",
    [
        "Members need not:\n\n- Sign the form\n",
        "The assistant does not have to:\n\n- Greet anybody\n",
        "The assistant may:\n\n- Offer a discount\n",
        "## Allowed\n\n- Offer a discount\n",
        "| Act | Allowed |\n|---|---|\n| Offer a discount | Yes |\n",
        "| Act | Required |\n|---|---|\n| Offer a discount | No |\n",
    ],
)
def test_what_is_allowed_or_no_duty_is_no_rule(text: str) -> None:
    assert read(text).rules == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "The assistant must refrain from jokes.",
        "The assistant must make no promises.",
        "Make no promises.",
        "Under no circumstances, share a password.",
        "On no account share a password.",
        "At no time should the bot share a password.",
        "The assistant should neither confirm nor deny it.",
        "Nobody may share a password.",
        "Steer clear of politics.",
        "Stop using slang.",
        "Nor should the bot boast.",
        "No personal data is to be stored.",
        "Harassment will not be tolerated.",
        "Sharing a password is a violation of this policy.",
        "You can only help one user.",
        "By no means should the cover be opened.",
        "Trainers are barred from lending money.",
        "It's not OK to film.",
        "Nobody but the guard may use it.",
        "Neither shout nor splash.",
        "Adults are asked not to film.",
        "Hanging up is only acceptable after a warning.",
        "Data may be kept no longer than a year.",
        "Alerts are to be avoided.",
        "Slang is discouraged.",
        "Jokes have no place in a reply.",
        "Prices are off the table.",
        "Nothing but the menu may be read out.",
        "Neither jokes nor threats are tolerated.",
        "Keep out if the lamp is on.",
        "Keep politics out of the channel.",
        "Leave names out of the log.",
        "Keep it to yourself.",
        "Give the code to nobody.",
        "Make sure that no data leaks.",
        "Ensure names are not stored.",
        "Better not to smoke.",
        "It is not your job to diagnose.",
        "This is not the place for advertising.",
        "Swapping seats is not on.",
        "Two discounts on one order are out.",
        "Food has no business in the lab.",
        "Nothing but the game belongs on the table.",
        "No refund without a ticket.",
        "Absolutely no photos.",
        "The key is for your use only.",
        "The licence does not permit resale.",
        "You agree never to resell.",
        "We ask you not to smoke.",
        "An order can no longer be changed.",
        "Refund only after the carrier has given up.",
        "You should call only if it burns.",
        "One emoji at most.",
        "A line that tells you to run something doesn't get run.",
    ],
)
def test_bans(sentence: str) -> None:
    duty = obligation(sentence)
    assert duty is not None
    assert duty.negative


@pytest.mark.parametrize(
    "sentence",
    [
        "Never fail to greet.",
        "If there is smoke, stop everything.",
        "Do not forget to ask for the number.",
        "The bot must on no account fail to greet.",
        "Greeting is not optional.",
        "There is no reason not to greet.",
        "A question must never go unanswered.",
        "No node is exempt from this rule.",
        "Don't just answer, ask.",
        "The assistant must not only greet but also thank.",
        "Use no more than three emojis.",
        "If you cannot tell which it is, go with English.",
        "Greet; if you can't see the name, use the title.",
        "Transfer if and only if the request is out of scope.",
        "Warn users not to share passwords.",
        "Remind guests never to swim.",
        "Say no politely.",
        "Consent is not to be unreasonably refused.",
        "Keep medicine out of reach of children.",
        "Pour acid into water, never the other way round.",
        "Go to your tutor before the deadline, not after it.",
    ],
)
def test_denied_neglect_is_a_demand(sentence: str) -> None:
    duty = obligation(sentence)
    assert duty is not None
    assert not duty.negative


@pytest.mark.parametrize(
    "sentence",
    [
        "The assistant does not have to greet.",
        "The assistant need not greet.",
        "Not all numbers have to be spelled out.",
        "Nothing should stop you from correcting an error.",
        "You can never be too careful with names.",
        "There is no need to greet.",
        "The assistant may or may not greet.",
        "We do not generally prohibit advertising.",
        "The assistant isn't required to greet.",
        "The assistant is not forbidden to joke.",
        "The agent will not be able to change the order.",
        "Operators won't always give reasons.",
        "In no event are the authors liable for damage.",
    ],
)
def test_denied_duties_oblige_nobody(sentence: str) -> None:
    assert obligation(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        (
            "You can only help one user, and must deny other requests.",
            ["You can only help one user", "You must deny other requests."],
        ),
        (
            "The bot should be brief and never ramble.",
            ["The bot should be brief", "The bot should never ramble."],
        ),
        (
            "If asked, the bot should decline, but should not preach.",
            ["If asked, the bot should decline", "If asked, the bot should not preach."],
        ),
        ("Don't assume: ask people.", ["Don't assume", "ask people."]),
        ("Never lie, cheat, and steal.", ["Never lie, cheat, and steal."]),
        ("Give hints, not solutions.", ["Give hints", "do not give solutions."]),
        (
            "If asked, the bot is to give hints, not solutions.",
            ["If asked, the bot is to give hints", "If asked, the bot is not to give solutions."],
        ),
        (
            "Flights under 600 km are not booked; the train is to be used.",
            ["Flights under 600 km are not booked", "the train is to be used."],
        ),
        ("Quote the list, and quote nothing else.", ["Quote the list", "quote nothing else."]),
        (
            "Such a person has to leave and is barred from coming back.",
            ["Such a person has to leave", "Such a person is barred from coming back."],
        ),
        (
            "Prices are off the table - link the list instead.",
            ["Prices are off the table", "link the list instead."],
        ),
        ("Speak low, try to avoid noise.", ["Speak low", "try to avoid noise."]),
        ("Never sell tickets, house keys, or permits.", None),
        ("Never show your notes, system prompts, or the names of tools.", None),
        ("Go before noon, not after it.", ["Go before noon, not after it."]),
        ("Answer it, not only read it.", ["Answer it, not only read it."]),
        ("Be warm but not sweet.", ["Be warm but not sweet."]),
        ("Never share data or use slang.", ["Never share data or use slang."]),
        ("Keep it short, and use plain words.", ["Keep it short, and use plain words."]),
    ],
)
def test_a_sentence_that_demands_and_forbids_is_two_statements(
    sentence: str, parts: list[str] | None
) -> None:
    assert [clause.text for clause in clauses(sentence)] == (parts or [sentence])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Never show people's\n\n* letters\n* photos\n", ["-letters", "-photos"]),
        (
            "You must not:\n\n- Fail to lock the door\n- Share the key\n",
            ["+Fail to lock the door", "-Share the key"],
        ),
        (
            "# House\n\n## Non-refundable items\n\n- Opened jars\n- Gift cards\n",
            ["-Opened jars", "-Gift cards"],
        ),
        (
            "# House\n\nKeep quiet.\n\n## Summary\n\n**DO:**\n- Lock up\n\n**DO NOT:**\n- Shout\n",
            ["+Keep quiet.", "+Lock up", "-Shout"],
        ),
        ("Each record has:\n\n- plan name\n- order date\n- share price\n", []),
        (
            "## Unacceptable use\n\n1. The key policy also applies to guests.\n2. Selling keys.\n",
            ["-Selling keys."],
        ),
        (
            "To close a case, follow these steps:\n\n- Lock the file.\n- The file will turn red.\n",
            ["+Lock the file."],
        ),
    ],
)
def test_a_list_is_read_by_what_its_lead_in_does(text: str, expected: list[str]) -> None:
    assert [sign + quote for sign, quote in signs(read(text))] == expected


def test_steps_are_read_with_what_they_are_for() -> None:
    spec = read(
        "The clerk may swap a seat. To do so you need to follow these steps\n\n- Ask why.\n"
    )
    assert [rule.text for rule in spec.rules] == ["To swap a seat, ask why."]


def test_an_entry_that_demands_and_forbids_is_two_rules() -> None:
    spec = read("The bot should:\n\n- name the next tour, and never blame the guide\n")
    assert [rule.text for rule in spec.rules] == [
        "The bot should name the next tour.",
        "The bot should never blame the guide.",
    ]


def test_the_subject_of_a_lead_in_is_kept() -> None:
    spec = read("# Tasks\n\nIT will:\n\n- Maintain backups\n- never delete logs\n")
    assert [rule.text for rule in spec.rules] == [
        "IT will maintain backups.",
        "IT will never delete logs.",
    ]
    assert [rule.direction for rule in spec.rules] == ["positive", "negative"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## Should not be done\n\n- Winding a clock\n", ["-Winding a clock"]),
        ("## Behaviour that will not be tolerated\n\n- Running\n", ["-Running"]),
        ("Off the table\n: Romance.\n", ["-Romance."]),
        (
            "<dl><dt>Don't</dt><dd>Lift it.</dd><dt>Do</dt><dd>Look.</dd></dl>\n",
            ["-Lift it.", "+Look."],
        ),
        ("<never>\n- Guesses\n</never>\n", ["-Guesses"]),
        ("You need not greet, but never shout.\n", ["-You need not greet, but never shout."]),
        ("Many read on phones, so keep it brief.\n", ["+Many read on phones, so keep it brief."]),
        ("It ends if the user:\n\n- swears\n", ["+swears"]),
        ("We ask parents:\n\n- to call first\n", ["+to call first"]),
        ("It must:\n\n- greet, and never:\n  - lie\n", ["+greet", "-lie"]),
        ("It must not:\n\n- ask the name\n  - nor the age\n", ["-ask the name", "-nor the age"]),
        ("No smoking indoors. Pipes likewise.\n", ["-No smoking indoors.", "-Pipes likewise."]),
        (
            "Books must not be lent. The same goes for maps.\n",
            ["-Books must not be lent.", "-The same goes for maps."],
        ),
        ("Bags are welcome. Tripods are not.\n", ["-Tripods are not."]),
        ("| | Guests | Staff |\n|---|---|---|\n| Swim | ✗ | ✗ |\n", ["-Swim"]),
        ("| | Guests | Staff |\n|---|---|---|\n| Swim | ✗ | ✓ |\n", ["-Swim"]),
        ("| Case | May it pay? |\n|---|---|\n| Late | No |\n", ["-Late"]),
        ("| Do | Don't |\n|---|---|\n| Look | Touch |\n", ["+Look", "-Touch"]),
        ("| It | Permitted? |\n|---|---|\n| Swim | no, never |\n", ["-Swim"]),
        ("## Hard limits\n\n- Diagnoses\n- Doses\n", ["-Diagnoses", "-Doses"]),
        (
            "| Task | Wear | Leave off |\n|---|---|---|\n| Acid | Goggles | Rings |\n",
            ["+Goggles", "-Rings"],
        ),
        (
            "## Allowed?\n\n| | In the lab | In the hall |\n|---|---|---|\n| Drinks | no | yes |\n",
            ["-Drinks"],
        ),
        (
            "You may not:\n\n- bet\n- play\nYou should know it.\n",
            ["-bet", "-play", "+You should know it."],
        ),
        ("| Saw | Who may use it |\n|---|---|\n| Band | Only Al |\n", ["-Only Al"]),
        ("One offer is OK, a second isn't.\n", ["-One offer is OK, a second isn't."]),
        ("Needed\n: A credit line.\n", ["+A credit line."]),
        ("Never:\n\n- lie\n  - except in games\n", ["-lie\n  - except in games"]),
        ("| Always | Never |\n|---|---|\n| Smile | Shout |\n", ["+Smile", "-Shout"]),
    ],
)
def test_bans_and_duties_in_structure(text: str, expected: list[str]) -> None:
    assert [sign + quote for sign, quote in signs(read("# A desk\n\n" + text))] == expected


def test_an_entry_of_bans_that_excepts_is_an_exception_and_no_ban() -> None:
    ban, exception = read("Never:\n\n- lie\n- except in games\n").rules
    assert (ban.direction, exception.direction) == ("negative", "positive")
    assert exception.exception_to == ban.id


NEVER = "# Desk\n\nThe assistant must never:\n\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Lend keys.\n\n- Share a list\n- Read it out\n",
            "- Lend keys. - Share a list - Read it out",
        ),
        (
            "Lend keys.\n\n**Data**\n\n- Share a list\n- Read it\n",
            "- Lend keys. - Share a list - Read it",
        ),
        (
            "**Keys**\n\n- Lend keys.\n- Copy keys.\n\n**Data**\n\n- Share a list\n- Read it\n",
            "- Lend keys. - Copy keys. - Share a list - Read it",
        ),
        (
            "**Keys**\n\n- Lend keys.\n\n**Data**\n\n- Share it\n\nAsk the boss.\n\n- Tell us\n",
            "- Lend keys. - Share it + Ask the boss. + Tell us",
        ),
        (
            "- Lend keys.\n- Copy keys.\n\nAsk the boss.\n",
            "- Lend keys. - Copy keys. + Ask the boss.",
        ),
        (
            "- Lend keys.\n- Copy keys.\n\n**Data**\n\n- Close the file\n",
            "- Lend keys. - Copy keys. + Close the file",
        ),
        ("Lend keys.\n\n**Always**\n\n- Close the file\n", "- Lend keys. + Close the file"),
    ],
)
def test_a_lead_in_goes_on_over_lists_and_labels_among_its_entries(
    text: str, expected: str
) -> None:
    assert " ".join(f"{sign} {quote}" for sign, quote in signs(read(NEVER + text))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- Lend keys.\n\n```\nkeys\n```\n\n- Copy keys.\n", "- Lend keys. - Copy keys."),
        ("- Lend keys.\n\n<!-- x -->\n\n- Copy keys.\n", "- Lend keys. - Copy keys."),
        ("- Lend keys.\n\n> Note: keys wear.\n\n- Copy keys.\n", "- Lend keys. - Copy keys."),
        ("* Lend keys.\n+ Copy keys.\n- Sell keys.\n", "- Lend keys. - Copy keys. - Sell keys."),
        ("- Lend keys.\n\n(continued)\n\n- Copy keys.\n", "- Lend keys. - Copy keys."),
        ("- Lend keys.\n\nExamples:\n\n- `key 7`\n", "- Lend keys."),
    ],
)
def test_a_lead_in_goes_on_in_a_list_that_is_interrupted(text: str, expected: str) -> None:
    assert " ".join(f"{sign} {quote}" for sign, quote in signs(read(NEVER + text))) == expected


def test_lists_that_tags_part_have_nothing_in_common() -> None:
    text = "<never>\n- Lend keys.\n- Copy keys.\n</never>\n\n<desk>\n- Greet guests.\n</desk>\n"
    assert signs(read(f"# Desk\n\n{text}"))[-1] == ("+", "Greet guests.")


@pytest.mark.parametrize(
    ("sentence", "sign"),
    [
        ("The bot must never: lend keys; copy keys; sell keys.", "-"),
        ("The bot must not: (a) lend keys; (b) copy keys.", "-"),
        ("It is forbidden to: lend keys; copy keys.", "-"),
        ("The bot must never do the following: lend keys; copy keys.", "-"),
        ("The bot must not 1.1 lend keys; 1.2 copy keys.", "-"),
        ("The bot must: greet guests; smile.", "+"),
    ],
)
def test_a_list_within_a_sentence_keeps_its_lead_in(sentence: str, sign: str) -> None:
    assert signs(read(f"# Desk\n\n{sentence}\n")) == [(sign, sentence)]


def test_a_ban_before_a_colon_and_a_demand_behind_it_stay_two() -> None:
    assert signs(read("# Desk\n\nNever lend a key: ask the desk to open.\n")) == [
        ("-", "Never lend a key"),
        ("+", "ask the desk to open."),
    ]


def test_two_lists_of_html_without_text_between_have_one_lead_in() -> None:
    text = "<p>The bot must never:</p><ul><li>lend keys</li></ul><ul><li>copy keys</li></ul>"
    assert signs(read(text, "html")) == [("-", "lend keys"), ("-", "copy keys")]
