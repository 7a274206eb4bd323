"""The work of linting grows with the document and no faster: what is looked at is counted."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from specloop.linting import document as lint_document
from specloop.linting.base import Finding
from specloop.linting.document import LintDocument
from specloop.linting.run import as_remarks, lint
from specloop.linting.spans import Spans
from specloop.linting.suppression import Directive, suppressed
from specloop.spec import SourceDocument, read_spec


def _document(n: int) -> LintDocument:
    parts = (
        f"## Part {k}\n\nNever share letter {k} with visitors within a reasonable time.\n\n"
        f"Always share letter {k} with visitors. See rule {9 * k} and [this](#part{k}x).\n\n"
        for k in range(n)
    )
    return LintDocument.of(read_spec(SourceDocument.of("".join(parts), "policy.md")))


def test_comparisons_and_remarks_grow_with_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the pairs of statements nor the rules looked at for remarks grow with the square."""
    counts: list[int] = []
    comparable, touching = lint_document.DocumentStatement.comparable, Spans.touching
    n_looked_at = 0

    def count(result: Iterable[int] | bool) -> None:
        nonlocal n_looked_at
        n_looked_at += 1 if isinstance(result, bool) else len(list(result))

    def compared(one: lint_document.DocumentStatement, other: object) -> bool:
        count(result := comparable(one, other))  # pyright: ignore[reportArgumentType]
        return result

    def touched(self: Spans, start: int, end: int) -> list[int]:
        count(result := touching(self, start, end))
        return result

    monkeypatch.setattr(lint_document.DocumentStatement, "comparable", compared)
    monkeypatch.setattr(Spans, "touching", touched)
    for n in (100, 200):
        n_looked_at = 0
        assert as_remarks(lint(_document(n)))
        counts.append(n_looked_at)
    assert counts[1] <= 2.2 * counts[0]


def test_a_document_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lints use the blocks that reading has made, and ask once what references can point to."""
    n_targets = 0
    real = lint_document.targets_of

    def counted(*given: object) -> object:
        nonlocal n_targets
        n_targets += 1
        return real(*given)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(lint_document, "targets_of", counted)
    document = _document(3)
    lint(document)
    assert document.blocks is document.spec.blocks
    assert n_targets == 1


def test_spans_that_overlap() -> None:
    """Those at a place are found, in the order given; a long one before many is not missed."""
    spans = Spans([(50, 60), (0, 100), (10, 20), (20, 30)])
    assert spans.touching(15, 25) == [1, 2, 3]
    assert spans.touching(100, 200) == []
    assert spans.cover(99)
    assert not spans.cover(100)


def test_directives_of_groups_and_codes() -> None:
    """A comment covers what begins in its span and has its code or group; others stay unused."""

    def finding(code: str, at: int) -> Finding:
        return Finding(code, "error", "", "", ((at, at + 1),))

    group = Directive((0, 1), ("CONFLICT",), (10, 20))
    other = Directive((2, 3), ("VAGUE",), (0, 5))
    found = [finding("CONFLICT-FORM", 10), finding("CONFLICT-FORM", 20), finding("VAGUE", 9)]
    assert suppressed(found, [group, other]) == (found[1:], {group})
