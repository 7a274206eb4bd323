"""What lints find in documents with planted faults, in pairs of sentences, in real documents."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tests.lint_documents import DATA, linted, linted_file, missed, rows

from specloop.linting.base import lints


def test_every_planted_fault_is_found_and_nothing_else() -> None:
    absent, others = missed(linted_file(DATA / "planted.md"), rows("planted.tsv"))
    assert absent == []
    # One is planted, but no section has an example.
    assert {finding.code for finding in others} == {"NO-EXAMPLE"}


def test_every_kind_is_planted() -> None:
    planted = {code for code, *_ in rows("planted.tsv")}
    assert set(lints.names()) - planted == {"CONFLICT-MODEL", "RULE-COUNT"}


def test_most_faults_of_a_document_in_other_words_are_found_and_nothing_else() -> None:
    """The lints were not made for this document: 18 of 25 were found at the first run."""
    absent, others = missed(linted_file(DATA / "held_out.md"), rows("held_out.tsv"))
    assert len(absent) <= 8
    assert {finding.code for finding in others} <= {"NO-EXAMPLE"}


def pair(first: str, second: str) -> set[str]:
    """The codes of findings on two sentences of one section."""
    report = linted(f"# Policy\n\n- {first}\n- Greet the reader.\n- {second}\n")
    return {finding.code for finding in report.findings if len(finding.spans) > 1}


@pytest.mark.parametrize(("code", "first", "second"), rows("pairs.txt"))
def test_two_sentences_that_clash_or_repeat(code: str, first: str, second: str) -> None:
    assert pair(first, second) == {code}
    assert pair(second, first) == {code}


@pytest.mark.parametrize(("first", "second"), rows("apart.txt"))
def test_two_sentences_that_can_both_hold(first: str, second: str) -> None:
    assert pair(first, second) == set()


def test_conflicts_in_other_words_are_found_in_documents_of_several_kinds(
    shared_data: Path,
) -> None:
    found, n_planted = Counter[str](), Counter[str]()
    by_document: dict[str, list[tuple[str, str, str]]] = {}
    for part, document, code, planted in rows("paraphrased.tsv"):
        by_document.setdefault(document, []).append((part, code, planted))
    for document, plants in by_document.items():
        folder = shared_data / "documents" if "shared:" in document else DATA.parent / "gold"
        text = (folder / document.removeprefix("shared:")).read_text(encoding="utf-8")
        for number, (_, _, planted) in enumerate(plants):
            text += f"\n\n## Further point {number}\n\n{planted}\n"
        report = linted(text)
        for finding in report.findings:
            if finding.code.startswith(("CONFLICT", "STRENGTH")):
                said = [report.document.text[start:end] for start, end in finding.spans]
                hit = [(part, code) for part, code, planted in plants if planted in said]
                assert len(hit) == 1, said
                assert hit[0][1], said
                found[hit[0][0]] += 1
        n_planted.update(part for part, code, _ in plants if code)
    assert n_planted == {"choose": 16, "held": 17, "fresh": 18}
    assert found["choose"] >= 12
    assert found["held"] >= 10
    assert found["fresh"] >= 11


def test_bare_lead_ins_are_no_conflict() -> None:
    text = "# A\n\nThe bot must not:\n\n- lie\n\n# B\n\nThe bot must:\n\n- be kind\n"
    more = "\n# C\n\nThe assistant should never\n\n# D\n\nThe assistant should always\n"
    found = linted(text + more).findings
    assert not [one for one in found if one.code.startswith("CONFLICT")]


@pytest.mark.parametrize("heading", ["In e-mails", "Chat", "When the user is a minor", "VIP"])
def test_a_heading_for_an_occasion_keeps_rules_apart(heading: str) -> None:
    text = f"# Policy\n\n## Form\n\n- Never use emojis.\n\n## {heading}\n\n- Always use emojis.\n"
    assert "CONFLICT-NEGATION" not in {finding.code for finding in linted(text).findings}


def test_an_exception_is_no_conflict() -> None:
    text = "# A\n\nThe assistant must not use emojis. However, the assistant may use emojis.\n"
    assert not [one for one in linted(text).findings if one.code.startswith("CONFLICT")]


@pytest.mark.parametrize(
    "text",
    [
        "See [how](#a-b).\n\n## A B\n",
        "See [how](#spare).\n\n## Bikes {#spare}\n",
        'See [how](#x).\n\n<a id="x"></a>\n',
        "See [how][x].\n\n[x]: https://example.org\n",
        "A note.[^1]\n\n[^1]: It is here.\n",
        "See section 2.\n\n## 1. A\n\n## 2. B\n",
        "Follow rule 3.\n\n1. One.\n1. Two.\n1. Three.\n",
        "Under Article 5 of the GDPR, tell users.\n",
        "Section 230 of the Act holds.\n",
        'See "Late bikes".\n\n## Late bikes\n',
        "Write `[x](#nowhere)` for a link.\n",
        "```\n[x](#nowhere) section 9 [^a]\n```\n",
        "The assistant must:\n\n- greet\n",
        "Call [`run`][shop.desk.run] first.\n",
        ".. _opening hours:\n\n## Hours\n\nWe open at 9.\n",
        "Ask:\n\n> How are you?\n",
        "For example:\n\n### A\n\nText.\n",
    ],
)
def test_references_and_lead_ins_that_are_fine(text: str) -> None:
    codes = {finding.code for finding in linted(f"# Policy\n\n## Use\n\n{text}").findings}
    assert not {code for code in codes if code.startswith(("REFERENCE", "LEAD-IN"))}


def test_a_lead_in_before_a_heading_below_its_section_is_finished() -> None:
    text = "# A\n\n## B\n\nThe assistant must:\n\n{}\n\nText.\n"
    assert "LEAD-IN" in {f.code for f in linted(text.format("## C")).findings}
    assert "LEAD-IN" not in {f.code for f in linted(text.format("### C")).findings}


def test_an_example_graded_bad_that_keeps_the_only_rule() -> None:
    text = (
        "# A\n\n## Form\n\n- Never use emojis.\n\n```xml\n<user>\nHi\n</user>\n<comparison>\n"
        "<assistant> <!-- BAD -->\nHello.\n</assistant>\n</comparison>\n```\n"
    )
    (finding,) = (one for one in linted(text).findings if one.code == "EXAMPLE-GRADE")
    assert finding.severity == "warning"


def test_too_many_and_too_few_rules() -> None:
    many = "".join(f"- Use term{i} for item{i} of kind{i}.\n" for i in range(201))
    counts = [linted(f"# A\n\n{text}") for text in (many, "- Never lie.\n")]
    assert all("RULE-COUNT" in {f.code for f in report.findings} for report in counts)


def test_real_documents_give_no_false_conflict_and_little_noise(shared_data: Path) -> None:
    """All conflicts reported on these documents were read: there is none, and none is reported."""
    model_spec = shared_data / "openai_model_spec" / "2025-12-18" / "model_spec.md"
    paths = [*sorted((shared_data / "documents").glob("*.md")), model_spec]
    counts = {path.name: Counter(f.code for f in linted_file(path).findings) for path in paths}
    for name, found in counts.items():
        assert not [code for code in found if code.startswith("CONFLICT")], name
        assert found.total() < 80, name


def test_two_thousand_rules_are_compared_the_same_way_again() -> None:
    verbs, things = ("use", "send", "share", "check"), ("order", "parcel", "bill", "photo", "seat")
    text = "".join(
        f"- {'Never' if n % 3 else 'Always'} {verbs[n % 4]} {things[n % 5]}{n % 97} within"
        f" {n % 13 + 2} days.\n"
        for n in range(2_000)
    )
    report = linted("# A\n\n" + text)
    assert linted("# A\n\n" + text).findings == report.findings


def test_a_lead_in_that_announces_rules_is_no_condition() -> None:
    text = "# A\n\n{}\n\n- Indent with tabs.\n\n# B\n\n- Indent with spaces.\n"
    rules = "Please follow these rules when you change code:"
    assert "CONFLICT-VALUE" in {f.code for f in linted(text.format(rules)).findings}
    files = "When you change old files:"
    assert "CONFLICT-VALUE" not in {f.code for f in linted(text.format(files)).findings}
