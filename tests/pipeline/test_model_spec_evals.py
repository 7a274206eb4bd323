"""Items with a rubric each, as OpenAI's evaluation of its Model Spec has them, as a benchmark."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.commands import specloop
from tests.judge_replies import in_form, prompt_of

from specloop.checking import compile_check
from specloop.errors import InputError
from specloop.llm.base import Request
from specloop.records import Evaluation, Judgement
from specloop.sources import load_benchmark
from specloop.spec import read_document, read_spec
from specloop.store import RunFolder

HERE = "tests.pipeline.test_model_spec_evals"
DOCUMENT = """# Spec

## Be kind {#be_kind authority=user}

The assistant must be kind[^k1nd].

**Example**: a greeting

~~~xml
<user>
Hi
</user>
~~~

## Be short {#be_short}

The assistant must be short.
"""
ENTRANTS: list[str] = []


def entrant(request: Request) -> str:
    """Rude to those who shout."""
    ENTRANTS.append("\n".join(message.content for message in request.messages))
    return "Go away!" if "!" in request.messages[-1].content else "Dear friend, good day."


def grader(request: Request) -> str:
    """Grades by the rubric: 7, 6 and 5 in turn for what is kind, and 2 for what is rude."""
    text = prompt_of(request)
    assert "Rubric-of-" in text
    assert "The assistant must be" in text
    kind = ("7", "6", "5", "6", "7")[(request.sampling.seed or 0) % 5]
    return in_form(request, kind if "> Dear friend" in text else "2")


def item(id_: str, asked: Any, **more: Any) -> dict[str, Any]:
    about = {"section_id": "be_kind", "focus_id": "k1nd", "top_level_section": "style"} | more
    return {
        "id": id_,
        "input": asked,
        "target": f"Rubric-of-{id_}\n- 7: warm\n- 1: cold",
        "metadata": about,
    }


ITEMS = (
    item("a", "Hello"),
    item("b", "HELLO!"),
    item("c", [{"role": "system", "content": "Be quick."}, {"role": "user", "content": "Ünïcode"}]),
    item("d", "Never asked", skip=True),
    item("e", "How long?", section_id="be_short", focus_id=None),
)


def items(path: Path, *lines: object) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return f"model_spec_evals:{path}"


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "model_spec.md").write_text(DOCUMENT)
    return items(tmp_path / "items.jsonl", *ITEMS)


def test_every_item_is_graded_by_its_own_rubric_which_the_entrant_never_sees(
    tmp_path: Path, source: str
) -> None:
    run, ENTRANTS[:] = tmp_path / "run", []
    specloop("rules", tmp_path / "model_spec.md", "--out", run)
    models = [f"roles.target=scripted:{HERE}.entrant", f"roles.compliance=scripted:{HERE}.grader"]
    sets = [part for one in models for part in ("--set", one)]
    command = ("eval", run, "--model", "base", "--judge", "graded", "--benchmark", source)
    specloop(*command, "--told", "rules", *sets)
    (folder,) = map(RunFolder, (run / "benchmarks").glob("items.jsonl-*"))
    verdicts = [verdict for one in folder.read(Judgement) for verdict in one.verdicts]
    assert Counter(verdict.value for verdict in verdicts) == {"YES": 6, "NO": 2}
    assert {verdict.rationale for verdict in verdicts} == {
        "grades 7, 6, 5, 6, 7: median 6",
        "grades 2, 2, 2, 2, 2: median 2",
    }
    assert all(verdict.guide for verdict in verdicts)
    for one in folder.read(Evaluation):
        (complies,) = (m for m in one.metrics if (m.name, m.group) == ("rcs_judged", ""))
        assert (complies.value, complies.n) == (0.75, 4)
        assert "over_refusal" in one.left_out
    assert ENTRANTS
    assert "The assistant must be kind" in "".join(ENTRANTS)
    assert "Rubric-of-" not in "".join(ENTRANTS)
    n_asked = len(ENTRANTS)
    specloop(*command, "--told", "rules", *sets)
    assert len(ENTRANTS) == n_asked
    assert sum(one.judge == "graded" for one in folder.read(Judgement)) == 8


def test_items_are_scenarios_by_section_with_their_focus(tmp_path: Path, source: str) -> None:
    benchmark = load_benchmark(source)
    assert [one.key for one in benchmark.scenarios] == ["be_kind", "be_short"]
    first = benchmark.scenarios[0]
    assert [row.source for row in first.rows] == ["a", "b", "c"]
    assert {row.topic for row in first.rows} == {"k1nd"}
    assert [turn.role for turn in first.rows[2].messages] == ["system", "user"]
    (spec,) = first.specs.listed()
    assert spec.text.endswith("The assistant must be kind[^k1nd].")
    as_list = tmp_path / "items.json"
    as_list.write_text(json.dumps(ITEMS))
    assert load_benchmark(f"model_spec_evals:{as_list}").scenarios == benchmark.scenarios


def test_without_the_document_a_section_is_known_by_its_name_alone(
    tmp_path: Path, source: str
) -> None:
    (tmp_path / "model_spec.md").unlink()
    (spec,) = load_benchmark(source).scenarios[0].specs.listed()
    assert spec.text == 'The section "be_kind" of the Model Spec is kept.'


def test_another_rubric_is_another_case(tmp_path: Path) -> None:
    one = item("a", "Hello")
    sources = items(tmp_path / "a.jsonl", one), items(tmp_path / "b.jsonl", one | {"target": "B"})
    first, second = (load_benchmark(source).scenarios[0].rows[0] for source in sources)
    assert first.id != second.id


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "no items to ask"),
        ([item("d", "a", skip=True)], "no items to ask"),
        ([item("a", "x"), item("a", "y")], "line 2: its id 'a' is that of"),
        ([item("a", "x", section_id="be_lost")], "has the anchor #be_lost"),
        ([item("a", "x", section_id="")], "line 1: metadata.section_id"),
        ([item("a", [{"role": "assistant", "content": "x"}])], "line 1: input: there is no user"),
        ([item("a", "x") | {"target": ""}], "line 1: target"),
        ([{"id": "a", "input": "x", "target": "y"}], "line 1: metadata: Field required"),
        ([["a"]], "line 1: not an object"),
    ],
)
def test_what_is_wrong_with_items_is_told_with_its_place(
    tmp_path: Path, lines: list[object], told: str
) -> None:
    (tmp_path / "model_spec.md").write_text(DOCUMENT)
    with pytest.raises(InputError, match=r"items\.jsonl") as error:
        load_benchmark(items(tmp_path / "items.jsonl", *lines))
    assert told in str(error.value)


def test_no_section_of_the_model_spec_is_decided_by_code(tmp_path: Path, shared_data: Path) -> None:
    document = shared_data / "openai_model_spec" / "2025-12-18" / "model_spec.md"
    (tmp_path / "model_spec.md").write_bytes(document.read_bytes())
    anchors = dict.fromkeys(
        section.anchor for section in read_spec(read_document(document)).sections
    )
    every = [item(anchor, "Hi", section_id=anchor) for anchor in anchors if anchor]
    benchmark = load_benchmark(items(tmp_path / "items.jsonl", *every))
    specs = [scenario.specs.behavioral[0] for scenario in benchmark.scenarios]
    assert len(specs) > 50
    assert not any(map(compile_check, specs))
