"""Rules become the specs of a scenario."""

# pyright: basic
from __future__ import annotations

import json

import pytest
from tests.unit.benchmaker.crew import asked, bench, plan, player, rule, said, section

from specloop.benchmaker.scene import describe
from specloop.benchmaker.specs import BenchMaterial, choose_specs
from specloop.errors import InputError, ModelError


def material(*rules, untestable=frozenset(), sections=()):
    return BenchMaterial("policy.md", sections, rules, untestable)


def texts(chosen):
    return [(spec.label, spec.text) for spec in chosen.specs]


def test_safety_comes_first_and_each_category_is_numbered_from_one_in_the_documents_order():
    chosen = choose_specs(
        material(
            rule("Be brief."),
            rule("Never share a password with anybody.", category="safety"),
            rule("Close with a kind greeting."),
        ),
        12,
    )
    assert texts(chosen) == [
        ("safety 1", "Never share a password with anybody."),
        ("behavioral 1", "Be brief."),
        ("behavioral 2", "Close with a kind greeting."),
    ]
    assert chosen.texts().behavioral == ("Be brief.", "Close with a kind greeting.")


def test_an_exception_joins_the_rule_it_takes_back_and_an_exception_to_it_follows():
    base = rule("Write no lists.")
    first = rule("Exception: when asked about steps, give a list.", exception_to=base.id)
    second = rule("Steps on ladders stay plain text.", exception_to=first.id)
    (spec,) = choose_specs(material(base, first, second), 12).specs
    assert spec.text == f"{base.text} {first.text} {second.text}"
    assert spec.rules == (base.id, first.id, second.id)


def test_an_exception_that_repeats_its_rule_adds_only_what_is_new():
    base = rule("Write no lists.")
    whole = rule("Write no lists. Unless steps are asked for.", exception_to=base.id)
    (spec,) = choose_specs(material(base, whole), 12).specs
    assert spec.text == "Write no lists. Unless steps are asked for."


def test_what_no_answer_can_be_judged_by_is_left_out_with_its_reason():
    vague = rule("Be appropriate wherever that is suitable.")
    chosen = choose_specs(
        material(
            rule("Be brief."),
            rule("A customer means anybody who writes.", type="definition"),
            rule("However, gardeners may be told.", exception_to="gone"),
            vague,
            untestable=frozenset({vague.id}),
        ),
        12,
    )
    assert [spec.text for spec in chosen.specs] == ["Be brief."]
    reasons = [failure.reason for failure in chosen.left_out]
    assert [failure.kind for failure in chosen.left_out] == ["left out"] * 3
    assert reasons[0].startswith("a definition")
    assert reasons[1].startswith("an exception")


def test_rules_that_say_the_same_count_once_but_not_where_they_point_the_other_way():
    chosen = choose_specs(
        material(
            rule("Give the price of an article when somebody asks."),
            rule("When somebody asks, give the price of an article!"),
            rule("Give the price of an article when somebody asks", direction="negative"),
        ),
        12,
    )
    assert len(chosen.specs) == 2
    assert "says the same" in chosen.left_out[0].reason


def test_over_the_limit_the_highest_authority_stays_and_of_equal_ones_the_most_varied():
    chosen = choose_specs(
        material(
            rule("Only when a dog is mentioned, write the line on dogs."),
            rule("Only when a cat is mentioned, write the line on cats."),
            rule("Apologise once for a plant that died."),
            rule("Never promise a discount.", authority="root"),
        ),
        3,
    )
    assert [spec.text for spec in chosen.specs][1:] == [
        "Apologise once for a plant that died.",
        "Never promise a discount.",
    ]
    assert "raise max_specs" in chosen.left_out[0].reason


def test_a_document_without_rules_is_named():
    with pytest.raises(InputError, match=r"policy\.md: no rule"):
        choose_specs(material(), 12)


async def test_a_given_description_needs_no_call():
    planner = player(plan)
    found = material(rule("Be brief."), sections=[section("", "The policy")])
    settings = bench(description="Chat of a shop.", key="Shop")
    scene, failures = await describe(found, choose_specs(found, 3), settings, planner)
    assert scene == ("Shop", "The policy", "Chat of a shop.")
    assert not failures
    assert not asked(planner)


async def test_a_model_describes_the_task_from_the_documents_opening_and_specs():
    planner = player(plan)
    brief = rule("Be brief.", section="rules")
    found = material(brief, sections=[section("Fernhill sells plants.", "The policy")])
    scene, _ = await describe(found, choose_specs(found, 3), bench(), planner)
    assert scene.key == "policy"
    assert scene.description.startswith("A chat assistant")
    (request,) = asked(planner)
    assert "Fernhill sells plants." in said(request)
    assert "- Be brief." in said(request)


async def test_a_description_that_was_cut_off_ends_with_its_last_whole_sentence():
    told = "The chat of a garden centre answers its customers. It never gives leg"
    found = material(rule("Be brief."))
    planner = player([json.dumps({"description": told})])
    scene, _ = await describe(found, choose_specs(found, 3), bench(), planner)
    assert scene.description == "The chat of a garden centre answers its customers."


async def test_without_a_description_from_the_model_the_title_has_to_do():
    def fails(_request):
        raise ModelError("down")

    found = material(rule("Be brief."), sections=[section("", "The policy")])
    scene, failures = await describe(found, choose_specs(found, 3), bench(), player(fails))
    assert scene.description == "The assistant answers under this specification: The policy."
    assert failures[0].reason == "down"


async def test_a_key_that_is_no_folder_name_is_refused():
    found = material(rule("Be brief."))
    with pytest.raises(InputError, match=r"\[bench\] key: '\.\./up'"):
        await describe(found, choose_specs(found, 3), bench(key="../up"), player([json.dumps({})]))
