"""`specloop update`: a run for another version of its document. What still holds is carried over in
one step, and then the stages do what is left, as their notes say (`due`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from specloop.errors import InputError
from specloop.evaluation.answers import told_digest
from specloop.judging.guides import Guides, guides_of
from specloop.llm.roles import RoleModels
from specloop.pipeline.by_hand import check_readable, check_records
from specloop.pipeline.entrants import EntrantNames, planned_entrants
from specloop.pipeline.judge_models import grader_in
from specloop.pipeline.reading import (
    Version,
    document_of,
    instances_note,
    read_rules,
    record_edits,
    record_rubrics,
    rules_note,
)
from specloop.pipeline.rubrics import stage_rubrics
from specloop.pipeline.run import Run
from specloop.pipeline.stages import run_stage
from specloop.records import (
    Evaluation,
    GoldCase,
    Instance,
    Judgement,
    Record,
    ReviewedItem,
    Revision,
    Rubric,
    Rule,
    RuleChange,
    Section,
    SeedPrompt,
    SetAside,
    content_id,
)
from specloop.responding.wording import OURS
from specloop.revision.alignment import FOUND, align, found_again
from specloop.revision.carrying import KINDS, Before, Carried, carry
from specloop.revision.falling import Records
from specloop.revision.former import FormerRecords, restored
from specloop.revision.names import Names
from specloop.revision.rulemap import RuleMap
from specloop.runrules import current_guides, current_rubrics, current_rules, kept_text
from specloop.spec import Specification, read_spec
from specloop.spec.bounds import ended_at_once
from specloop.spec.edits import DocumentRules, in_force
from specloop.spec.party import bound
from specloop.spec.source import DOCUMENT_FILE
from specloop.store import GOLD, RunFolder
from specloop.terminal import console

VERSIONS = "documents"
"""The folder within a run of the texts of all versions of its document, by digest."""
_WORKED = ("instances", "probes", "synth", "pairs")
"""The stages whose records are carried over."""
_RUBRICS = "rubrics"
_UPDATING = "updating"
"""The entry of the manifest that says which stages an update has left to do."""

NOTHING_LEFT = "the document is as it was: nothing is left to do"


class UpdatePlan(NamedTuple):
    """What an update does."""

    version: Version
    rules: RuleMap
    carried: Carried
    kept: Mapping[str, int]
    """How many records hold, by file."""
    is_shown: bool
    """Whether the defender is shown the rules of its instance."""
    leaves: str = ""
    """What the version that is left is kept as (`_key`)."""

    @property
    def changes(self) -> tuple[RuleChange, ...]:
        """How the rules stand to those before."""
        return self.rules.changes

    @property
    def found_again(self) -> float:
        """The share of the old rules that the newer version has."""
        return found_again(self.changes)


class UpdateOptions(NamedTuple):
    """What an update may do besides."""

    anyway: bool = False
    """Whether to go on where the document does not seem to be a version of the old one."""
    back: bool = False
    """Whether to go back to an older version."""


ASKED_FOR = UpdateOptions()


async def update(run: Run, options: UpdateOptions = ASKED_FOR) -> None:
    """Carry the run over to the document of its configuration, and do what is left."""
    folder = run.folder
    record_edits(run)
    record_rubrics(run)
    is_done = not is_other(run)
    await carry_over(run, options)
    left = stages_left(folder)
    if is_done and not left:
        console.print(f"  {NOTHING_LEFT}")
    async with run.pool.keeping():
        for stage in left:
            await (_write_rubrics(run) if stage == _RUBRICS else run_stage(run, stage))
    if left:
        folder.note(**{_UPDATING: []})


async def _write_rubrics(run: Run) -> None:
    """Rubrics of rules that have none, first of all; the judgements of before are those of the
    judge of now, who is shown the same with the rules that they are about."""
    before = _judges(run, current_guides(run.folder))
    await stage_rubrics(run)
    names = Names(dict(zip(before, _judges(run, current_guides(run.folder)), strict=True)))
    judgements = run.folder.read(Judgement)
    run.folder.replace(Judgement, [names.renamed(one) for one in judgements])


async def carry_over(run: Run, options: UpdateOptions = ASKED_FOR) -> None:
    """Put the run over to the configured document, if it is another version."""
    if is_other(run):
        async with run.models("rules", "extractor", "annotator") as opened:
            plan = await plan_update(run, opened.models)
        check_plan(run, plan, options)
        apply_plan(run, plan)
        counts = plan.kept, plan.carried.n_back, plan.carried.n_aside
        kept, back, aside = (sum(each.values()) for each in counts)
        console.print(f"  carried over: {kept} records kept, {back} back, {aside} set aside")


async def plan_update(run: Run, models: RoleModels) -> UpdatePlan:
    """What would be done for the document of the configuration; nothing is written. Rules that are
    new get their labels from the models, if there are any."""
    folder = run.folder
    with ended_at_once():
        spec = read_spec(document_of(run.config.document))
    asides = folder.read(SetAside)
    was = [Rule.model_validate(one.content) for one in asides if one.file == Rule.FILE]
    known = [*was, *folder.need(Rule, "rules DOC --out")]
    rules = await read_rules(spec, models, folder.append, known)
    version = Version.of(run, spec, rules)
    with ended_at_once():
        old = current_rules(folder)
        now = bound(in_force(version.read, version.edits.kept), run.config.document.parties)
        was_read = DocumentRules(old, folder.read(Section))
        changes = align(was_read, DocumentRules(now, spec.sections))
        by_id = [{rule.id: rule for rule in each} for each in (old, now, was)]
        rule_map = RuleMap(changes, *by_id)
        records = Records({kind: folder.read(kind) for kind in KINDS})
        before = Before(
            records,
            asides,
            _digest(folder),
            frozenset(folder.manifest().get("held_out_rules", [])),
            run.config.instances,
            {one.label: one.told for one in folder.read(Evaluation)},
            _digests(run, old, now, spec),
        )
        carried = carry(before, rule_map)
        guides = guides_of(current_rubrics(folder), now, spec.sections, spec.examples)
        keys = (
            _key(run, _digest(folder), old, current_guides(folder)),
            _key(run, spec.document.digest, now, guides),
        )
        if former := _former(folder, keys[1]):
            carried = restored(carried, former, rule_map, _digest(folder))
    kept = {Rule.FILE: len(rule_map.same)} | {
        kind.FILE: len(carried.records.of(kind)) - carried.n_back.get(kind.FILE, 0)
        for kind in KINDS
        if carried.records.of(kind)
    }
    is_shown = run.config.synthesis.defender_rules
    return UpdatePlan(version, rule_map, carried, kept, is_shown, keys[0])


def check_update(run: Run, options: UpdateOptions = ASKED_FOR) -> None:
    """InputError where the run cannot be updated: it is in the middle of a stage, its records were
    changed by hand, or the document is an older version."""
    folder = run.folder
    folder.need(Rule, "rules DOC --out")
    document = document_of(run.config.document)
    stages = folder.manifest().get("stages", {})
    for name in _WORKED:
        note = stages.get(name, {"done": True})
        if not note["done"] and "due" not in note:
            raise InputError(
                f"{folder.path}: the stage {name!r} has begun and is not done; finish it with"
                f" `specloop {name} {folder.path}`, then update"
            )
    if stages_left(folder) and document.digest != _digest(folder):
        path = folder.manifest()["config"]["document"]["path"]
        raise InputError(
            f"{folder.path}: an update to {path} is not done; finish it first:"
            f" `specloop update {folder.path} {path}`; if that file has changed since, with a copy"
            f" of {folder / DOCUMENT_FILE} whose name ends in {Path(path).suffix or '.txt'}"
        )
    check_readable(folder)
    if not options.anyway:
        check_records(folder)
    older = {revision.old for revision in folder.read(Revision)} - {_digest(folder)}
    if document.digest in older and not options.back:
        raise InputError(
            f"{run.config.document.path}: an older version of the document, which this run has"
            " left behind; add --back to go back to it"
        )


def check_plan(run: Run, plan: UpdatePlan, options: UpdateOptions) -> None:
    """InputError where the document is no version of the old one, or has no rules to go on with."""
    path = run.config.document.path
    if not plan.rules.new:
        raise InputError(
            f"{path}: no rules are found in it; `specloop rules {path} --out FOLDER` says what its"
            " sentences are read as"
        )
    if plan.rules.new.keys() <= plan.carried.held_out:
        raise InputError(
            f"{path}: all rules that are left in it are held out, so nothing could be trained on;"
            " name a new run folder for it"
        )
    if plan.found_again < FOUND and not options.anyway:
        raise InputError(
            f"{path}: no version of the run's document: {plan.found_again:.0%} of its"
            f" {len(plan.rules.old)} rules are found again; add --anyway to go on all the same, or"
            " name a new run folder"
        )


def apply_plan(run: Run, plan: UpdatePlan) -> None:
    """Carry the run over: all files at once, or none. The stages find in their notes what they have
    left to do."""
    folder, carried, version = run.folder, plan.carried, plan.version
    old = _digest(folder)
    folder.write_text(f"{VERSIONS}/{old[:16]}.txt", kept_text(folder))
    left_behind = {kind: folder.read(kind) for kind in KINDS}
    held_out = folder.manifest().get("held_out_rules", [])
    part = folder.part(f"{VERSIONS}/{plan.leaves}")
    part.make()
    part.replace_all(left_behind, {}, held_out_rules=held_out)
    _name_labelled(folder.part(GOLD), carried.names)
    records: dict[type[Record], Sequence[Record]] = {
        kind: own for kind, own in carried.records.items() if own or folder.has(kind)
    }
    changed = tuple(rule for id_, rule in plan.rules.old.items() if id_ in plan.rules.changed)
    revision = Revision(
        old=old,
        new=version.document.digest,
        changes=plan.changes,
        rules=changed,
        kept=dict(plan.kept),
        back={name: n for name, n in carried.n_back.items() if n},
    )
    others = [one for one in folder.read(Revision) if one.id != revision.id]
    records |= {SetAside: carried.asides, Revision: [*others, revision]}
    stages = folder.manifest().get("stages", {})
    # Where people alone wrote rubrics, none are asked of a model.
    left = [_RUBRICS] if any(one.made_by for one in folder.read(Rubric)) else []
    left += [name for name in ("probes", "synth", "pairs") if name in stages]
    left += ["evaluate"] if folder.read(Evaluation) else []
    left += ["report"] if folder.has_file("report.html") else []
    version.put(
        run,
        records,
        **run.entries(),
        stages=stages | _notes(run, plan),
        held_out_rules=sorted(carried.held_out),
        **{_UPDATING: left},
    )


def _name_labelled(gold: RunFolder, names: Names) -> None:
    """What people labelled and decided on, under the names of now. A second time changes nothing,
    so an update that is stopped before its records are put over does it again."""
    for kind in (GoldCase, ReviewedItem):
        known = gold.read(kind)
        now = [names.told(one, place=names.within(one.place)) for one in known]
        if now != known:
            gold.replace(kind, now)


def _notes(run: Run, plan: UpdatePlan) -> dict[str, Any]:
    """What the stages note when a run has been carried over."""
    stages, records = run.folder.manifest().get("stages", {}), plan.carried.records
    rules = list(plan.rules.new.values())
    decidable = sum(rule.check is not None for rule in rules)
    note = rules_note(run, plan.version.document)
    notes = {"rules": note.as_done(rules=len(plan.version.rules), decidable=decidable)}
    if "instances" in stages:
        n, n_seeds = len(records.of(Instance)), len(records.of(SeedPrompt))
        notes["instances"] = instances_note(run, rules).as_done(instances=n, seeds=n_seeds)
    due = plan.carried.due.model_dump(mode="json")
    for name in ("probes", "synth", "pairs"):
        if name in stages:
            notes[name] = stages[name] | {"done": False, "due": due}
    return notes


def stages_left(folder: RunFolder) -> list[str]:
    """The stages that the last update has still to do."""
    return folder.manifest().get(_UPDATING, [])


def is_other(run: Run) -> bool:
    """Whether the configured document is another version than the run's."""
    return document_of(run.config.document).digest != _digest(run.folder)


