"""What a folder has of a benchmark that was built from an earlier version of its document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from specloop.benchmaker import BenchMaterial, Built, BuiltRow, Earlier, EarlierRow
from specloop.config import Benchmaker
from specloop.records import (
    Case,
    MadeBy,
    Rule,
    RuleChange,
    Scenario,
    ScenarioRow,
    Section,
    SetAside,
)
from specloop.revision.alignment import align
from specloop.spec.edits import DocumentRules
from specloop.specbench.load import PROMPTS, read_scenario
from specloop.store import RunFolder

FOLDER = "bench"
"""Where benchmarks built from the document lie in its run folder, one folder a scenario."""
_BY_HAND = MadeBy(model="by hand")
_NOTED = "built_with"


class BuiltBefore(NamedTuple):
    """A benchmark as it lies in the run folder, with the rules that it was built from."""

    folder: RunFolder
    scenario: Scenario
    built: Mapping[str, BuiltRow]
    """By row."""

    @classmethod
    def of(cls, folder: RunFolder, settings: Benchmaker) -> BuiltBefore | None:
        """The benchmark that the run's rows are of; None where there is none, it was built with
        other settings, or nothing says from which rules."""
        built = {row.row: row for row in folder.read(BuiltRow)}
        for path in sorted((folder / FOLDER).glob(f"{settings.key or '*'}/{PROMPTS}")):
            part = folder.part(f"{FOLDER}/{path.parent.name}")
            if part.manifest().get(_NOTED) == _deciding(settings) and part.has(Rule):
                scenario = read_scenario(part.path)
                if any(case.id in built for case in scenario.rows):
                    return cls(part, scenario, built)
        return None

    def beside(self, material: BenchMaterial) -> Earlier:
        """Its rows, with what their rules have become, and those set aside before."""
        read = DocumentRules(self.folder.read(Rule), self.folder.read(Section))
        now = DocumentRules(material.rules, material.sections)
        changes = {old: c for c in align(read, now) for old in c.old}
        spec_rules = {(row.category, row.number): row.rules for row in self.built.values()}
        rows = [
            _row(self.scenario, case, self.built.get(case.id), changes, spec_rules)
            for case in self.scenario.rows
        ]
        return Earlier(self.scenario, rows, list(_aside(self.folder, material.rules)))

    def set_aside(self, built: Built, document: str) -> None:
        """Keep the rows that were dropped, with the reason, and leave those out that are back."""
        rules = {rule.id: rule for rule in self.folder.read(Rule)}
        asides = self.folder.read(SetAside)
        known = {one.content["row"]["adversarial_prompt"]: one for one in asides}
        dropped = built.kept.dropped
        new = [
            _as_aside(row, why, rules, document)
            for row, why in dropped
            if row.case.request not in known
        ]
        there = {row.case.request for row, _ in dropped}
        kept = [one for text, one in known.items() if text in there]
        self.folder.replace(SetAside, [*kept, *new])


def _deciding(settings: Benchmaker) -> dict[str, Any]:
    """The settings that decide which rows are made."""
    return settings.model_dump(mode="json", exclude={"max_failures", "against", "max_specs", "key"})


def note_origin(folder: RunFolder, key: str, settings: Benchmaker, material: BenchMaterial) -> None:
    """Keep what a benchmark was built from beside it."""
    part = folder.part(f"{FOLDER}/{key}")
    part.replace(Rule, material.rules)
    part.replace(Section, material.sections)
    part.note(**{_NOTED: _deciding(settings)})


def _row(
    scenario: Scenario,
    case: Case,
    built: BuiltRow | None,
    changes: Mapping[str, RuleChange],
    spec_rules: Mapping[tuple[str, int], tuple[str, ...]],
) -> EarlierRow:
    specs = {(spec.category, spec.number): spec.text for spec in scenario.specs.listed()}
    built = built or _by_hand(case, spec_rules)
    found = [changes.get(rule) for rule in built.rules]
    text = specs.get((built.category, built.number), "")
    changed = [change for change in found if change is None or not change.is_same]
    if changed or not found:
        return EarlierRow(case, built, text, (), _reason(changed[0] if changed else None))
    return EarlierRow(case, built, text, tuple(c.new[0] for c in found if c))


def _by_hand(case: Case, spec_rules: Mapping[tuple[str, int], tuple[str, ...]]) -> BuiltRow:
    """Of a row that a person changed or added: its source says which spec it is for."""
    category, _, number = case.source.rpartition(" ")
    key = (category, int(number) if number.isdigit() else 0)
    return BuiltRow(
        row=case.id,
        rules=spec_rules.get(key, ()),
        category="safety" if category == "safety" else "behavioral",
        number=key[1],
        side=case.side,
        intent="",
        intended_by=_BY_HAND,
        written_by=_BY_HAND,
    )


def _reason(change: RuleChange | None) -> str:
    if change is None:
        return "no rule is known that it is for"
    differs = f" in {', '.join(change.differs)}" if change.differs else ""
    what = "is gone" if change.kind == "gone" else f"was changed ({change.kind}{differs})"
    return f"its rule {what}"


def _as_aside(row: EarlierRow, why: str, rules: Mapping[str, Rule], document: str) -> SetAside:
    return SetAside(
        file=PROMPTS,
        content={
            "row": ScenarioRow.of(row.case).model_dump(mode="json"),
            "built": row.built.model_dump(mode="json"),
            "spec": row.spec,
            "rules": [
                rules[rule].model_dump(mode="json") for rule in row.built.rules if rule in rules
            ],
        },
        reason=why,
        rules=row.built.rules,
        document=document,
    )


def _aside(folder: RunFolder, rules: Sequence[Rule]) -> Iterator[EarlierRow]:
    """Rows that were set aside, with their rules where the document has them again."""
    now = {_demand(rule): rule.id for rule in rules}
    for one in folder.read(SetAside):
        built = BuiltRow.model_validate(one.content["built"])
        row = ScenarioRow.model_validate(one.content["row"])
        case = row.as_case(folder.path.name, 0)
        were = [_demand(Rule.model_validate(rule)) for rule in one.content["rules"]]
        back = tuple(now[rule] for rule in were if rule in now)
        is_back = len(back) == len(built.rules)
        yield EarlierRow(
            case, built, one.content["spec"], back if is_back else (), "" if is_back else one.reason
        )


def _demand(rule: Rule) -> tuple[object, ...]:
    """What makes a rule the same demand."""
    return rule.text, rule.scope, rule.authority, rule.type, str(rule.check)


def folder_of(folder: RunFolder, key: str) -> Path:
    """Where a scenario's three files lie."""
    path = folder / FOLDER / key
    path.mkdir(parents=True, exist_ok=True)
    return path
