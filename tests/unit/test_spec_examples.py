"""Worked examples: conversations, grades and comments."""

from __future__ import annotations

from specloop.records import Example
from specloop.spec import SourceDocument, Specification, read_spec

HEAD = "# Kindness {#kindness authority=user}\n\nThe assistant must be kind.\n\n"
OTHER = "\n# Truth {#truth authority=root}\n\nNever lie.\n"


def read(body: str) -> Specification:
    return read_spec(SourceDocument.of(HEAD + body + OTHER))


def only(body: str) -> Example:
    (example,) = read(body).examples
    return example


COMPARISON = """\
**Example**: a rude user

~~~xml
<developer>
Be kind.
</developer>
<user comment="an insult">
You fool!
</user>
<comparison>
<assistant> <!-- GOOD: stays calm -->
How can I help?

- with this
</assistant>
<assistant> <!-- BAD[#truth]: hits back, and lies -->
You too!
</assistant>
<assistant> <!-- OK -->
Hm.
</assistant>
<assistant>
...
</assistant>
</comparison>
~~~
"""


def test_conversation_grades_and_comments_are_kept() -> None:
    example = only(COMPARISON)
    assert example.title == "a rude user"
    assert [(m.role, m.content) for m in example.conversation] == [
        ("developer", "Be kind."),
        ("user", "You fool!"),
    ]
    assert [(a.grade, a.comment) for a in example.answers] == [
        ("GOOD", "stays calm"),
        ("BAD", "[#truth]: hits back, and lies"),
        ("OK", ""),
        (None, ""),
    ]
    assert example.answers[0].messages[0].content == "How can I help?\n\n- with this"
    assert example.comment == "an insult"


def test_an_example_is_tied_to_its_section_and_the_rules_it_illustrates() -> None:
    spec = read(COMPARISON)
    kind, lie = spec.rules
    (example,) = spec.examples
    assert example.section == spec.sections[0].id == kind.section
    assert example.rules == (kind.id, lie.id)


def test_its_slice_holds_the_comparison() -> None:
    spec = read(COMPARISON)
    (example,) = spec.examples
    cut = spec.document.text[example.start : example.end]
    assert cut.startswith("~~~xml")
    assert cut.endswith("</comparison>")


def test_a_second_comparison_goes_on_from_the_first_good_answer() -> None:
    spec = read(
        "```\n<user>\nA?\n</user>\n<comparison>\n<assistant> <!-- BAD -->\nno\n</assistant>\n"
        "<assistant> <!-- GOOD -->\nyes\n</assistant>\n</comparison>\n<user>\nB?\n</user>\n"
        "<comparison>\n<assistant> <!-- GOOD -->\nof course\n</assistant>\n</comparison>\n```\n"
    )
    first, second = spec.examples
    assert [m.content for m in first.conversation] == ["A?"]
    assert [(m.role, m.content) for m in second.conversation] == [
        ("user", "A?"),
        ("assistant", "yes"),
        ("user", "B?"),
    ]
    assert first.end <= second.start


def test_recipients_and_tools_are_named_in_the_message() -> None:
    example = only(
        '```\n<assistant recipient="browser">\nopen\n</assistant>\n<tool name="browser">\npage\n'
        "</tool>\n<comparison>\n<assistant>\nok\n</assistant>\n</comparison>\n```\n"
    )
    assert [(m.role, m.content) for m in example.conversation] == [
        ("assistant", "[to browser]\nopen"),
        ("tool", "[from browser]\npage"),
    ]


def test_markup_inside_a_message_stays_text() -> None:
    example = only(
        "```\n<system>\n<settings>\nteen: true\n</settings>\n</system>\n<user>\n<b>hi</b>\n"
        "</user>\n<comparison>\n<assistant>\nok\n</assistant>\n</comparison>\n```\n"
    )
    assert example.conversation[0].content == "<settings>\nteen: true\n</settings>"
    assert example.conversation[1].content == "<b>hi</b>"


def test_a_fence_without_a_comparison_is_no_example() -> None:
    assert read("```\n<user>\nhi\n</user>\n```\n").examples == ()
