"""Refinement with a model: alignment, rejection and what is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from specloop.checking import compile_check
from specloop.config import RoleSettings
from specloop.errors import ModelError
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Request
from specloop.llm.roles import RoleModel
from specloop.records import Failure, MadeBy
from specloop.spec import SourceDocument, cut_sections, parse_document, read_spec
from specloop.spec.passages import Passage, passages
from specloop.spec.quotations import align
from specloop.spec.refine import Refined, merge, read_rules, refine

DOCUMENT = SourceDocument.of("""\
# Tone {#tone}

The assistant **must** greet [each
customer](#x) by name. Use plain words. It should never “rush” anybody.

- Keep it short
- Kind words matter most here

!!! meta "Commentary"
    The assistant should win prizes every year.

# Other

Never lie to anybody about anything.
""")


def cut() -> list[Passage]:
    blocks = parse_document(DOCUMENT)
    return passages(DOCUMENT.text, blocks, cut_sections(DOCUMENT.text, blocks))


def entry(quote: str, text: str = "", **more: str) -> dict[str, Any]:
    return {"quote": quote, "text": text or quote, "type": "requirement"} | {
        "category": "behavioral",
        **more,
    }


def answer(*entries: dict[str, Any]) -> Refined:
    return read_rules(cut()[0], entries, MadeBy(model="scripted:test"))


def found(quote: str) -> str | None:
    span = align(quote, DOCUMENT.text, cut()[0].blocks)
    return DOCUMENT.text[slice(*span)] if span else None


@pytest.mark.parametrize(
    ("quote", "slice"),
    [
        ("Use plain words.", "Use plain words."),
        (
            "The assistant must greet each customer by name.",
            "The assistant **must** greet [each\ncustomer](#x) by name.",
        ),
        ('it should never "rush" anybody.', "It should never “rush” anybody."),
        ("The assistant must greet each customer by their name", None),
        ("Kind words matter the most here", "Kind words matter most here"),
        ("The assistant should win prizes every year.", None),
        ("Never lie to anybody about anything.", None),
        ("Always offer a cup of tea first.", None),
        ("", None),
    ],
)
def test_quotations_are_aligned_exactly_or_rejected(quote: str, slice: str | None) -> None:
    if slice is None and quote.endswith("their name"):
        assert str(found(quote)).startswith("The assistant **must** greet")
    else:
        assert found(quote) == slice


def test_passages_hold_no_commentary_and_keep_lists() -> None:
    first, second = cut()
    assert first.text.splitlines()[1:] == ["- Keep it short", "- Kind words matter most here"]
    assert "prizes" not in first.text
    assert second.part.section.path == ("Other",)


def test_long_sections_are_cut_between_blocks() -> None:
    long = SourceDocument.of(
        "# A\n\n" + "\n\n".join(f"Never do {i} {'x ' * 400}." for i in range(8))
    )
    blocks = parse_document(long)
    cuts = passages(long.text, blocks, cut_sections(long.text, blocks))
    assert len(cuts) > 2
    assert sum(len(passage.blocks) for passage in cuts) == 8


def test_an_aligned_rule_carries_its_maker_and_exact_slice() -> None:
    refined = answer(entry("Use plain words", "The assistant uses plain words", category="safety"))
    (rule,) = refined.rules
    assert (rule.text, rule.quote) == ("The assistant uses plain words.", "Use plain words")
    assert (rule.type, rule.category) == ("requirement", "safety")
    assert rule.extracted_by is not None
    assert rule.extracted_by.model == "scripted:test"


def test_what_cannot_be_aligned_is_recorded_as_a_failure() -> None:
    refined = answer(
        entry("Win prizes every single year"),
        entry("Use plain words.", "Bring flowers to the queen"),
        {"quote": "Use plain words."},
    )
    assert refined.rules == ()
    assert [failure.stage for failure in refined.failures] == ["rules"] * 3
    assert "not in the section" in refined.failures[0].reason
    assert "demands nothing" not in refined.failures[1].reason
    assert "something else" in refined.failures[1].reason
    assert "'text'" in refined.failures[2].reason
    assert all(failure.item.startswith("tone@") for failure in refined.failures)


async def refined_by(model: ScriptedModel, **settings: Any) -> tuple[list[Refined], list[Failure]]:
    failures: list[Failure] = []
    role = RoleModel(model, RoleSettings(model=model.name, concurrency=1, **settings))
    return await refine(cut(), role, failures.extend), failures


@pytest.mark.parametrize("reply", ["", "no rules here", '{"rules": 3}', "42"])
async def test_an_unreadable_reply_is_a_failure_not_an_empty_list(reply: str) -> None:
    results, failures = await refined_by(ScriptedModel([reply]))
    assert [failure.kind for failure in failures] == ["failed", "failed"]
    assert "list of" in failures[0].reason
    before = read_spec(DOCUMENT).rules
    assert merge(before, results) == list(before)


def test_merging_keeps_stated_duties_and_drops_unconfirmed_guesses() -> None:
    before = read_spec(DOCUMENT).rules
    assert [rule.text for rule in before] == [
        "The assistant must greet each customer by name.",
        "Use plain words.",
        "The assistant should never “rush” anybody.",
        "Keep it short.",
        "Never lie to anybody about anything.",
    ]
    after = merge(
        before, [answer(entry("Kind words matter most here", "Kind words must come first."))]
    )
    assert [rule.text for rule in after] == [
        "The assistant must greet each customer by name.",
        "The assistant should never “rush” anybody.",
        "Kind words must come first.",
        "Never lie to anybody about anything.",
    ]


def test_merging_replaces_a_rule_by_the_models_wording_of_it() -> None:
    before = read_spec(DOCUMENT).rules
    after = merge(
        before, [answer(entry("Use plain words.", "The assistant must use plain words."))]
    )
    texts = [rule.text for rule in after]
    assert "The assistant must use plain words." in texts
    assert "Use plain words." not in texts


def test_a_wording_that_demands_nothing_is_rejected_but_confirms_the_place() -> None:
    refined = answer(entry("Keep it short", "short answers"), entry("- Use plain words."))
    assert "demands nothing" in refined.failures[0].reason
    texts = [rule.text for rule in merge(read_spec(DOCUMENT).rules, [refined])]
    assert "Keep it short." in texts
    assert "Use plain words." in texts


def test_words_torn_out_of_a_clause_are_no_instruction() -> None:
    document = SourceDocument.of("# A\n\nRefunds usually take three days.\n")
    blocks = parse_document(document)
    (passage,) = passages(document.text, blocks, cut_sections(document.text, blocks))
    entries = [entry("take three days", "Usually take three days.")]
    refined = read_rules(passage, entries, MadeBy(model="scripted:test"))
    assert refined.rules == ()


def test_a_wording_that_only_loses_the_lead_in_is_not_taken() -> None:
    document = SourceDocument.of("# A\n\nThe assistant must not:\n\n- ask for names\n- ask twice\n")
    blocks = parse_document(document)
    (passage,) = passages(document.text, blocks, cut_sections(document.text, blocks))
    entries = [entry("- ask for names", "ask for names", category="safety")]
    refined = read_rules(passage, entries, MadeBy(model="scripted:test"))
    first, second = merge(read_spec(document).rules, [refined])
    assert (first.text, first.type) == ("The assistant must not ask for names.", "prohibition")
    assert first.category == "safety"
    assert first.extracted_by is not None
    assert second.extracted_by is None


def test_a_quotation_over_several_rules_does_not_swallow_them() -> None:
    quote = DOCUMENT.text[DOCUMENT.text.index("The assistant **") : DOCUMENT.text.index("- Keep")]
    before = read_spec(DOCUMENT).rules
    refined = answer(entry(quote.strip(), "The assistant must greet each customer by name."))
    assert merge(before, [refined])[:3] == list(before[:3])


def test_merging_carries_exception_links_over() -> None:
    document = SourceDocument.of(
        "# A\n\n- Never lie to anybody.\n- Exception: surprise parties.\n- Greet everybody.\n"
    )
    spec = read_spec(document)
    blocks = parse_document(document)
    (passage,) = passages(document.text, blocks, cut_sections(document.text, blocks))
    entries = [entry("Never lie to anybody.", "The assistant never lies to anybody.")]
    refined = read_rules(passage, entries, MadeBy(model="scripted:test"))
    base, exception = merge(spec.rules, [refined])
    assert exception.exception_to == base.id == refined.rules[0].id


async def test_the_model_is_asked_passage_by_passage_under_a_schema() -> None:
    model = ScriptedModel([json.dumps({"rules": []})])
    results, _ = await refined_by(model, max_tokens=99)
    assert len(results) == len(model.requests) == 2
    for request in model.requests:
        assert json.loads(request.json_schema)["required"] == ["rules"]
        assert request.sampling.max_tokens == 99
        assert "<passage>" in request.messages[-1].content


async def test_a_failed_call_keeps_the_passages_rules() -> None:
    def fail(_request: Request) -> str:
        raise ModelError("out of order")

    results, failures = await refined_by(ScriptedModel(fail))
    before = read_spec(DOCUMENT).rules
    assert merge(before, results) == list(before)
    assert failures[0].reason == "out of order"


@pytest.mark.parametrize(
    ("quote", "text", "decided"),
    [
        ("Keep answers about fares under 40 words.", "Keep answers under 40 words.", False),
        ("Keep answers about fares under 40 words.", "Answers must be under 40 words.", False),
        (
            "In letters, answer within two sentences.",
            "Answers must have at most two sentences.",
            False,
        ),
        ("answer in one sentence", "Every reply must be one sentence.", False),
        ("Never use emojis.", "The assistant must not use emojis.", True),
    ],
)
def test_a_model_that_drops_a_scope_makes_no_check(quote: str, text: str, decided: bool) -> None:
    document = SourceDocument.of(
        "# Quay desk\n\n## Style\n\nKeep answers about fares under 40 words.\n\n"
        "In letters, answer within two sentences.\n\nTo children:\n\n- answer in one sentence\n\n"
        "Never use emojis.\n\n## Fares\n\nNothing.\n"
    )
    blocks = parse_document(document)
    (passage, *_) = passages(document.text, blocks, cut_sections(document.text, blocks))
    refined = read_rules(passage, [entry(quote, text)], MadeBy(model="scripted:test"))
    assert refined.rules
    at = refined.rules[0].start
    merged = merge(read_spec(document).rules, [refined])
    (rule,) = [rule for rule in merged if rule.start == at]
    assert (compile_check(rule.text, rule.scope) is not None) == decided
