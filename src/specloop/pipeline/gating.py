"""Compare the evaluations of two runs, whose documents are two versions of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from specloop.config import Evaluate
from specloop.errors import InputError, did_you_mean
from specloop.evaluation.general import general_under
from specloop.records import Evaluation, Rule, RuleChange
from specloop.report.across import Links, RunSide, across
from specloop.report.comparison import contrast_of
from specloop.report.data import FindingNote, ReportData, load_report_data
from specloop.revision.alignment import align
from specloop.revision.gate import GateReport, GateRule, GateStanding
from specloop.spec.edits import DocumentRules
from specloop.store import RunFolder

_LEAST_FOUND = 0.5
"""A document with a smaller share of its rules found again is hardly a version of the other."""


def compare_runs(path: Path, against: Path, entrant: str = "") -> GateReport:
    """What the evaluations of an entrant in two runs say: the one named, else what was trained,
    else the base. InputError where a run lacks it."""
    if path.resolve() == against.resolve():
        raise InputError(f"{path}: the same run twice; --against names the run before the revision")
    folders = RunFolder(against), RunFolder(path)
    old, new = map(load_report_data, folders)
    label = entrant or _usual(new, path)
    sides = [_side(folder, data, label) for folder, data in zip(folders, (old, new), strict=True)]
    changes = align(DocumentRules(old.rules, old.sections), DocumentRules(new.rules, new.sections))
    links = _links(changes)
    found = across(sides[1], sides[0], links)
    known = {rule.id: rule for rule in old.rules}
    lines = tuple(_lines(changes, known, {rule.id: rule for rule in new.rules}, found.rules))
    return GateReport(
        entrant=label,
        documents=(old.title, new.title),
        rules=lines,
        gone=tuple(known[one] for c in changes if c.kind == "gone" for one in c.old),
        totals=found.totals,
        conflicts=tuple(_new_conflicts(new, old, links)),
        n_requests=found.n_requests,
        remarks=tuple(_remarks(old, new, changes, found.n_requests)),
    )


def _usual(data: ReportData, where: Path) -> str:
    contrast = contrast_of(data)
    chosen = contrast.after or contrast.before or next(iter(contrast.shown), None)
    if chosen is None:
        raise InputError(f"{where}: nobody has been evaluated yet; run `specloop eval {where}`")
    return chosen.label


def _side(folder: RunFolder, data: ReportData, label: str) -> RunSide:
    shown = {one.label: one for one in contrast_of(data).shown}
    if label not in shown:
        labels = ", ".join(shown) or "nobody yet"
        raise InputError(
            f"{folder.path}: {label!r} has not been evaluated there.{did_you_mean(label, shown)} "
            f"Evaluated: {labels}; `specloop eval {folder.path} --model {label}` does it, "
            "or name another with --entrant"
        )
    evaluation: Evaluation = shown[label]
    general = general_under(folder, evaluation.model)
    return RunSide(str(folder.path), data, evaluation, general)


def _links(changes: Sequence[RuleChange]) -> Links:
    one_to_one = [c for c in changes if len(c.old) == len(c.new) == 1]
    return Links(
        {c.old[0]: c.new[0] for c in one_to_one},
        frozenset(c.new[0] for c in one_to_one if c.is_same),
    )


def _lines(
    changes: Sequence[RuleChange],
    old: Mapping[str, Rule],
    new: Mapping[str, Rule],
    standings: Mapping[str, GateStanding],
) -> Iterator[GateRule]:
    for change in changes:
        before = old[change.old[0]] if len(change.old) == len(change.new) == 1 else None
        for rule in change.new:
            yield GateRule(new[rule], change.kind, before, standings[rule], change.effect)


def _new_conflicts(new: ReportData, old: ReportData, links: Links) -> Iterator[str]:
    """Conflicts that the older document had not, between whichever rules these are now."""
    before = list(filter(_is_conflict, old.manifest.findings))
    known = {
        (one.kind, frozenset(links.rules.get(rule, rule) for rule in one.rules)) for one in before
    }
    messages = {one.message for one in before}
    for one in filter(_is_conflict, new.manifest.findings):
        if (one.kind, frozenset(one.rules)) not in known and one.message not in messages:
            yield f"{one.kind}: {one.message}"


def _is_conflict(finding: FindingNote) -> bool:
    return finding.kind.upper().startswith("CONFLICT")


def _remarks(
    old: ReportData,
    new: ReportData,
    changes: Sequence[RuleChange],
    n_requests: tuple[int, int, int],
) -> Iterator[str]:
    """What to know before the figures are read."""
    digests = [data.manifest.document.digest for data in (old, new)]
    if digests[0] != digests[1] and digests[1] in {one.old for one in old.revisions}:
        yield "--against names the run of the newer document: the two may be swapped"
    n_found = sum(len(c.old) for c in changes if c.new)
    if n_found < _LEAST_FOUND * len(old.rules):
        yield (
            f"only {n_found} of the {len(old.rules)} older rules were found again: the newer "
            "document is hardly a version of the older one"
        )
    if not n_requests[2]:
        yield "the two runs asked no request in common: figures are compared as separate samples"
    settings = [data.manifest.config.get("evaluate", {}) for data in (old, new)]
    differing = [
        name
        for name in Evaluate.model_fields.keys() - {"baselines", "methods"}
        if settings[0].get(name) != settings[1].get(name)
    ]
    if differing:
        yield f"the runs were evaluated with other settings: {', '.join(sorted(differing))}"
    judges = [data.manifest.config.get("roles", {}).get("compliance") for data in (old, new)]
    if judges[0] != judges[1]:
        yield "the runs have other compliance judges: what judges say is not compared"
