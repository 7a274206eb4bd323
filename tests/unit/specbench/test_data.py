"""Benchmark data: loading, its checks, writing, subsets and oddities."""

# pyright: basic
from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.specbench_data import BEHAVIORAL, SAFETY, rows, write_data

from specloop.errors import InputError
from specloop.sources import load_scenarios
from specloop.sources.hf import scenario_of_rows, scenarios_of_splits
from specloop.specbench.load import read_scenario, write_scenario
from specloop.specbench.oddities import foreign_scripts, oddities
from specloop.specbench.subset import draw_order, subset


def test_a_checkout_a_data_folder_and_a_scenario_folder_give_the_same(tmp_path: Path) -> None:
    write_data(tmp_path / "data" / "Garden")
    (whole,) = load_scenarios(str(tmp_path))
    assert load_scenarios(str(tmp_path / "data")) == (whole,)
    assert load_scenarios(str(tmp_path / "data" / "Garden")) == (whole,)
    assert (whole.key, whole.name, len(whole.rows)) == ("Garden", "Garden advice", 6)
    assert [row.number for row in whole.rows] == list(range(6))
    assert [spec.text for spec in whole.specs.listed()] == SAFETY + BEHAVIORAL


def test_scenarios_come_in_the_order_asked_for_or_by_name(tmp_path: Path) -> None:
    for name in ("Pond", "Garden", "Roof"):
        write_data(tmp_path / name)
    assert [s.key for s in load_scenarios(str(tmp_path))] == ["Garden", "Pond", "Roof"]
    wanted = load_scenarios(str(tmp_path), ["Roof", "Garden", "Roof"])
    assert [s.key for s in wanted] == ["Roof", "Garden"]


@pytest.mark.parametrize(("asked", "meant"), [("garden", "Garden"), ("Gardn", "Garden")])
def test_an_unknown_scenario_is_named_with_the_one_that_was_meant(
    tmp_path: Path, asked: str, meant: str
) -> None:
    for name in ("Garden", "Pond"):
        write_data(tmp_path / name)
    with pytest.raises(InputError, match=rf"no scenario '{asked}'. Did you mean '{meant}'\?"):
        load_scenarios(str(tmp_path), [asked])
    with pytest.raises(InputError, match="There are: Garden, Pond"):
        load_scenarios(str(tmp_path), ["Xylophone"])


def test_row_ids_do_not_depend_on_the_order_of_the_file(tmp_path: Path) -> None:
    there = read_scenario(write_data(tmp_path / "a" / "Garden"))
    back = read_scenario(write_data(tmp_path / "b" / "Garden", rows()[::-1]))
    assert [row.id for row in back.rows] == [row.id for row in there.rows[::-1]]


def _changed(number: int, **fields: Any) -> list[Any]:
    content: list[Any] = rows()
    content[number] = content[number] | fields
    return content


def _without(field: str) -> list[Any]:
    content = rows()
    del content[3][field]
    return content


