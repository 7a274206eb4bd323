"""Labelled verdicts from worked examples and from rows, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specloop.errors import InputError
from specloop.gold import gold, keep_gold, load_gold
from specloop.records import GoldCase, GoldLabel
from specloop.spec.edits import stated_rule
from specloop.store import RunFolder

POLICY = """# Shop

## Tone {#tone authority=user}

The assistant must be kind.

It never shouts.

**Example**: a greeting

~~~xml
<user>
Hello
</user>
<comparison>
<assistant> <!-- GOOD: warm -->
Good morning!
</assistant>
<assistant> <!-- OK -->
Yes?
</assistant>
<assistant> <!-- BAD: shouts -->
WHAT NOW
</assistant>
</comparison>
~~~
"""


def rows(path: Path, *lines: object) -> str:
    """A JSON Lines file of labelled rows, as a gold source."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"rows:{path}"


def row(**more: object) -> dict[str, object]:
    return {"rule": "Be kind.", "answer": "Hi!", "label": "YES", "request": "Hello", **more}


def test_graded_answers_are_labels_of_their_section(tmp_path: Path) -> None:
    (tmp_path / "policy.md").write_text(POLICY)
    found = load_gold([f"examples:{tmp_path / 'policy.md'}"])
    assert [label.value for label in found.labels] == ["YES", "NO"]
    kind, loud = found.cases
    assert (kind.answer, loud.answer) == ("Good morning!", "WHAT NOW")
    assert kind.section == ("Shop", "Tone")
    assert kind.authority == "user"
    assert kind.group == loud.group
    assert kind.place.endswith("policy.md: line 11")
    assert "The assistant must be kind." in kind.rule_text
    assert "It never shouts." in kind.rule_text
    assert "Example" not in kind.rule_text
    assert found.labels[0].comment == "warm"
    assert {(label.by, label.kind) for label in found.labels} == {("policy.md", "document")}


def test_a_document_without_graded_answers_has_no_gold(tmp_path: Path) -> None:
    (tmp_path / "plain.md").write_text("# Shop\n\nThe assistant must be kind.\n")
    with pytest.raises(InputError, match="no labels"):
        load_gold([f"examples:{tmp_path / 'plain.md'}"])


def test_rows_of_csv_and_json_lines_say_the_same(tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_text('Rule,answer,label,request,by,comment\n"Be kind.",Hi!,yes,Hello,Ada,"a, b"\n')
    same = rows(tmp_path / "labels.jsonl", row(label="yes", by="Ada", comment="a, b"))
    of_csv, of_lines = load_gold([f"rows:{table}"]), load_gold([same])
    assert of_csv.labels == of_lines.labels
    assert [case.id for case in of_csv.cases] == [case.id for case in of_lines.cases]
    assert of_csv.labels[0].kind == "person"
    assert of_csv.labels[0].value == "YES"


def test_a_rule_may_be_named_by_its_id(tmp_path: Path) -> None:
    rule = stated_rule("Never shout.")
    source = rows(tmp_path / "labels.jsonl", row(rule=rule.id))
    (case,) = load_gold([source], [rule]).cases
    assert case.rule_text == "Never shout."
    assert case.rules == (rule.id,)
    with pytest.raises(InputError, match=f"line 1: no rule has the id {rule.id}"):
        load_gold([source])


def test_the_number_of_a_rule_on_a_page_is_no_wording(tmp_path: Path) -> None:
    source = rows(tmp_path / "labels.jsonl", row(rule="R12"))
    with pytest.raises(InputError, match="line 1: no rule has the id R12; give the rule's wording"):
        load_gold([source])


def test_a_conversation_is_kept_with_its_roles(tmp_path: Path) -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    source = rows(tmp_path / "labels.jsonl", row(request="", messages=turns))
    (case,) = load_gold([source]).cases
    assert [turn.role for turn in case.messages] == ["system", "user"]


def test_two_labellers_may_differ_and_one_may_not(tmp_path: Path) -> None:
    ada, bob = row(by="Ada"), row(by="Bob", label="NO")
    assert len(load_gold([rows(tmp_path / "two.jsonl", ada, bob)]).labels) == 2
    again = rows(tmp_path / "one.jsonl", ada, row(by="Ada", label="NO"))
    with pytest.raises(InputError, match=r"one.jsonl: line 1 says YES and .* line 2 says NO"):
        load_gold([again])
    assert len(load_gold([rows(tmp_path / "twice.jsonl", ada, ada)]).labels) == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (row(label="maybe"), "line 1: label"),
        (row(lable="YES"), "no column is called 'lable'. Did you mean 'label'?"),
        ({"rule": "a", "answer": "b", "lable": "YES"}, "Did you mean 'label'?"),
        ({"answer": "Hi"}, "line 1: rule: Field required"),
        (row(kind="model"), "must say which model"),
        (row(time="yesterday"), "time: write it like 2026-01-31T12:00:00Z"),
        (row(request="Hm?", messages=[{"role": "user", "content": "x"}]), "not as both"),
        (row(request="", messages=[{"role": "system", "content": "x"}]), "no user turn"),
        (row(**{"k" * 5000: 1}), f"no column is called '{'k' * 60}'."),
        (["a"], "not an object"),
    ],
)
def test_a_wrong_row_is_told_with_its_line(tmp_path: Path, line: object, told: str) -> None:
    with pytest.raises(InputError, match=r"labels.jsonl: line 1") as error:
        load_gold([rows(tmp_path / "labels.jsonl", line)])
    assert told in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2,3\n",
        'rule,answer\n"x',
        'rule,answer,label\nr,"x,YES\n',
        "rule,answer,label,messages\na,b,YES,{\n",
    ],
)
def test_a_broken_table_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(InputError, match=r"labels.csv: line \d"):
        load_gold([f"rows:{tmp_path / 'labels.csv'}"])


