"""A real model specification, read whole; skipped where it is not at hand."""

from __future__ import annotations

import re
import time
from functools import cache
from pathlib import Path

import pytest

from specloop.spec import Specification, read_document, read_spec

RELEASES = {"2025-12-18": (59, 189), "2025-09-12": (57, 182)}
_HEADING = re.compile(r"^#{1,6} .*\{#(\w+)(?: authority=(\w+))?(?: tags=(\w+))?\}$", re.M)


def text_of(shared_data: Path, release: str) -> Path:
    path = shared_data / "openai_model_spec" / release / "model_spec.md"
    if not path.exists():
        pytest.skip(f"no {path} at hand")
    return path


@pytest.fixture(params=sorted(RELEASES))
def release(request: pytest.FixtureRequest) -> str:
    return request.param


@cache
def read(path: Path) -> Specification:
    return read_spec(read_document(path))


@pytest.fixture
def spec(shared_data: Path, release: str) -> Specification:
    return read(text_of(shared_data, release))


def test_every_slice_is_exact(spec: Specification) -> None:
    source = spec.document.text
    for part in (*spec.sections, *spec.rules):
        expected = part.text if part in spec.sections else getattr(part, "quote", "")
        assert source[part.start : part.end] == expected
    assert "".join(section.text for section in spec.sections) == source


def test_every_tagged_section_has_its_id_authority_and_tags(
    spec: Specification, release: str
) -> None:
    outside_fences = re.sub(r"^~~~.*?^~~~$", "", spec.document.text, flags=re.M | re.S)
    written = [(m[1], m[2], m[3]) for m in _HEADING.finditer(outside_fences)]
    read = [(s.anchor, s.authority, s.tags[0] if s.tags else None) for s in spec.sections]
    assert read == written
    assert sum(1 for _, authority, _ in read if authority) == RELEASES[release][0]


def test_every_tagged_section_states_a_rule(spec: Specification) -> None:
    stating = {rule.section for rule in spec.rules}
    assert [s.anchor for s in spec.sections if s.authority and s.id not in stating] == []


def test_rules_carry_the_authority_of_their_section(spec: Specification) -> None:
    by_id = {section.id: section for section in spec.sections}
    for rule in spec.rules:
        assert by_id[rule.section].authority in (rule.authority, None)


def test_no_rule_comes_from_commentary_examples_or_the_overview(spec: Specification) -> None:
    source = spec.document.text
    admonitions = re.finditer(r"^!!! .*\n(?:(?: {4}.*|[ \t]*)\n)+", source, re.M)
    fences = re.finditer(r"^~~~.*?^~~~$", source, re.M | re.S)
    titles = re.finditer(r"^\*\*Example\*\*.*$", source, re.M)
    set_aside = [match.span() for found in (admonitions, fences, titles) for match in found]
    overview = {s.id for s in spec.sections if s.path[0] == "Overview"}
    for rule in spec.rules:
        assert rule.section not in overview
        assert not any(start < rule.end and rule.start < end for start, end in set_aside), rule.text


def test_rules_are_sentences_without_markup_said_once(spec: Specification) -> None:
    texts = [rule.text for rule in spec.rules]
    assert len(set(texts)) == len(texts)
    for text in texts:
        assert text[0].isupper() or not text[0].isalpha()
        assert text.rstrip("\"”')")[-1] in ".!?"
        assert not re.search(r"\*\*|\]\(|\[\^|\{#", text), text
        assert len(text.split()) >= 4, text


def test_every_comparison_is_read_with_conversation_grades_and_comments(
    spec: Specification, release: str
) -> None:
    source = spec.document.text
    assert len(spec.examples) == RELEASES[release][1] == source.count("<comparison>")
    by_id = {section.id: section for section in spec.sections}
    answers = [answer for example in spec.examples for answer in example.answers]
    notes = re.findall(r"^<assistant[^>]*> <!-- (GOOD|OK|BAD)", source, re.M)
    assert [answer.grade for answer in answers] == notes
    comments = re.findall(r"^<assistant[^>]*> <!-- (?:GOOD|OK|BAD)[ ,:]*(.*?) *-->", source, re.M)
    assert [answer.comment for answer in answers] == comments
    for example in spec.examples:
        section = by_id[example.section]
        assert section.start <= example.start < example.end <= section.end
        assert example.title
        assert example.conversation
        assert source[example.start : example.end].count("<comparison>") == 1


def test_it_takes_less_than_three_seconds(shared_data: Path) -> None:
    path = text_of(shared_data, "2025-12-18")
    begin = time.process_time()
    read_spec(read_document(path))
    assert time.process_time() - begin < 3
