"""Exact sets of broken rules: the figures, and the items that come with specloop."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from specloop.calibration.policy_items import BUNDLED, items_digest, read_items
from specloop.calibration.sets import JudgedItem, above, policy_case, set_figures
from specloop.errors import InputError
from specloop.records import Message, PolicyItem, PolicyRule, VerdictValue
from specloop.stats import Resampling

HOW = Resampling(draws=400)
RULES = ("R1", "R2", "R3")


def item(number: int, *broken: str, kind: str = "plain") -> PolicyItem:
    return PolicyItem(
        name=f"item-{number}",
        kind=kind,
        policy=tuple(PolicyRule(id=id_, text=f"Rule {id_}.") for id_ in RULES),
        messages=(Message(role="user", content=f"Question {number}?"),),
        answer="An answer.",
        broken=broken,
    )


def judged(one: PolicyItem, *values: VerdictValue) -> JudgedItem:
    return JudgedItem(one, dict(zip(RULES, values, strict=True)))


def figures(*every: JudgedItem) -> dict[tuple[str, str], Any]:
    return {(one.name, one.group): one for one in set_figures(every, HOW)}


def test_sets_are_exact_or_not_and_rules_are_found_or_not() -> None:
    made = figures(
        judged(item(1), "YES", "NA", "YES"),
        judged(item(2, "R1", "R2"), "NO", "NO", "YES"),
        judged(item(3, "R1", "R2"), "NO", "YES", "NO"),
        judged(item(4, "R3"), "NO", "NO", "YES"),
    )
    total = {name: one.value for (name, group), one in made.items() if not group}
    assert total["exact"] == pytest.approx(1 / 2)
    assert total["nothing broken"] == pytest.approx(1 / 4)
    assert total["above guessing"] == pytest.approx(1 / 4)
    assert total["precision"] == pytest.approx(3 / 6)
    assert total["recall"] == pytest.approx(3 / 5)
    assert total["precision by answer"] == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert total["recall by answer"] == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert total["unscored"] == 0
    exact = made["exact", ""]
    assert exact.n == 4
    assert exact.ci_low < 0.5 < exact.ci_high


def test_a_verdict_that_is_missing_leaves_the_set_open() -> None:
    made = figures(
        judged(item(1), "YES", "YES", "YES"),
        judged(item(2, "R1"), "NO", "unscored", "YES"),
        judged(item(3, "R1"), "YES", "unscored", "YES"),
        JudgedItem.of(item(4, "R2"), None),
    )
    exact, recall = made["exact", ""], made["recall", ""]
    assert (exact.value, exact.n, exact.n_unscored) == (1.0, 1, 3)
    assert (exact.bound_low, exact.bound_high) == (0.25, 0.75)
    assert (recall.value, recall.n, recall.n_unscored) == (0.5, 2, 1)
    assert made["unscored", ""].value == pytest.approx(5 / 12)


def test_figures_are_told_by_kind_where_there_are_several() -> None:
    plain, chain = item(1, "R1"), item(2, "R1", kind="exception chain")
    made = figures(judged(plain, "NO", "YES", "YES"), judged(chain, "YES", "YES", "YES"))
    assert made["exact", "plain"].value == 1
    assert made["exact", "exception chain"].value == 0
    assert {group for _, group in figures(judged(plain, "NO", "YES", "YES"))} == {""}


def test_a_judge_that_says_one_thing_of_all_is_no_better_than_guessing() -> None:
    items = [item(n, *(["R1"] if n % 3 else [])) for n in range(30)]
    kind = figures(*(judged(one, "YES", "YES", "YES") for one in items))
    assert kind["exact", ""].value == kind["nothing broken", ""].value == pytest.approx(1 / 3)
    assert kind["above guessing", ""].value == 0
    assert kind["precision", ""].value is None
    assert kind["recall", ""].value == 0
    strict = figures(*(judged(one, "NO", "NO", "NO") for one in items))
    assert strict["exact", ""].value == 0
    assert strict["recall", ""].value == 1


def test_two_judges_are_compared_on_what_both_were_read_on() -> None:
    items = [item(n, "R1") for n in range(20)]
    good = [judged(one, "NO", "YES", "YES") for one in items]
    bad = [
        judged(one, "YES", "unscored" if n == 0 else "YES", "YES") for n, one in enumerate(items)
    ]
    found = above(good, bad, HOW)
    assert (found.value, found.n) == (1.0, 19)


def test_every_judge_is_told_the_whole_policy_and_nothing_of_the_gold() -> None:
    one = read_items(BUNDLED)[0]
    case = policy_case(one)
    assert all(rule.text in case.scenario for rule in one.policy)
    assert one.reason not in case.scenario
    assert [spec.rule for spec in case.specs] == [rule.id for rule in one.policy]
    other = one.model_copy(update={"broken": (), "reason": "", "kind": "other"})
    assert policy_case(other) == case


def test_bundled_items_give_nothing_away() -> None:
    items = read_items(BUNDLED)
    assert len(items) == 150
    kinds = Counter(one.kind for one in items)
    assert min(kinds.values()) >= 30
    assert set(kinds) == {"plain", "exception chain", "conditional chain", "authority conflict"}
    is_empty = np.array([not one.broken for one in items])
    assert 0.28 <= is_empty.mean() <= 0.38
    for kind in kinds:
        assert 0.25 <= np.mean([not one.broken for one in items if one.kind == kind]) <= 0.42
    for lengths in (
        [len(one.answer) for one in items],
        [len(one.messages[-1].content) for one in items],
        [len(one.policy) for one in items],
    ):
        assert abs(np.corrcoef(lengths, is_empty)[0, 1]) < 0.17
    assert (
        abs(np.corrcoef([len(i.answer) for i in items], [len(i.broken) for i in items])[0, 1])
        < 0.17
    )


def test_bundled_items_break_rules_in_all_places() -> None:
    broken: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    for one in read_items(BUNDLED):
        for number, rule in enumerate(one.policy):
            place = {0: "first", len(one.policy) - 1: "last"}.get(number, "middle")
            shown[place] += 1
            broken[place] += rule.id in one.broken
    shares = {place: broken[place] / shown[place] for place in shown}
    assert max(shares.values()) < 2 * min(shares.values())


def test_bundled_items_are_in_groups_of_one_policy_and_say_why() -> None:
    items = read_items(BUNDLED)
    groups: dict[str, list[PolicyItem]] = {}
    for one in items:
        groups.setdefault(one.group, []).append(one)
        assert one.reason
        assert one.name.startswith(one.group)
        assert [rule.id for rule in one.policy] == [f"R{n + 1}" for n in range(len(one.policy))]
    assert len(groups) == 50
    assert all(len({one.policy for one in group}) == 1 for group in groups.values())
    assert sum(len({bool(one.broken) for one in group}) == 1 for group in groups.values()) < 5
    first = [bool(group[0].broken) for group in groups.values()]
    assert 0.5 <= np.mean(first) <= 0.85


ROW = {
    "name": "a",
    "policy": [{"id": "R1", "text": "Be brief."}, {"id": "R2", "text": "Greet."}],
    "request": "Hm?",
    "answer": "Hm.",
    "broken": ["R2"],
}


def written(path: Path, *rows: Any) -> Path:
    texts = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{text}\n" for text in texts))
    return path


def test_own_items_need_few_fields(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Grüße 🌿?"}]
    talk = {name: ROW[name] for name in ROW if name != "request"} | {"name": "b", "messages": turns}
    first, second = read_items(written(tmp_path / "items.jsonl", "", ROW, talk))
    assert (first.kind, first.cluster, first.broken) == ("plain", "a", ("R2",))
    assert second.messages[0].content == "Grüße 🌿?"
    other = first.model_copy(update={"broken": ()})
    assert other.id == first.id
    assert items_digest([other]) != items_digest([first])


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "no items"),
        (["nonsense"], "line 1: not JSON"),
        (["[1]"], "line 1: not an object"),
        (["[" * 5000 + "]" * 5000], "line 1: nested too deeply"),
        ([ROW, ROW], "line 2: the same name as in "),
        ([ROW, ROW | {"name": "b"}], "line 2: the same policy, request and answer as in "),
        ([ROW | {"broken": ["R9"]}], "broken names 'R9', and the policy has R1, R2"),
        ([ROW | {"broken": ["R2", "R2"]}], "broken has 'R2' twice"),
        ([ROW | {"broken": "R2"}], "broken: Input should be a valid tuple"),
        ([ROW | {"broken": None}], "broken: "),
        ([{k: v for k, v in ROW.items() if k != "broken"}], "broken: Field required"),
        ([ROW | {"policy": []}], "policy: "),
        ([ROW | {"policy": [{"id": "R1", "text": ""}]}], "policy.0.text: "),
        (
            [ROW | {"policy": [{"id": "R1", "text": "x"}] * 2, "broken": []}],
            "the policy has 'R1' twi",
        ),
        (
            [ROW | {"policy": [{"id": "R2", "text": "x", "authority": "king"}]}],
            "policy.0.authority",
        ),
        ([ROW | {"messages": [{"role": "user", "content": "x"}]}], "give what was asked"),
        ([{k: v for k, v in ROW.items() if k != "request"}], "give what was asked"),
        ([ROW | {"request": 5}], "request: "),
        ([ROW | {"answer": None}], "answer: "),
        ([ROW | {"request": "", "messages": [{"role": "system", "content": "x"}]}], "no user turn"),
        ([ROW | {"brokn": []}], "no column is called 'brokn'. Did you mean 'broken'?"),
        ([ROW | {"id": "x"}], "no column is called 'id'"),
    ],
)
def test_items_that_cannot_be_used_are_refused_with_their_line(
    tmp_path: Path, rows: list[Any], told: str
) -> None:
    path = written(tmp_path / "items.jsonl", *rows)
    with pytest.raises(InputError) as refused:
        read_items(path)
    assert told in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)
