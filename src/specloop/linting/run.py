"""Run lints over a document: chosen codes, each fault once, without what comments suppress."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from specloop.errors import InputError, did_you_mean
from specloop.linting.base import SEVERITIES, Finding, Severity, lints
from specloop.linting.document import LintDocument
from specloop.linting.suppression import Directive, directives, selects, suppressed
from specloop.spec.bounds import collected_later, in_time

MAX_QUOTE = 160
"""Most characters of a quotation in a remark."""


class LintReport(NamedTuple):
    """What was found in one document."""

    document: LintDocument
    where: str
    """The document's path as it was given."""
    findings: tuple[Finding, ...]
    n_suppressed: int = 0

    @property
    def counts(self) -> Counter[Severity]:
        """The number of findings by severity."""
        return Counter(finding.severity for finding in self.findings)

    def n_from(self, threshold: Severity) -> int:
        """The number of findings at least as grave."""
        grave = SEVERITIES[: SEVERITIES.index(threshold) + 1]
        return sum(self.counts[severity] for severity in grave)


def chosen(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> list[str]:
    """The codes that are selected (all without a selection) and not ignored; a group's first word
    names all of it. InputError for one that is unknown."""
    wanted, unwanted = _named(select), _named(ignore)
    return [
        code for code in lints.names() if (code in wanted or not select) and code not in unwanted
    ]


def _named(given: Sequence[str]) -> set[str]:
    codes: set[str] = set()
    for name in (part.strip().upper() for text in given for part in text.split(",")):
        some = {code for code in lints.names() if selects(name, code)}
        if not some:
            known = ", ".join(lints.names())
            raise InputError(
                f"there is no code {name[:60]!r}.{did_you_mean(name, lints.names())} Codes: {known}"
            )
        codes |= some
    return codes


def lint(
    document: LintDocument,
    where: str = "",
    codes: Collection[str] | None = None,
    suggested: Iterable[Finding] = (),
) -> LintReport:
    """All findings of some codes (all if None) and those a model suggested, in reading order.

    InputError if that takes too long.
    """
    wanted = lints.names() if codes is None else codes
    with in_time(document.spec.document.name), collected_later():
        found = [one for code in wanted for one in lints.get(code)().find(document)]
    found += [one for one in suggested if one.code in wanted]
    given = directives(document)
    once = _once(found)
    kept, used = suppressed(once, given)
    n_suppressed = len(once) - len(kept)
    if "DIRECTIVE" in wanted and codes is None:
        kept += _unused(given, used)
    kept.sort(key=lambda finding: (finding.spans, SEVERITIES.index(finding.severity)))
    return LintReport(document, where or document.spec.document.name, tuple(kept), n_suppressed)


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """Of the findings on the same two places, the gravest."""
    by_grade = sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))
    seen: set[tuple[tuple[int, int], ...]] = set()
    kept: list[Finding] = []
    for finding in by_grade:
        if len(finding.spans) > 1 and finding.spans in seen:
            continue
        seen.add(finding.spans)
        kept.append(finding)
    return kept


def _unused(given: Iterable[Directive], used: Collection[Directive]) -> list[Finding]:
    """Comments with known codes that suppress nothing."""
    known = lints.names()
    return [
        Finding(
            "DIRECTIVE", "info", "this comment suppresses nothing", "delete it", (one.span,)
        )
        for one in given
        if one not in used and one.codes
        and all(any(selects(code, name) for name in known) for code in one.codes)
    ]  # fmt: skip


def as_remarks(report: LintReport) -> list[dict[str, Any]]:
    """The findings as a run's manifest keeps them: with the ids of the rules, else of the section,
    that they are about."""
    return [
        {
            "kind": finding.code,
            "rules": list(_ids(report.document, finding)),
            "message": _message(report, finding),
        }
        for finding in report.findings
    ]


def _ids(document: LintDocument, finding: Finding) -> Iterator[str]:
    for span in finding.spans:
        inside = [document.rules[at].id for at in document.of_rules.touching(*span)]
        yield from inside or [document.section(span[0]).id]


def _message(report: LintReport, finding: Finding) -> str:
    quotes = (" ".join(report.document.text[slice(*span)].split()) for span in finding.spans)
    shown = " against ".join(repr(quote[:MAX_QUOTE]) for quote in quotes)
    return f"{finding.message}: {shown}; {finding.remedy}"
