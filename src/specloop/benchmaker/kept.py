"""Rows of an earlier benchmark that still hold after a revision of the document, and those that do
not.

A row holds as long as its spec says the same and its rules are the same. It keeps its id, and with
it its answers and verdicts, while its spec keeps its number: so new specs take the numbers of those
that are gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from specloop.benchmaker.leaks import Known
from specloop.benchmaker.rows import BuiltRow
from specloop.benchmaker.scene import Scene
from specloop.benchmaker.specs import ChosenSpecs, RuleSpec
from specloop.benchmaker.text import normal
from specloop.config import Benchmaker
from specloop.records import CATEGORIES, Case, Scenario, ScenarioRow


class EarlierRow(NamedTuple):
    """A row as it was built."""

    case: Case
    built: BuiltRow
    spec: str
    """The text of its spec."""
    rules: tuple[str, ...]
    """What its rules are now; empty where one of them is not the same any more."""
    why: str = ""
    """Why it does not hold."""


class Earlier(NamedTuple):
    """The benchmark that is there, and rows that were set aside before."""

    scenario: Scenario
    rows: Sequence[EarlierRow] = ()
    aside: Sequence[EarlierRow] = ()

    @property
    def scene(self) -> Scene:
        """Its names and its task, which stay."""
        return Scene(self.scenario.key, self.scenario.name, self.scenario.description)


class KeptRows(NamedTuple):
    """What becomes of the earlier rows."""

    unsafe: Sequence[EarlierRow] = ()
    safe: Sequence[EarlierRow] = ()
    dropped: Sequence[tuple[EarlierRow, str]] = ()
    """With the reason."""
    specs: frozenset[str] = frozenset()
    """Texts of the specs that had rows or drafts before: no more are written for them."""

    @property
    def texts(self) -> frozenset[str]:
        """What they ask, in a normal form."""
        every = (*self.unsafe, *self.safe)
        return frozenset(
            normal(text) for row in every for text in (row.case.query, row.case.request)
        )

    def missing(self, settings: Benchmaker) -> Benchmaker:
        """The settings with the numbers of rows that are still to be made."""
        numbers = {
            "n_unsafe": max(0, settings.n_unsafe - len(self.unsafe)),
            "n_safe": max(0, settings.n_safe - len(self.safe)),
        }
        return settings.model_copy(update=numbers)


NOTHING_KEPT = KeptRows()


def renumbered(chosen: ChosenSpecs, earlier: Scenario) -> ChosenSpecs:
    """The specs with the numbers that they had; new ones take those that are free."""
    specs: list[RuleSpec] = []
    for category in CATEGORIES:
        own = [spec for spec in chosen.specs if spec.category == category]
        before = {text: n for n, text in enumerate(getattr(earlier.specs, category), 1)}
        placed = {before[s.text]: s for s in own if before.get(s.text, len(own) + 1) <= len(own)}
        others = iter(spec for spec in own if spec not in placed.values())
        for number in range(1, len(own) + 1):
            specs.append((placed.get(number) or next(others))._replace(number=number))
    return chosen._replace(specs=tuple(specs))


def keep(earlier: Earlier, chosen: ChosenSpecs, settings: Benchmaker, known: Known) -> KeptRows:
    """Which rows stay, under the specs as they are now, and why others do not."""
    specs = {(spec.category, spec.text): spec for spec in chosen.specs}
    kept: Mapping[str, list[EarlierRow]] = {"unsafe": [], "safe": []}
    most = {"unsafe": settings.n_unsafe, "safe": settings.n_safe}
    dropped: list[tuple[EarlierRow, str]] = []
    for row in (*earlier.rows, *earlier.aside):
        spec = specs.get((row.built.category, row.spec))
        reason = row.why or _why_not(row, spec, known)
        if not reason and len(kept[row.case.label]) >= most[row.case.label]:
            reason = "more rows than are asked for"
        if reason or spec is None:
            dropped.append((row, reason))
        else:
            kept[row.case.label].append(_under(row, spec))
    before = {text for _, _, text, *_ in earlier.scenario.specs.listed()}
    changed = {row.spec for row in earlier.rows if row.why}
    return KeptRows(kept["unsafe"], kept["safe"], dropped, frozenset(before - changed))


def _why_not(row: EarlierRow, spec: RuleSpec | None, known: Known) -> str:
    if spec is None or set(spec.rules) != set(row.rules):
        return "its rule is no spec of the benchmark any more"
    near = (known.nearest(text) for text in (row.case.query, row.case.request))
    return next((f"is training data by now: {one.source}" for one in near if one.same), "")


def _under(row: EarlierRow, spec: RuleSpec) -> EarlierRow:
    """The row under its spec's number; with the same number it is the same row."""
    plain = ScenarioRow.of(row.case).model_copy(update={"source": spec.label})
    case = plain.as_case(row.case.scenario, row.case.number)
    update = {"id": "", "row": case.id, "rules": spec.rules, "number": spec.number}
    return row._replace(case=case, built=BuiltRow.model_validate(row.built.model_dump() | update))


def placed(rows: Iterable[tuple[Case, BuiltRow]]) -> Iterator[tuple[Case, BuiltRow]]:
    """The rows with their places in the file."""
    for number, (case, built) in enumerate(rows):
        yield case.model_copy(update={"number": number}), built
