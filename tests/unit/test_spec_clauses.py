"""Footnote marks of clauses, and the prompts that belong to them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from specloop.config import Seeds
from specloop.errors import InputError
from specloop.pipeline.reading import given_seeds
from specloop.sources import load_benchmark
from specloop.spec import Specification, read_document, read_spec
from specloop.spec.clauses import marked_clauses, prompts_folder, read_prompts

POLICY = """# Shop

## Tone {#tone authority=user}

The assistant must be kind[^k1nd], even to rude people[^rude]. It never shouts.[^loud]

Some people like short answers[^sh0t].

[^k1nd]: See the examples.

## Money

The assistant must not promise refunds[^m0ny].
"""
PROMPT = "Examples for [^{mark}] in {heading}:\n\n**Example**: {title}\n\n~~~xml\n{turns}\n~~~\n"
USER = "<user>\n{text}\n</user>"


def write_prompts(folder: Path, mark: str, heading: str, *texts: str) -> None:
    """Prompts of one clause, each of one turn."""
    (folder / "examples").mkdir(exist_ok=True)
    parts = (
        PROMPT.format(mark=mark, heading=heading, title=f"a {n}", turns=USER.format(text=text))
        for n, text in enumerate(texts)
    )
    (folder / "examples" / f"{mark}.md").write_text("\n".join(parts), encoding="utf-8")


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.md"
    path.write_text(POLICY)
    write_prompts(tmp_path, "k1nd", "Tone", "Hello, Ünïcode", "Who are you?")
    write_prompts(tmp_path, "sh0t", "Tone", "Be short.")
    write_prompts(tmp_path, "m0ny", "Money", "My money!")
    return path


def read(path: Path) -> Specification:
    return read_spec(read_document(path))


def test_a_rule_knows_the_marks_in_and_right_after_its_clause(policy: Path) -> None:
    spec = read(policy)
    assert [rule.marks for rule in spec.rules] == [("k1nd", "rude"), ("loud",), ("m0ny",)]
    assert "[^" not in "".join(rule.text for rule in spec.rules)


def test_a_mark_in_no_rule_belongs_to_the_rules_of_its_section(policy: Path) -> None:
    document, sections, rules, *_ = read(policy)
    found = {one.mark: one for one in marked_clauses(document.text, sections, rules)}
    assert list(found) == ["k1nd", "rude", "loud", "sh0t", "m0ny"]
    assert [one.in_rule for one in found.values()] == [True, True, True, False, True]
    assert found["sh0t"].rules == rules[:2]
    assert found["m0ny"].rules == rules[2:]


def test_the_prompts_of_clauses_are_a_benchmark_with_the_rules_of_the_clause(policy: Path) -> None:
    benchmark = load_benchmark(f"clauses:{policy}")
    by_key = {scenario.key: scenario for scenario in benchmark.scenarios}
    assert list(by_key) == ["k1nd", "m0ny", "sh0t"]
    kind = by_key["k1nd"]
    assert [row.request for row in kind.rows] == ["Hello, Ünïcode", "Who are you?"]
    assert [row.topic for row in kind.rows] == ["k1nd", "k1nd"]
    assert len(kind.specs.listed()) == 1
    assert len(by_key["sh0t"].specs.listed()) == 2
    assert kind.name == "Shop > Tone"


def test_the_prompts_of_clauses_are_seed_prompts_by_section(policy: Path) -> None:
    write_prompts(policy.parent, "h0me", "Home", "Where is it?")
    turns = f"<developer>\nBe brief.\n</developer>\n{USER.format(text='Hi')}"
    more = PROMPT.format(mark="d3v", heading="Home", title="told", turns=turns)
    (policy.parent / "examples" / "d3v.md").write_text(more)
    found = given_seeds(Seeds(path=str(policy.parent / "examples")))
    assert Counter(seed.topic for seed in found) == {"Tone": 3, "Money": 1, "Home": 1}
    assert {seed.split for seed in found} == {"train", "validation", "test"}
    rules = read_spec(read_document(policy)).rules
    found = given_seeds(Seeds(path=str(policy.parent / "examples")), rules)
    own = {seed.topic: seed.rules for seed in found if seed.rules}
    assert own
    assert all(texts <= {r.text for r in rules if r.marks} for texts in map(set, own.values()))


def test_too_few_sections_for_seed_prompts_are_told(policy: Path) -> None:
    with pytest.raises(InputError, match=r"examples: prompts of one turn are needed from 3"):
        given_seeds(Seeds(path=str(policy.parent / "examples")))


def test_a_turn_of_a_developer_alone_is_what_is_asked(tmp_path: Path) -> None:
    answers = "<comparison>\n<assistant> <!-- GOOD -->\nSorted.\n</assistant>\n</comparison>"
    turns = f"<developer>\nSort these.\n</developer>\n{answers}"
    (tmp_path / "dev.md").write_text(f"~~~xml\n{turns}\n~~~\n")
    (prompt,) = read_prompts(tmp_path)
    assert [(turn.role, turn.content) for turn in prompt.conversation] == [("user", "Sort these.")]
    assert (prompt.mark, prompt.heading, prompt.title) == ("dev", "", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("**Example**: a\n\n~~~xml\n~~~\n", "line 3: there is no user turn"),
        ("~~~xml\n<user>\nHi\n</user>\n<assistant>\nHo\n</assistant>\n~~~", "line 1: it ends with"),
        ("Nothing is here.", "no prompts; put conversations"),
    ],
)
def test_what_cannot_be_asked_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "bad.md").write_text(text)
    with pytest.raises(InputError) as error:
        read_prompts(tmp_path)
    assert told in str(error.value)


def test_wrong_documents_and_encodings_are_told(policy: Path) -> None:
    other = policy.with_name("other.md")
    other.write_text("# Shop\n\nThe assistant must be kind.\n")
    with pytest.raises(InputError, match=r"other\.md: none of its clauses has the mark"):
        load_benchmark(f"clauses:{other}")
    (policy.parent / "examples" / "x.md").write_bytes("<user>é".encode("utf-16"))
    with pytest.raises(InputError, match=r"x\.md: .*UTF-16"):
        load_benchmark(f"clauses:{policy}")


def test_the_prompts_of_the_model_spec_belong_to_its_rules(shared_data: Path) -> None:
    path = shared_data / "openai_model_spec" / "2025-12-18" / "model_spec.md"
    document, sections, rules, *_ = read(path)
    marked = list(marked_clauses(document.text, sections, rules))
    assert Counter(one.in_rule for one in marked) == {True: 92, False: 24}
    prompts = read_prompts(prompts_folder(path))
    in_rule = {one.mark: one.in_rule for one in marked}
    found = Counter(in_rule.get(prompt.mark) for prompt in prompts)
    assert found == {True: 196, False: 74, None: 2}
    assert sum(len(s.rows) for s in load_benchmark(f"clauses:{path}").scenarios) == 270