@pytest.mark.parametrize("name", ["labels.csv", "rows:", "rowz:labels.csv", "rows:/nowhere.csv"])
def test_a_wrong_source_is_told(name: str) -> None:
    with pytest.raises(InputError):
        load_gold([name])


def test_no_source_at_all_is_told_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"examples:WHERE, .*rows:WHERE"):
        load_gold([])
    assert {"examples", "review", "rows"} <= set(gold.names())


def test_tables_with_tabs_are_read_whatever_the_case_of_their_ending(tmp_path: Path) -> None:
    path = tmp_path / "LABELS.TSV"
    path.write_text("rule\tanswer\tlabel\nBe kind.\tHi, you!\tYES\n")
    assert [case.answer for case in load_gold([f"rows:{path}"]).cases] == ["Hi, you!"]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_columns_that_are_parted_otherwise_are_told(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(f"rule{mark}answer{mark}label\nBe kind.{mark}Hi!{mark}YES\n")
    with pytest.raises(InputError, match="its columns seem to be parted by"):
        load_gold([f"rows:{path}"])


def test_times_are_kept_in_utc_so_that_the_later_one_is_known(tmp_path: Path) -> None:
    times = ("2026-01-31T12:00:00+02:00", "2026-01-31 09:30", "2026-01-31", "")
    lines = [row(answer=f"Answer {n}", time=time) for n, time in enumerate(times)]
    assert [label.time for label in load_gold([rows(tmp_path / "a.jsonl", *lines)]).labels] == [
        "2026-01-31T10:00:00Z",
        "2026-01-31T09:30:00Z",
        "2026-01-31T00:00:00Z",
        "",
    ]


def test_an_empty_answer_is_one(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("rule,answer,label,comment\nBe kind.,,NO,\n")
    found = load_gold([f"rows:{path}"])
    assert (found.cases[0].answer, found.labels[0].value) == ("", "NO")


def test_lines_that_are_not_utf_8_are_told_with_their_number(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes((json.dumps(row()) + '\n{"rule": "Sei höflich."}\n').encode("latin-1"))
    with pytest.raises(InputError, match=r"labels\.jsonl: line 2: not UTF-8; save it as UTF-8"):
        load_gold([f"rows:{path}"])


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("rule,answer,Answer,label\nBe kind.,Hi!,Ho!,YES\n")
    with pytest.raises(InputError, match="two columns are called 'answer'"):
        load_gold([f"rows:{path}"])


def test_a_name_is_not_of_a_model_here_and_of_a_person_there(tmp_path: Path) -> None:
    by_both = rows(
        tmp_path / "a.jsonl",
        row(by="gpt", kind="model"),
        row(by="gpt", answer="Another."),
    )
    with pytest.raises(InputError, match=r"line 2: gpt is a person there and a model in .*line 1"):
        load_gold([by_both])


def test_a_label_is_a_persons_only_where_the_file_names_one(tmp_path: Path) -> None:
    found = load_gold(
        [
            rows(
                tmp_path / "a.jsonl",
                row(answer="0"),
                row(answer="1", by="Ada"),
                row(answer="2", by="openai:gpt-5"),
                row(answer="3", by="gpt", kind="model"),
            ),
            rows(tmp_path / "b.jsonl", row(answer="4", kind="person")),
        ]
    )
    said = [(label.by, label.kind) for label in found.labels]
    assert said == [
        ("a.jsonl", "unknown"),
        ("Ada", "person"),
        ("openai:gpt-5", "model"),
        ("gpt", "model"),
        ("b.jsonl", "person"),
    ]


def test_a_models_name_is_not_called_a_persons(tmp_path: Path) -> None:
    gold = rows(tmp_path / "a.jsonl", row(by="openai:gpt-5", kind="person"))
    with pytest.raises(InputError, match=r"line 1: .*openai:gpt-5 names a model: write model"):
        load_gold([gold])


def test_a_corrected_label_takes_the_place_of_the_one_that_is_kept(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run", create=True)

    def kept(**more: object) -> list[str]:
        found = load_gold([rows(tmp_path / "a.jsonl", row(by="Ada", **more))])
        keep_gold(folder, found.cases, found.labels)
        return [label.value for label in folder.read(GoldLabel)]

    assert kept() == ["YES"]
    assert kept(label="NO") == ["NO"]
    assert kept(label="NA", time="2026-01-02T00:00:00Z") == ["NA"]
    assert kept(label="YES", time="2026-01-01T00:00:00Z") == ["NA"]
    assert kept(label="YES") == ["NA"]
    assert len(folder.read(GoldCase)) == 1