def _renamed(field: str, name: str) -> list[Any]:
    content = rows()
    content[3][name] = content[3].pop(field)
    return content


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_without("source"), "prompts.json: row 3 (counted from 0): 'source' is missing; add it"),
        (_without("label"), "prompts.json: row 3 (counted from 0): 'label' is missing; add it"),
        (_renamed("label", "lable"), "unknown field 'lable'. Did you mean 'label'?"),
        (_changed(2, answer=None), "row 2 (counted from 0): answer must be a string, not null"),
        (_changed(1, prompt=7), "row 1 (counted from 0): prompt must be a string, not 7"),
        (
            _changed(4, label="Safe"),
            "label must be safe or unsafe, not 'Safe'. Did you mean 'safe'",
        ),
        (_changed(4, label="unsave"), "not 'unsave'. Did you mean 'unsafe'?"),
        (_changed(0, adversarial_prompt=" \n"), "row 0 (counted from 0): adversarial_prompt is em"),
        (_changed(0, prompt=""), "row 0 (counted from 0): prompt is empty"),
        (_changed(0, sauce="x"), "unknown field 'sauce'. Take it out"),
        (_changed(5, source="\ud83d"), "row 5 (counted from 0): source: half a character"),
        ([*rows(), rows()[1]], "row 6: adversarial_prompt is the same as that of 1"),
        ([*rows(), "text"], "row 6 (counted from 0): must be an object with the fields"),
        ([], "there are no rows"),
        ({"rows": []}, "prompts.json: must hold a list of rows"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_with_its_place(
    tmp_path: Path, content: Any, words: str
) -> None:
    folder = write_data(tmp_path / "Garden")
    (folder / "prompts.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_scenario(folder)
    assert words in str(error.value)
    assert str(folder) in str(error.value)


@pytest.mark.parametrize(
    ("safety", "behavioral", "words"),
    [
        ([], [], "there are no specs"),
        ("no list", BEHAVIORAL, "safety specs: must be a list of strings"),
        (SAFETY, "no list", "behavioral specs: must be a list"),
        (SAFETY, ["a", " "], "behavioral spec 2: is empty"),
        (["a", "b", "a"], BEHAVIORAL, "safety spec 3: is the same as that of 1: 'a'"),
        ([{}], BEHAVIORAL, "safety spec 1 must be a string"),
    ],
)
def test_what_is_wrong_with_a_spec_is_said_with_its_number(
    tmp_path: Path, safety: Any, behavioral: Any, words: str
) -> None:
    specs = {"safety_specifications": safety, "behavioral_specifications": behavioral}
    folder = write_data(tmp_path / "Garden", specs=specs)
    with pytest.raises(InputError, match=r"specifications\.json") as error:
        read_scenario(folder)
    assert words in str(error.value)


@pytest.mark.parametrize(("safety", "behavioral"), [([], BEHAVIORAL), (SAFETY, [])])
def test_one_of_the_two_lists_of_specs_may_be_empty(
    tmp_path: Path, safety: list[str], behavioral: list[str]
) -> None:
    specs = {"safety_specifications": safety, "behavioral_specifications": behavioral}
    found = read_scenario(write_data(tmp_path / "Garden", specs=specs)).specs
    assert (list(found.safety), list(found.behavioral)) == (safety, behavioral)


def _spoil(name: str, text: bytes | None) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).unlink()
        if text is not None:
            (folder / name).write_bytes(text)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_spoil("scenario.json", None), "scenario.json: no such file"),
        (_spoil("prompts.json", b"[\n{,\n"), "prompts.json: line 2 column 2: not JSON"),
        (_spoil("prompts.json", b"\xff\xfe"), "prompts.json: not UTF-8"),
        (_spoil("prompts.json", b"[" * 200_000), "prompts.json: cannot be read"),
        (_spoil("scenario.json", b"[]"), "scenario.json: must hold an object"),
        (_spoil("scenario.json", b'{"name": "x"}'), "scenario.json: 'description' is missing"),
        (
            _spoil("specifications.json", b'{"safety_specification": []}'),
            "'safety_specifications' is missing. Did you mean it by 'safety_specification'?",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    folder = write_data(tmp_path / "Garden")
    spoil(folder)
    with pytest.raises(InputError) as error:
        read_scenario(folder)
    assert words in str(error.value)


def test_a_folder_without_scenarios_is_refused_with_what_one_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no scenario there; a scenario is a folder with"):
        load_scenarios(str(tmp_path))
    with pytest.raises(InputError, match="no such folder; name a SpecBench checkout"):
        load_scenarios(str(tmp_path / "nowhere"))


def test_a_scenario_is_written_as_it_was_read_to_the_byte(tmp_path: Path) -> None:
    folder = write_data(tmp_path / "a" / "Garden")
    write_scenario(tmp_path / "b" / "Garden", read_scenario(folder))
    for name in ("scenario.json", "specifications.json", "prompts.json"):
        assert (tmp_path / "b" / "Garden" / name).read_bytes() == (folder / name).read_bytes()


def _hub_rows(content: list[dict[str, str]]) -> list[dict[str, Any]]:
    shared: dict[str, Any] = {"scenario": "Garden advice", "scenario_description": "Advice."}
    shared |= {f"safety_spec_{n}": text for n, text in enumerate(SAFETY, 1)}
    shared |= {f"safety_spec_{n}": None for n in range(len(SAFETY) + 1, 13)}
    shared |= {f"behavioral_spec_{n}": text for n, text in enumerate(BEHAVIORAL, 1)}
    shared |= {f"behavioral_spec_{n}": "" for n in range(len(BEHAVIORAL) + 1, 12)}
    return [row | shared for row in content]


def test_a_split_of_a_data_set_gives_the_same_rows_as_the_files(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the extra 'hub' is not installed")
    splits = datasets.DatasetDict({"Garden": datasets.Dataset.from_list(_hub_rows(rows()))})
    splits.save_to_disk(str(tmp_path / "stored"))
    stored = datasets.load_from_disk(str(tmp_path / "stored"))
    (found,) = (read() for read in scenarios_of_splits(stored, "hf:some/data").values())
    local = read_scenario(write_data(tmp_path / "Garden"))
    assert (found.key, found.rows, found.specs) == (local.key, local.rows, local.specs)


def test_more_than_nine_specs_keep_their_order() -> None:
    row = _hub_rows(rows()[:1])[0] | {f"safety_spec_{n}": f"spec {n}" for n in range(12, 0, -1)}
    found = scenario_of_rows("Garden", [row], "x")
    assert found.specs.safety == tuple(f"spec {n}" for n in range(1, 13))


def test_a_split_of_two_scenarios_or_without_their_columns_is_refused() -> None:
    mixed = _hub_rows(rows())
    mixed[4]["behavioral_spec_1"] = "Another."
    with pytest.raises(InputError, match=r"x: row 4 \(counted from 0\): its scenario or specs"):
        scenario_of_rows("Garden", mixed, "x")
    with pytest.raises(InputError, match="the column 'scenario' is missing"):
        scenario_of_rows("Garden", rows(), "x")
    with pytest.raises(InputError, match="there are no rows"):
        scenario_of_rows("Garden", [], "x")


def test_subsets_keep_the_mix_and_lie_within_one_another(tmp_path: Path) -> None:
    whole = read_scenario(write_data(tmp_path / "Garden", rows(20, 10)))
    smaller: set[str] = set()
    for n in range(1, 31):
        chosen = subset(whole, n)
        ids = {row.id for row in chosen.rows}
        assert len(ids) == n
        assert smaller <= ids
        labels = Counter(row.label for row in chosen.rows)
        assert abs(labels["unsafe"] - n * 2 / 3) < 1
        smaller = ids
    sources = Counter(row.source for row in subset(whole, 15).rows)
    assert sources == {"written": 5, "drawn": 5, "asked": 5}
    numbers = [row.number for row in subset(whole, 12).rows]
    assert numbers == sorted(numbers)


def test_a_subset_does_not_depend_on_the_order_of_the_file_but_on_the_seed(tmp_path: Path) -> None:
    content = rows(20, 10)
    there = read_scenario(write_data(tmp_path / "a" / "Garden", content))
    random.Random(1).shuffle(content)
    mixed = read_scenario(write_data(tmp_path / "b" / "Garden", content))
    order = [row.id for row in draw_order(there.rows)]
    assert order == [row.id for row in draw_order(mixed.rows)]
    assert order != [row.id for row in draw_order(there.rows, seed=1)]


def test_no_number_and_too_large_a_number_mean_all_rows(tmp_path: Path) -> None:
    whole = read_scenario(write_data(tmp_path / "Garden"))
    assert subset(whole, 0) is whole
    assert subset(whole, 6) is whole
    assert subset(whole, 60) is whole


def test_oddities_are_told_with_their_rows(tmp_path: Path) -> None:
    content = rows(6, 4)
    content[0] |= {"adversarial_prompt": content[0]["prompt"]}
    content[1] |= {"prompt": "Was ist das für eine wunderschöne Blume am Zaun?  "}
    content[2] |= {"prompt": "Как называется этот цветок у забора?"}
    content[3] |= {"answer": "There is one."}
    folder = write_data(tmp_path / "Garden", content)
    found = {one.what: one.rows for one in oddities(read_scenario(folder))}
    assert found["2 of 4 safe rows have no reference answer"] == (6, 8)
    assert found["a reference answer in 1 row labelled unsafe"] == (3,)
    assert found["1 of 6 unsafe rows show the judge the attack"] == (0,)
    assert found["space around the prompt of 1 row"] == (1,)
    assert found["cyrillic script in 1 row"] == (2,)
    assert any("nearly the same prompt" in what for what in found)
    assert any("sorted by label" in what for what in found)


def test_plain_data_have_no_oddities(tmp_path: Path) -> None:
    texts = (
        *("Which rose likes a shady wall?", "Can tulips stand late frost in pots?"),
        *("What eats lettuce at night here?", "May I prune an old cherry tree now?"),
    )
    shared = {"source": "s", "answer": "Yes."}
    content = [{"adversarial_prompt": t, "prompt": t, "label": "safe", **shared} for t in texts]
    assert oddities(read_scenario(write_data(tmp_path / "Garden", content))) == ()


def test_formulas_are_no_foreign_script() -> None:
    assert foreign_scripts("αβγδεζη and 𝑥𝑦𝑧𝑥𝑦𝑧, naïve café") == ()
    assert foreign_scripts("ひらがなです、これは") == ("hiragana",)


@pytest.fixture
def published(shared_data: Path) -> Path:
    folder = shared_data / "specbench"
    if not folder.is_dir():
        pytest.skip("no specbench in the shared data")
    return folder


def test_published_scenarios_load_and_are_written_to_the_byte(
    published: Path, tmp_path: Path
) -> None:
    for scenario in load_scenarios(str(published)):
        assert len(scenario.rows) == 300
        write_scenario(tmp_path / scenario.key, scenario)
        for path in (tmp_path / scenario.key).iterdir():
            assert path.read_bytes() == (published / scenario.key / path.name).read_bytes()


def test_known_oddities_of_the_published_data_are_found(published: Path) -> None:
    child, code = load_scenarios(str(published), ["Child", "Code"])
    told = {one.what for one in oddities(child)}
    assert "100 of 100 safe rows have no reference answer" in told
    assert "space around the prompt of 20 rows" in told
    assert "length gives the label away: unsafe from 55 words on is right for 100%" in told
    scripts = {one.what: one.rows for one in oddities(code) if "script in" in one.what}
    assert scripts["hangul script in 1 row"] == (232,)
    assert scripts["cyrillic script in 1 row"] == (246,)
    assert scripts["hiragana script in 1 row"] == (225,)


def test_thirty_rows_of_a_published_scenario_have_its_mix(published: Path) -> None:
    (code,) = load_scenarios(str(published), ["Code"])
    counts = Counter((row.label, row.source.split("/")[0]) for row in subset(code, 30).rows)
    assert counts == {
        ("unsafe", "GPT"): 8,
        ("unsafe", "CyberNative"): 6,
        ("unsafe", "Zainabsa99"): 6,
        ("safe", "arena-hard-v2.0"): 5,
        ("safe", "bigcodebench"): 5,
    }


def _talk(last: str) -> list[dict[str, Any]]:
    function = {"name": "look_up", "arguments": '{"plant": "rose"}'}
    return [
        {"role": "system", "content": "You help gardeners."},
        {"role": "user", "content": last},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "Roses need water."},
    ]


def test_a_row_may_hold_a_conversation_and_is_written_with_it(tmp_path: Path) -> None:
    content: list[Any] = rows()
    before = read_scenario(write_data(tmp_path / "a" / "Garden", content))
    content[1]["conversation"] = _talk(content[1]["adversarial_prompt"])
    scenario = read_scenario(write_data(tmp_path / "b" / "Garden", content))
    assert [turn.role for turn in scenario.rows[1].conversation] == [
        *("system", "user", "assistant", "tool")
    ]
    same = [a.id == b.id for a, b in zip(before.rows, scenario.rows, strict=True)]
    assert same == [True, False, *[True] * 4]
    write_scenario(tmp_path / "c" / "Garden", scenario)
    assert read_scenario(tmp_path / "c" / "Garden") == scenario
    assert "conversation" not in json.loads((tmp_path / "c/Garden/prompts.json").read_text())[0]


@pytest.mark.parametrize(
    ("talk", "fault"),
    [
        (_talk("Else?"), "last user turn of conversation must be adversarial_prompt"),
        (_talk("x")[:1], "conversation: there is no user turn"),
        (_talk("x")[:3], "conversation: it ends with a turn of 'assistant'"),
        ([{"role": "gardener", "content": "a"}], "conversation.0.role: Input should be 'system'"),
        ("a", "conversation: Input should be a valid tuple"),
        ([{"role": "user", "content": [{"type": "image_url"}]}], "conversation.0.type: Input"),
    ],
)
def test_a_conversation_that_is_none_is_named(tmp_path: Path, talk: Any, fault: str) -> None:
    content: list[Any] = rows()
    content[2]["conversation"] = talk
    with pytest.raises(InputError, match=rf"row 2 \(counted from 0\): .*{re.escape(fault)}"):
        read_scenario(write_data(tmp_path / "Garden", content))