def _digest(folder: RunFolder) -> str:
    return str(folder.manifest().get("document", {}).get("digest", ""))


def _key(run: Run, document: str, rules: Sequence[Rule], guides: Guides) -> str:
    """What the records of a version depend on: its rules with edits, judges, settings."""
    settings = run.config.model_dump(
        mode="json", include={"roles", "seeds", "instances", "synthesis"}
    )
    every = [rule.model_dump(mode="json") for rule in rules]
    return content_id([document, every, _judges(run, guides), settings])


def _former(folder: RunFolder, key: str) -> FormerRecords | None:
    """The run as it was for this version, if it had it."""
    path = folder / VERSIONS / key
    if not path.is_dir():
        return None
    part = folder.part(f"{VERSIONS}/{key}")
    records = Records({kind: part.read(kind) for kind in KINDS})
    return FormerRecords(records, frozenset(part.manifest().get("held_out_rules", [])))


def _digests(
    run: Run, old: Sequence[Rule], now: Sequence[Rule], spec: Specification
) -> dict[str, str]:
    """Digests of what judges and entrants are shown of the document, and those in their place."""
    guides = guides_of(current_rubrics(run.folder), now, spec.sections, spec.examples)
    was, is_ = _judges(run, current_guides(run.folder)), _judges(run, guides)
    digests = dict(zip(was, is_, strict=True))
    for planned in planned_entrants(run, EntrantNames()) if run.folder.read(Evaluation) else ():
        scorer = planned.chooser.scorer if planned.chooser else None
        told = [told_digest(planned.entrant, OURS, scorer, rules) for rules in (old, now)]
        digests |= {told[0]: told[1]} if told[0] else {}
    return digests


def _judges(run: Run, guides: Guides) -> list[str]:
    """Digests of the judges of exchanges and of the evaluation, shown these guides."""
    judges = (run.config.synthesis.judge, run.config.evaluate.judge)
    return [grader_in(run.config.roles, j, "compliance", guides).request_digest for j in judges]
