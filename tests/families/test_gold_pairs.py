"""Labelled pairs of answers: from labels of single answers and from LLMBar."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.families.test_gold import POLICY, row, rows

from specloop.errors import InputError
from specloop.gold import GoldPairs, load_gold, load_pairs


def better(found: GoldPairs) -> list[str]:
    """The answers that are preferred."""
    by_id = {pair.id: pair for pair in found.pairs}
    places = {"first": 0, "second": 1}
    return [by_id[label.pair].answers[places[label.value]] for label in found.labels]


def llmbar(path: Path, *pairs: object) -> str:
    path.write_text(json.dumps(pairs))
    return f"llmbar:{path}"


def pair(**more: object) -> dict[str, object]:
    return {"input": "Say hi.", "output_1": "Hi!", "output_2": "Bye.", "label": 1, **more}


def test_kept_and_broken_answers_to_one_request_are_pairs(tmp_path: Path) -> None:
    (tmp_path / "policy.md").write_text(POLICY)
    found = load_pairs([f"examples:{tmp_path / 'policy.md'}"])
    assert better(found) == ["Good morning!"]
    assert found.pairs[0].section == ("Shop", "Tone")
    assert (found.labels[0].by, found.labels[0].kind) == ("policy.md", "document")


def test_no_pair_is_made_across_labellers_requests_or_rules(tmp_path: Path) -> None:
    kept = row(by="Ada", answered_by="m1")
    others = (
        row(by="Bob", answer="No!", label="NO"),
        row(by="Ada", answer="No!", label="NO", request="Bye"),
        row(by="Ada", answer="No!", label="NO", rule="Be brief."),
        row(by="Ada", answer="No!", label="NA"),
    )
    with pytest.raises(InputError, match="no labels"):
        load_pairs([rows(tmp_path / "none.jsonl", kept, *others)])
    broken = row(by="Ada", answer="Go away!", label="NO", answered_by="m2")
    found = load_pairs([rows(tmp_path / "one.jsonl", broken, kept, *others)])
    assert better(found) == ["Hi!"]
    assert found.pairs[0].answers == ("Go away!", "Hi!")
    assert found.pairs[0].answered_by == ("m2", "m1")


def test_texts_that_answer_nothing_are_no_pairs(tmp_path: Path) -> None:
    texts = (row(request=""), row(request="", answer="No!", label="NO"))
    with pytest.raises(InputError, match="no labels"):
        load_pairs([rows(tmp_path / "texts.jsonl", *texts)])


def test_the_pairs_of_llmbar_are_read_with_their_better_answer(tmp_path: Path) -> None:
    llmbar(tmp_path / "natural.json", pair(), pair(input="Say bye.", label=2))
    llmbar(tmp_path / "adversarial.json", pair(input="Say so.", output_1="Ünïcode", label=2))
    found = load_pairs([f"llmbar:{tmp_path}"])
    assert better(found) == ["Bye.", "Hi!", "Bye."]
    assert [one.family for one in found.pairs] == ["adversarial", "natural", "natural"]
    assert found.pairs[1].place.endswith("natural.json: pair 1")
    assert {(label.by, label.kind) for label in found.labels} == {("LLMBar", "person")}


def test_a_pair_says_the_same_in_either_order_and_not_two_things(tmp_path: Path) -> None:
    turned = pair(output_1="Bye.", output_2="Hi!", label=2)
    assert len(load_pairs([llmbar(tmp_path / "same.json", pair(), turned)]).labels) == 1
    other = llmbar(tmp_path / "other.json", pair(), turned | {"label": 1})
    with pytest.raises(InputError, match=r"pair 1 and .*pair 2 say different things of the"):
        load_pairs([other])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{}", "must hold a list of pairs"),
        ("[", "line 1 column 2: not JSON"),
        ("[]", "no labels"),
        ('["a"]', "pair 1: the pair: Input should be"),
        (json.dumps([pair(label=3)]), "pair 1: label: Input should be 1 or 2"),
        (json.dumps([{"input": "a", "output_1": "b"}]), "pair 1: output_2: Field required"),
        (json.dumps([pair(output_2="Hi!")]), "pair 1: both answers are the same text"),
    ],
)
def test_what_is_wrong_with_pairs_is_told_with_its_place(
    tmp_path: Path, content: str, told: str
) -> None:
    (tmp_path / "pairs.json").write_text(content)
    with pytest.raises(InputError, match=r"pairs.json") as error:
        load_pairs([f"llmbar:{tmp_path / 'pairs.json'}"])
    assert told in str(error.value)


def test_other_encodings_and_empty_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.json file is there"):
        load_pairs([f"llmbar:{tmp_path}"])
    (tmp_path / "pairs.json").write_bytes("[é]".encode("utf-16"))
    with pytest.raises(InputError, match="not UTF-8"):
        load_pairs([f"llmbar:{tmp_path}"])


def test_pairs_are_no_labels_of_single_answers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="measure a judge that compares two"):
        load_gold([llmbar(tmp_path / "pairs.json", pair())])


def test_all_pairs_of_llmbar_are_read(shared_data: Path) -> None:
    found = load_pairs([f"llmbar:{shared_data / 'suites' / 'llmbar'}"])
    assert len(found.pairs) == len(found.labels) == 419
    firsts = sum(label.value == "first" for label in found.labels)
    assert 100 < firsts < 319


def pairs(path: Path, *lines: object) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"pairs:{path}"


def test_pairs_of_ones_own_are_read_with_their_labellers(tmp_path: Path) -> None:
    line = {"request": "Say hi.", "first": "Hi!", "second": "Bye.", "preferred": "First"}
    more = {"by": "Ada", "rule": "Be kind.", "first_by": "m1", "second_by": "m2"}
    found = load_pairs([pairs(tmp_path / "p.jsonl", line, line | more | {"preferred": "equal"})])
    (plain, ruled), (by_file, by_ada) = found.pairs, found.labels
    assert plain.rule_text.startswith("The answer follows the instruction")
    assert (ruled.rule_text, ruled.answered_by) == ("Be kind.", ("m2", "m1"))
    assert (by_file.value, by_file.by) == ("second", "p.jsonl")
    assert (by_ada.value, by_ada.by, by_ada.kind) == ("equal", "Ada", "person")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("request,first,second\na,b,c\n", "line 2: preferred: Field required"),
        ("request,first,second,preferred\na,b,c,left\n", "line 2: preferred: Input should be"),
        ("request,first,answer\na,b,c\n", "no column is called 'answer'"),
        ("request,first,second,preferred\n", "no labels"),
        ("", "no labels"),
    ],
)
def test_what_is_wrong_with_rows_of_pairs_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(InputError, match=r"pairs\.csv") as error:
        load_pairs([f"pairs:{tmp_path / 'pairs.csv'}"])
    assert told in str(error.value)


def test_two_preferences_of_one_labeller_are_refused_without_the_order_of_texts(
    tmp_path: Path,
) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("request,first,second,preferred,by\nHi,b,a,first,Ada\nHi,a,b,first,Ada\n")
    with pytest.raises(InputError, match=r"line 2 and .*line 3 say different things of the same"):
        load_pairs([f"pairs:{path}"])
