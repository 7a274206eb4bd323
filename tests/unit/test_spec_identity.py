"""Ids that outlive edits of a document."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from specloop.records import Rule
from specloop.spec import Specification, read_spec
from specloop.spec.identity import unnumbered
from specloop.spec.source import SourceDocument

FERNHILL = Path(__file__).parents[2] / "examples" / "fernhill" / "policy.md"
POLICY = """\
# Desk

## Tone {#tone}

- Always greet the customer by name.
- Never use slang.

### E-mails

- Always sign e-mails with the desk's name.

## Data

The assistant must not:

- share order numbers
- share e-mail addresses
"""


def read(text: str) -> Specification:
    return read_spec(SourceDocument.of(text))


def ids(text: str) -> list[str]:
    return [rule.id for rule in read(text).rules]


def by_text(text: str) -> dict[str, Rule]:
    return {rule.text: rule for rule in read(text).rules}


def renamed(text: str) -> str:
    return re.sub(r"^# .*", "# Rules of the house", text, count=1, flags=re.M)


def numbered(sign: str) -> Callable[[str], str]:
    def changed(text: str) -> str:
        numbers = count(1)
        return re.sub(
            r"^(#+) ", lambda m: f"{m[1]} {sign.format(next(numbers))} ", text, flags=re.M
        )

    return changed


CHANGES = [renamed, *map(numbered, ("{}.", "1.{}", "§ {}", "({})", "Section {}:", "Article {} –"))]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("text", [FERNHILL.read_text(), POLICY], ids=["fernhill", "desk"])
def test_titles_and_numbers_of_headings_change_no_id(
    text: str, change: Callable[[str], str]
) -> None:
    assert change(text) != text
    assert ids(change(text)) == ids(text)


def test_the_example_policy_has_39_ids() -> None:
    assert len(set(ids(FERNHILL.read_text()))) == 39


@pytest.mark.parametrize(
    ("heading", "bare"),
    [
        ("1.2 Scope", "Scope"),
        ("A. Scope", "Scope"),
        ("IV) Scope", "Scope"),
        ("Appendix B: Scope", "Scope"),
        ("2.1.", "2.1."),
        ("A good answer", "A good answer"),
        ("I will not lie", "I will not lie"),
        ("2FA codes", "2FA codes"),
        ("Section heads", "Section heads"),
        ("Part time staff", "Part time staff"),
    ],
)
def test_a_heading_is_known_without_its_number(heading: str, bare: str) -> None:
    assert unnumbered(heading) == bare


def test_a_section_with_an_anchor_may_move_and_take_what_is_below_it_along() -> None:
    begin, end = POLICY.index("## Tone"), POLICY.index("## Data")
    moved = (
        POLICY[:begin] + POLICY[end:] + "\n## Style\n\n" + POLICY[begin:end].replace("##", "###")
    )
    renamed_too = moved.replace("Tone {", "How we speak {")
    assert set(ids(renamed_too)) == set(ids(POLICY))


def test_a_chapter_or_an_appendix_more_changes_no_other_id() -> None:
    more = POLICY + "\n# Evenings\n\n- Never quote opening hours.\n"
    assert set(ids(POLICY)) < set(ids(more))
    front = "---\nowner: desk\n---\n\n" + POLICY
    assert ids(front) == ids(POLICY)


def test_an_entry_is_known_with_its_lead_in_and_a_sentence_by_itself() -> None:
    allowed = by_text(POLICY.replace("must not:", "must:"))
    before = {rule.id for rule in read(POLICY).rules}
    assert allowed["The assistant must share order numbers."].id not in before
    bold = POLICY.replace("Never use slang.", "**Never** use _slang_")
    assert ids(bold) == ids(POLICY)


def test_repeats_in_a_section_have_ids_of_their_own() -> None:
    text = "## Form\n\n- Never shout.\n- Never shout.\n\n## Tone\n\n- Never shout.\n"
    assert len(set(ids(text))) == 3
    assert ids(text)[0] == ids(text.replace("- Never shout.\n- Never", "- Never", 1))[0]
