"""What is text and what is markup: tags, hidden parts, notes, front matter, fences, lists."""

from __future__ import annotations

import pytest

from specloop.spec import SourceDocument, Specification, read_spec
from specloop.spec.source import Format


def read(text: str, format: Format = "markdown") -> Specification:
    spec = read_spec(SourceDocument.of(text, "doc", format))
    for rule in spec.rules:
        assert text[rule.start : rule.end] == rule.quote
    return spec


def texts(text: str, format: Format = "markdown") -> list[str]:
    return [rule.text for rule in read(text, format).rules]


@pytest.mark.parametrize(
    "matter",
    [
        "---\ntitle: Desk\nrule: You must not see this.\n---\n",
        "---\nrule: You must not see this.\n...\n",
        "+++\nrule = 'You must not see this.'\n+++\n",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_front_matter_is_not_read(matter: str, end: str) -> None:
    assert texts((matter + "# Desk\n\nNever lie.\n").replace("\n", end)) == ["Never lie."]


def test_a_rule_between_two_lines_is_no_front_matter() -> None:
    assert texts("---\n\nNever lie.\n\n---\n\nAlways pay.\n") == ["Never lie.", "Always pay."]


ANGLES = [
    "The assistant must pass <file> to the tool.",
    "The assistant must return List<String> and Map<String, int>.",
    "The assistant must put the answer in <answer></answer> tags.",
    "The assistant must write to <name> at <address>.",
    "The assistant must answer if a < b and b > c.",
]


@pytest.mark.parametrize("line", ANGLES)
def test_angle_brackets_that_are_no_tags_stay(line: str) -> None:
    assert texts(f"# Desk\n\n{line}\n") == [line]


def test_tags_of_html_are_removed_and_quoted() -> None:
    (rule,) = read("You must <b>not</b> <kbd>press</kbd><br>this.\n").rules
    assert rule.text == "You must not press this."
    assert rule.quote == "You must <b>not</b> <kbd>press</kbd><br>this."


def test_a_block_of_html_in_markdown_is_read_as_html() -> None:
    text = (
        '<div align="center">\n<h1>Desk</h1>\n<p hidden>Never a.</p>\n'
        "<ul><li>Never b.</li></ul>\n</div>\n\n"
        "<details>\n<summary>More</summary>\n\nNever **c**.\n\n</details>\n"
    )
    spec = read(text)
    assert [section.path for section in spec.sections if section.path] == [("Desk",)]
    assert [rule.text for rule in spec.rules] == ["Never b.", "Never c."]


def test_own_tags_around_a_part_of_a_prompt_do_not_hide_its_lists() -> None:
    text = (
        "<rules>\n- Never lie.\n- Always pay.\n</rules>\n"
        "<examples>\n<example>\n\nYou must obey.\n\n</example>\n</examples>\n\nNever end.\n"
    )
    assert texts(text) == ["Never lie.", "Always pay.", "Never end."]


def test_lines_after_a_lead_in_are_entries() -> None:
    told = ["The assistant must never share passwords.", "The assistant must never sell data."]
    lines = "The assistant must never:<br>share passwords<br/>sell data"
    assert texts(f"# Desk\n\n{lines}\n") == told
    assert texts(f"<h1>Desk</h1><p>{lines}</p>", "html") == told
    assert texts("# Desk\n\nAlways pay<br>at once.\n") == ["Always pay at once."]


def test_notes_of_three_kinds_are_set_aside_and_warnings_read() -> None:
    text = (
        '??? warning "Never share passwords"\n    Always lock the door.\n\n'
        "???+ note\n    You must a.\n\n!!! tip\n    You must b.\n\n"
        "> [!WARNING]\n> Never sleep.\n\n> [!IMPORTANT]\n> - Never nap.\n\n"
        "> [!NOTE]\n> You must c.\n\n"
        ":::danger\nNever run.\n:::\n\n:::tip[You must d]\nYou must e.\n:::\n\n"
        "::: warning Never cry\n- Never smile.\n:::\n\n"
        ":::info\n\nYou must f.\n\n:::\n\n:::details\nNever fall.\n:::\n\nNever end.\n"
    )
    assert texts(text) == [
        "Never share passwords.",
        "Always lock the door.",
        "Never sleep.",
        "Never nap.",
        "Never run.",
        "Never cry.",
        "Never smile.",
        "Never fall.",
        "Never end.",
    ]


def test_checkbox_lists_are_lists() -> None:
    entries = "- [ ] Never lie.\n- [x] Always pay.\n* [X] Avoid slang.\n"
    told = ["Never lie.", "Always pay.", "Avoid slang."]
    assert texts(f"# Desk\n\n{entries}") == told
    assert texts(f"DESK\n\n{entries}", "text") == told
    html = "".join(f"<li><input type=checkbox> {line}" for line in told)
    assert texts(f"<ul>{html}</ul>", "html") == told


OPEN = [
    "```\ncode\n\n# Pay\n\nAlways pay.\n",
    "```\ncode\n\nAlways pay.\n\n```python\nx\n```\n\nNo.\n",
]


@pytest.mark.parametrize("rest", OPEN)
def test_a_fence_without_an_end_is_told_and_the_rest_is_read(rest: str) -> None:
    spec = read("# Desk\n\nNever lie.\n\n" + rest)
    assert [rule.text for rule in spec.rules] == ["Never lie.", "Always pay."]
    assert spec.warnings == (
        "doc: line 5: the fence '```' has no end, so what follows it was read; close it where it "
        "ends",
    )


def test_a_fence_with_an_end_is_not_told() -> None:
    spec = read("Never lie.\n\n````\n```python\nx\n```\n````\n\n- a:\n  ```\n  b\n  ```\n")
    assert spec.warnings == ()


HIDDEN = [
    "<p hidden>Never a.<p>Never lie.",
    '<div style="color: red; DISPLAY : none">Never a.<div>Never b.</div></div><p>Never lie.',
    "<ul><li aria-hidden=true>Never a.<li>Never lie.</ul>",
    "<ul hidden><li>Never a.<ul><li>Never b.</ul></ul>Never lie.",
    "<section><p hidden>Never a.</section>Never lie.",
    "<template><p>Never a.</p></template>Never lie.",
    "<style>never { a: b }</style><script>if (a<b) never()</script><noscript>Never a.</noscript>"
    "Never lie.",
    "<table><tr><td hidden>Never a.<td>Never lie.</table>",
    "<p>Never lie. <span hidden>Never a.</span></p>",
    "<dialog><p>Never a.</p></dialog><details><summary>Never lie.</summary></details>",
    '<p aria-hidden="false">Never lie.</p><input type=hidden value="Never a.">',
    '<p style="visibility:hidden">Never a.</p><nav><button>Never b.</nav><p>Never lie.</p>',
]


@pytest.mark.parametrize("text", HIDDEN)
def test_hidden_parts_of_html_are_not_read(text: str) -> None:
    assert texts(f"<h1>Desk</h1>{text}", "html") == ["Never lie."]
