"""The gate's outcome as Markdown for a pull request. Words of documents and models are data: every
character that Markdown, HTML or a forge could read is written as a reference, inside `<code>`,
where names are not mentions and addresses no links."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specloop.metrics import metric_of
from specloop.records import Figure
from specloop.report.figure_text import (
    corrected_value_text,
    difference_interval_text,
    difference_text,
    text_of,
)
from specloop.revision.gate import (
    GateReport,
    GateResult,
    GateRule,
    GateStanding,
    GateVerdict,
    by_reason,
    headline,
)
from specloop.terminal import harmless

MOST = 25
"""Most rules in a list."""
_LONGEST = 240
_PLAIN = " ,;%"
_SIGNS: dict[GateVerdict, str] = {"passed": "✅", "failed": "❌", "open": "❔"}


def quoted(text: str) -> str:
    """Foreign text as code, on one line and not too long."""
    line = " ".join(harmless(text).split())
    if len(line) > _LONGEST:
        line = line[: _LONGEST - 1] + "…"
    return f"<code>{''.join(map(_reference, line))}</code>"


def _reference(char: str) -> str:
    return char if char.isalnum() or char in _PLAIN else f"&#{ord(char)};"


def as_markdown(report: GateReport, found: Sequence[GateResult]) -> str:
    """The whole summary."""
    return "\n".join(_lines(report, found)) + "\n"


def _lines(report: GateReport, found: Sequence[GateResult]) -> Iterator[str]:
    old, new = map(quoted, report.documents)
    asked, now, both = report.n_requests
    yield f"## specloop gate: {headline(found)}"
    yield ""
    yield (
        f"{quoted(report.entrant)} on {new} against {old}: {both} requests that both runs asked, "
        f"of {asked} and {now}."
    )
    yield from _table(
        ("condition", "", "found"),
        [(quoted(r.condition), f"{_SIGNS[r.verdict]} {r.verdict}", r.found) for r in found],
    )
    yield from _table(
        ("on the rules that did not change", "before", "now", "difference", ""),
        [(metric_of(name).title, *_cells(one)) for name, one in report.totals.items()],
    )
    yield from _rules("Rules worse", report.in_state("worse"))
    yield from _rules("Rules better", report.in_state("better"))
    yield from _listed("New conflicts in the document", [quoted(c) for c in report.conflicts])
    yield from _open(report)
    yield from _changes(report)
    yield from _listed("Remarks", list(report.remarks))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        yield from ("", _row(head), _row(["---"] * len(head)))
        yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(one: GateStanding) -> tuple[str, ...]:
    how = "" if one.is_paired or one.difference is None else " (separate samples)"
    interval = difference_interval_text(one.difference)
    change = f"{difference_text(one.difference)} ({interval}){how}" if interval else ""
    if corrected := corrected_value_text(one.difference):
        change = f"{change}, {quoted(corrected)}".removeprefix(", ")
    state = f"{one.state}: {one.why}" if one.why else one.state
    return _value(one.before), _value(one.after), change, state


def _value(figure: Figure | None) -> str:
    shown, corrected = text_of(figure), corrected_value_text(figure)
    return f"{shown}, {quoted(corrected)}" if corrected else shown


def _rules(title: str, lines: Sequence[GateRule]) -> Iterator[str]:
    if lines:
        yield from ("", f"### {title}: {len(lines)}")
        rows = [(_named(line), *_cells(line.standing)[:3]) for line in lines[:MOST]]
        yield from _table(("rule", "before", "now", "difference"), rows)
        yield from _more(len(lines))


def _named(line: GateRule) -> str:
    mark = "" if line.change in ("kept", "moved") else f" ({line.change})"
    return f"{quoted(line.rule.text)}{mark}"


def _more(n: int) -> Iterator[str]:
    if n > MOST:
        yield from ("", f"and {n - MOST} more")


def _listed(title: str, entries: Sequence[str]) -> Iterator[str]:
    if entries:
        yield from ("", f"### {title}: {len(entries)}", "")
        yield from (f"- {entry}" for entry in entries[:MOST])
        yield from _more(len(entries))


def _open(report: GateReport) -> Iterator[str]:
    lines = report.in_state("open")
    if not lines:
        return
    yield from ("", f"<details><summary>Rules open: {len(lines)}</summary>", "")
    for why, own in by_reason(lines):
        yield f"- {why}: {len(own)}"
        yield from (f"  - {_named(line)}" for line in own[:MOST])
    yield from ("", "</details>")


def _changes(report: GateReport) -> Iterator[str]:
    changed = report.changed("reworded", "new", "split", "merged", "moved")
    if not (changed or report.gone):
        return
    n = len(changed) + len(report.gone)
    yield from ("", f"<details><summary>Changes of the document: {n}</summary>", "")
    for line in changed[:MOST]:
        effect = f", {line.effect}" if line.effect else ""
        was = f" (was {quoted(line.old.text)})" if line.change == "reworded" and line.old else ""
        yield f"- {line.change}{effect}: {quoted(line.rule.text)}{was}"
    yield from (f"- gone: {quoted(rule.text)}" for rule in report.gone[:MOST])
    yield from ("", "</details>")
