"""Remarks on a set of rules."""

from __future__ import annotations

from specloop.records import Rule
from specloop.spec import SourceDocument, read_spec
from specloop.spec.lint import MAX_RULES, MIN_RULES, FindingKind, lint_rules

FILLER = "".join(f"- Use word{i} for thing{i}.\n" for i in range(MIN_RULES))


def kinds(text: str) -> list[FindingKind]:
    spec = read_spec(SourceDocument.of(text))
    return [finding.kind for finding in lint_rules(spec.rules, spec.sections)]


def test_clean_rules_give_no_finding() -> None:
    assert kinds("# A\n\n" + FILLER) == []


def test_rules_that_say_the_same_are_duplicates() -> None:
    text = "- Never ask for the order number.\n- Never ask for order numbers.\n"
    assert kinds("# A\n\n" + FILLER + text) == ["duplicate"]


def test_opposite_demands_on_one_object_may_conflict() -> None:
    text = "- Always ask for the order number.\n- Never ask for the order number.\n"
    assert kinds("# A\n\n" + FILLER + text) == ["conflict"]


def test_a_linked_exception_is_no_conflict() -> None:
    text = (
        "The assistant must not discuss order numbers. However, the assistant may discuss order "
        "numbers.\n\n"
    )
    assert kinds("# A\n\n" + text + FILLER) == []


def test_vague_words_are_named_unless_code_decides() -> None:
    text = "# A\n\n" + FILLER + "- Keep answers reasonably short.\n"
    spec = read_spec(SourceDocument.of(text))
    (finding,) = lint_rules(spec.rules, spec.sections)
    assert finding.kind == "vague"
    assert "'reasonably'" in finding.message


def test_a_section_without_a_rule_is_a_gap_unless_it_only_introduces() -> None:
    words = "Flowers grow in the garden behind the house and they are red and yellow. " * 3
    assert kinds(f"# A\n\n{FILLER}\n# B\n\n{words}\n\n# Introduction\n\n{words}\n") == ["gap"]


def test_an_exception_whose_base_is_gone_is_found() -> None:
    spec = read_spec(SourceDocument.of(f"# A\n\n{FILLER}- Exception: on Sundays.\n"))
    exception = spec.rules[-1]
    others: list[Rule] = [rule for rule in spec.rules if rule.id != exception.exception_to]
    assert "exception" in [finding.kind for finding in lint_rules(others, spec.sections)]


def test_too_many_and_too_few_rules() -> None:
    many = "".join(f"- Use term{i} for item{i} of kind{i}.\n" for i in range(MAX_RULES + 1))
    assert kinds("# A\n\n" + many) == ["too-many"]
    assert kinds("# A\n\n- Never lie.\n") == ["too-few"]
