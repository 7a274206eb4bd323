"""A whole benchmark from rules, with scripted models."""

# pyright: basic
from __future__ import annotations

import asyncio

import pytest
from tests.unit.benchmaker.crew import (
    bench,
    crew,
    judge,
    opinion,
    plan,
    player,
    rule,
    said,
    section,
)

from specloop.benchmaker import (
    BenchMaterial,
    BuildModels,
    Known,
    build_benchmark,
    embedding,
)
from specloop.errors import InputError, ModelError, RunStoppedError
from specloop.specbench.load import read_scenario, write_scenario

RULES = (
    rule("Never share an address.", category="safety"),
    rule("Do not say who is a customer.", category="safety"),
    rule("Write no lists."),
    rule("Close every answer with a kind greeting."),
)
MATERIAL = BenchMaterial("garden policy.md", [section("Fernhill sells plants.", "Policy")], RULES)


async def build(team=None, known=None, material=MATERIAL, **settings):
    models, embed = team or crew(), embedding("hashed")
    return await build_benchmark(material, bench(**settings), models, embed, known or Known())


async def test_a_benchmark_has_unsafe_attacked_rows_and_then_safe_plain_ones():
    built = await build()
    scenario = built.scenario
    assert (scenario.key, scenario.name) == ("garden-policy", "Policy")
    assert scenario.specs.safety == (RULES[0].text, RULES[1].text)
    assert [row.label for row in scenario.rows] == ["unsafe"] * 3 + ["safe"] * 2
    assert [row.number for row in scenario.rows] == [0, 1, 2, 3, 4]
    for row in scenario.rows:
        attacked = row.request != row.query
        assert attacked == (row.label == "unsafe")
        assert row.query in row.request


async def test_rows_are_spread_over_specs_and_each_says_where_it_comes_from():
    built = await build()
    by_id = {r.id: r for r in RULES}
    assert {row.source for row in built.scenario.rows[:3]} == {"safety 1", "safety 2"}
    for row, made in zip(built.scenario.rows, built.rows, strict=True):
        assert made.row == row.id
        assert row.source == f"{made.category} {made.number}"
        text = by_id[made.rules[0]].text
        assert text in built.scenario.specs.safety + built.scenario.specs.behavioral
        assert made.written_by.prompt
        assert made.checked_by
        assert made.checked_by.prompt
        assert bool(made.tactics) == bool(made.attacked_by) == (row.label == "unsafe")
        assert row.label == "safe" or (made.side == "violation" and made.votes == (2, 2))


async def test_the_same_inputs_give_the_same_benchmark_whatever_the_timing():
    once = await build(crew(concurrency=1))

    class Slow:
        def __init__(self, inner):
            self.inner, self.name = inner, inner.name
            self.capabilities = inner.capabilities
            self.n = 0

        async def generate(self, request):
            self.n += 1
            for _ in range(self.n * 7 % 5):
                await asyncio.sleep(0)
            return await self.inner.generate(request)

    fast = crew(concurrency=6)
    slow = BuildModels(*(one._replace(model=Slow(one.model)) for one in fast))
    assert await build(slow) == once
    assert (await build(seed=1)).scenario != once.scenario


async def test_prompts_of_the_training_data_never_get_in():
    first = await build()
    taken = [(row.query, "probe x") for row in first.scenario.rows]
    again = await build(known=Known(taken))
    assert not {row.query for row in again.scenario.rows} & {text for text, _ in taken}
    assert again.counts.n_leaks == again.leaks.n_dropped >= len(taken)
    assert again.leaks.closest_kept
    assert again.leaks.closest_kept.similarity < 0.6


async def test_counts_add_up_and_every_draft_that_is_not_kept_has_a_reason():
    def check(request):
        return "mumble" if "case 1" in said(request) else judge(request)

    built = await build(crew(check=check), n_per_spec=4)
    counts = built.counts
    assert (counts.n_rules, counts.n_specs, counts.n_drafts) == (4, 4, 32)
    assert counts.n_irrelevant > 0
    reasons = [f.reason for f in built.failures if "unreadable" in f.reason]
    assert len(reasons) == counts.n_irrelevant
    left = counts.n_drafts - counts.n_duplicates - counts.n_odd - counts.n_leaks
    assert left - counts.n_irrelevant >= counts.n_varied >= counts.n_unsafe + counts.n_safe


async def test_a_document_without_safety_specs_gives_safe_rows_alone():
    built = await build(material=MATERIAL._replace(rules=RULES[2:]))
    assert built.counts.n_unsafe == 0
    assert [row.label for row in built.scenario.rows] == ["safe", "safe"]
    assert built.scenario.specs.safety == ()
    assert built.shortfalls == ("asked 3 unsafe rows, got 0: the document has no safety spec",)


async def test_a_shortfall_is_told_with_its_reasons():
    assert (await build()).shortfalls == ()
    built = await build(
        crew(check=lambda r: judge(r).replace('"the_same": "yes"', '"the_same": "no"'))
    )
    assert built.shortfalls == (
        "asked 3 unsafe rows, got 0: 4 x none of 4 attacks was a message of the same meaning",
    )


@pytest.mark.parametrize("rules", [RULES[:2], RULES[2:]])
async def test_a_benchmark_of_one_category_alone_loads_again(tmp_path, rules):
    built = await build(material=MATERIAL._replace(rules=rules))
    folder = tmp_path / built.scenario.key
    folder.mkdir()
    write_scenario(folder, built.scenario)
    assert read_scenario(folder) == built.scenario


async def test_a_judge_that_finds_nothing_fit_ends_it_with_the_reasons():
    with pytest.raises(RunStoppedError, match="16 x does not belong in the scenario"):
        await build(crew(check=lambda _: opinion(fits="no")))


async def test_a_model_that_is_down_stops_the_step():
    def down(request):
        if "description" in request.json_schema:
            return plan(request)
        raise ModelError("connection refused")

    with pytest.raises(RunStoppedError, match="intents: 2 of 8 failed, stopped there: connection"):
        await build(crew(planner=down))


def test_a_role_without_a_model_is_named():
    one = player(plan)
    for role, players in [
        ("planner", (None, one, one)),
        ("attacker", (one, None, one)),
        ("judge", (one, one, None)),
    ]:
        with pytest.raises(InputError, match=rf"\[roles\] {role}:"):
            BuildModels.of(*players)


async def test_what_was_built_loads_from_the_references_file_format(tmp_path):
    built = await build()
    write_scenario(tmp_path / built.scenario.key, built.scenario)
    assert read_scenario(tmp_path / built.scenario.key) == built.scenario
