"""Stages `rules` and `instances`: a document to sections, annotated rules, examples, instances."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from specloop.checking import link_exceptions
from specloop.config import PLAIN, Document, Seeds
from specloop.errors import InputError, RunStoppedError
from specloop.files import read_text
from specloop.judging.context import conditions_of
from specloop.linting.document import LintDocument
from specloop.linting.run import as_remarks, lint
from specloop.llm.roles import RoleModel, RoleModels
from specloop.pipeline.believed import levels_of, synthesis_belief
from specloop.pipeline.run import Run, StageLog
from specloop.records import (
    ASSISTANT_ONLY,
    Authority,
    Edit,
    Example,
    Failure,
    Instance,
    Record,
    Revision,
    Rubric,
    Rule,
    Section,
    SeedPrompt,
)
from specloop.runrules import (
    RULES_FILE,
    bound_parties,
    current_rubrics,
    current_rules,
    document_rules,
    kept_text,
    read_edits,
)
from specloop.spec import READER, Specification, has_foreign_parts, read_spec, unread
from specloop.spec.accounts import as_note
from specloop.spec.bounds import collected_later, ended_at_once
from specloop.spec.clauses import read_prompts
from specloop.spec.doubts import questions
from specloop.spec.edits import DocumentRules, Edits, carry, in_force, with_added, with_check
from specloop.spec.foreign import Foreign, read_foreign
from specloop.spec.party import told, with_parties
from specloop.spec.passages import doubtful_passages
from specloop.spec.refine import merge, refine
from specloop.spec.rules_yaml import write_lost, write_rules
from specloop.spec.source import DOCUMENT_FILE, ReadAs, SourceDocument, read_document
from specloop.store import RunFolder
from specloop.synth.annotate import annotate
from specloop.synth.instances import hold_out, need_lessons, need_rules, sample_instances
from specloop.synth.seeds import (
    LEAST_TOPICS,
    plain_seeds,
    read_seeds,
    split_topics,
    topics_of,
    with_known_rules,
    write_seeds,
)
from specloop.synth.subjects import subjects_of
from specloop.terminal import console

OLD_RULES_FILE = "rules.old.yaml"
"""The file of rules as it was before the document was read again."""


def forget_older_reading(run: Run) -> None:
    """Have the document read again where an older reader read it. Edits are carried."""
    noted = run.folder.manifest().get("stages", {}).get("rules")
    if noted and noted.get("done") and noted.get("reader") != READER:
        run.folder.note_stage("rules", {**noted, "inputs": ""})


async def stage_rules(run: Run) -> None:
    """Read, refine (with an extractor), compile checks and annotate."""
    with ended_at_once():
        document = document_of(run.config.document)
        note = rules_note(run, document)
        if note.done:
            return
        _check_version(run, document)
        note.begin()
        spec = read_spec(document)
    plain = run.config.roles.extractor.model == PLAIN
    for warning in (*spec.warnings, *(unread(spec) if plain else ())):
        console.print(f"  warning: {warning}", style="yellow")
    async with run.models("rules", "extractor", "annotator") as opened:
        rules = await read_rules(spec, opened.models, run.folder.append)
    with ended_at_once(), collected_later():
        record_edits(run)
        record_rubrics(run)
        Version.of(run, spec, rules).put(run)
    n_checks = sum(rule.check is not None for rule in rules)
    note.finish(opened.meters, rules=len(rules), decidable=n_checks, reader=READER)


def _check_version(run: Run, document: SourceDocument) -> None:
    """InputError where the document is an older version that an update has left behind."""
    now = run.folder.manifest().get("document", {}).get("digest")
    if document.digest != now and document.digest in {r.old for r in run.folder.read(Revision)}:
        path, folder = run.config.document.path, run.folder.path
        raise InputError(
            f"{path}: an older version of the document, which `specloop update` has left behind:"
            " name the newer one in [document] path, or go back with"
            f" `specloop update {folder} {path} --back`"
        )
    if now and document.digest != now:
        console.print(
            "  the document has changed: `specloop update` would keep what still holds of a run"
        )


def document_of(settings: Document) -> SourceDocument:
    """The configured document; InputError where there is none or it cannot be read."""
    if not settings.path:
        raise InputError("no document: set [document] path, or run `specloop rules DOC --out RUN`")
    path = Path(settings.path)
    stat = path.stat() if path.is_file() else None
    read = _read(path, settings.format, (stat.st_mtime_ns, stat.st_size) if stat else None)
    named = sorted(settings.authorities.items())
    known: list[tuple[str, Authority]] = [(name.lower(), kind) for name, kind in named]
    return read._replace(read_as=ReadAs(settings.language, tuple(known)))


@lru_cache(maxsize=4)
def _read(path: Path, format: str, _: object) -> SourceDocument:
    """Converting a document takes long: once a command."""
    return read_document(path, format)


def rules_note(run: Run, document: SourceDocument) -> StageLog:
    """The note of the stage on a document."""
    roles = run.config.roles
    inputs: tuple[object, ...] = (document.digest, roles.extractor.model, roles.annotator.model)
    # Inputs of folders that were read before stay as they were.
    if (parties := run.config.document.parties) != ASSISTANT_ONLY:
        inputs = (*inputs, parties)
    if document.read_as != ReadAs():
        inputs = (*inputs, document.read_as)
    return StageLog(run, "rules", inputs)


def check_language(run: Run) -> None:
    """InputError where the document is in another language than English and no model reads it."""
    document = document_of(run.config.document)
    is_plain = run.config.roles.extractor.model == PLAIN
    if is_plain and not rules_note(run, document).done and has_foreign_parts(document):
        unread(read_spec(document))


async def read_rules(
    spec: Specification,
    models: RoleModels,
    record: Callable[[Sequence[Failure]], object],
    known: Sequence[Rule] = (),
) -> list[Rule]:
    """A document's rules with their checks: refined where there is an extractor, annotated.
    `record` is given each failure at once; what a model has said of `known` rules holds."""
    rules, extractor = list(spec.rules), models.get("extractor")
    if extractor is not None:
        source, blocks, parts = spec.document.text, spec.blocks, spec.parts
        asked = questions(blocks, rules, spec.account_of(rules))
        todo = doubtful_passages(source, blocks, parts, asked)
        merged = merge(rules, await refine(todo, extractor, record))
        rules = with_parties(merged, source, spec.sections)
        if foreign := spec.languages.parts:
            rules += await read_foreign(Foreign(source, blocks, parts, foreign), extractor, record)
            rules.sort(key=lambda rule: (rule.start, rule.end))
    with ended_at_once(), collected_later():
        rules = plain_rules(rules)
    return await annotate(rules, models.get("annotator"), record, known)


def plain_rules(rules: Sequence[Rule]) -> list[Rule]:
    """Rules as they were read, with the checks that their wordings stand for."""
    return link_exceptions([with_check(rule) for rule in rules])


async def stage_instances(run: Run) -> None:
    """Instances, held-out rules and seed prompts."""
    config, folder = run.config, run.folder
    rules = current_rules(run.folder)
    note = instances_note(run, rules)
    if note.done:
        return
    need_rules(rules)
    held_out = hold_out(rules, config.instances)
    beliefs = levels_of(synthesis_belief(run, rules))
    need_lessons(config, rules, held_out, beliefs, for_pairs=False)
    note.begin()
    instances = sample_instances(rules, held_out, config.instances)
    async with run.models("instances", "planner") as opened:
        seeds = await _seeds(run, rules, opened.models.get("planner"))
    read = document_rules(folder)
    if said := told(in_force(read, read_edits(folder, read).kept), bound_parties(folder)):
        console.print(f"  {said}")
    folder.replace(Instance, instances)
    folder.replace(SeedPrompt, seeds)
    folder.note(held_out_rules=sorted(held_out))
    for instance in instances:
        if instance.unmet:
            console.print(f"  instance {instance.id}: {'; '.join(instance.unmet)}")
    note.finish(opened.meters, instances=len(instances), seeds=len(seeds))


def instances_note(run: Run, rules: Sequence[Rule]) -> StageLog:
    """The note of the stage on the present rules, edits included."""
    config = run.config
    planner = config.roles.planner.model
    inputs = (config.instances, config.seeds, planner, [rule.model_dump() for rule in rules])
    return StageLog(run, "instances", inputs)


def check_instances(run: Run) -> None:
    """InputError where instances hold rules that are gone, or a split has nothing."""
    again = f"run `specloop instances {run.folder.path}` again"
    instances, known = run.folder.read(Instance), {rule.id for rule in current_rules(run.folder)}
    if any(not known.issuperset(instance.rules) for instance in instances):
        raise InputError(f"{run.folder / RULES_FILE}: rules were dropped since; {again}")
    for kind in (Instance, SeedPrompt):
        splits = {record.split for record in run.folder.read(kind)}
        if splits and (missing := {"train", "validation", "test"} - splits):
            raise InputError(f"{run.folder / kind.FILE}: no {min(missing)} split; {again}")


def record_edits(run: Run) -> None:
    """Keep what was edited by hand as records, with author, time and reason; write the file of
    rules anew where it has gone."""
    folder = run.folder
    if not folder.has(Rule):
        return
    read = document_rules(folder)
    edits = read_edits(folder, read)
    ids = {edit.id for edit in (*edits.kept, *edits.lost)}
    for edit in folder.read(Edit):
        if edit.id not in ids:
            console.print(f"  {RULES_FILE} has this edit no more: {edit.field} of {edit.wording!r}")
    _replace_edits(folder, edits)
    if not folder.has_file(RULES_FILE):
        name = str(folder.manifest().get("document", {}).get("name", ""))
        folder.write_text(RULES_FILE, _rules_file(read, edits, kept_text(folder), name))


def record_rubrics(run: Run) -> None:
    """Keep what was changed in the file of rubrics, and what the rule of each depends on now where
    that is not noted yet."""
    folder = run.folder
    if not folder.has(Rule):
        return
    rules, rubrics = current_rules(folder), current_rubrics(folder)
    texts = {rule.text for rule in rules}
    chains = conditions_of(rules, folder.read(Section)) if rubrics else {}
    noted = [
        rubric.model_copy(update={"chain": chains.get(rubric.rule_text, "")})
        if rubric.chain is None and rubric.rule_text in texts
        else rubric
        for rubric in rubrics
    ]
    if noted != folder.read(Rubric):
        folder.replace(Rubric, noted)


def keep_edits(run: Run, read: DocumentRules, edits: Edits) -> None:
    """Put other edits in the place of a run's edits, in its records and in its file of rules."""
    folder, name = run.folder, str(run.folder.manifest().get("document", {}).get("name", ""))
    # Until the new file is written, the records alone hold the edits.
    folder.set_aside(RULES_FILE, OLD_RULES_FILE)
    _replace_edits(folder, edits)
    folder.write_text(RULES_FILE, _rules_file(read, edits, kept_text(folder), name))


def check_edits(run: Run) -> None:
    """InputError where an edit of the rules cannot be understood."""
    if run.folder.has(Rule):
        read_edits(run.folder, document_rules(run.folder))


def carried_edits(run: Run, read: DocumentRules) -> Edits:
    """The run's edits, for another reading of the document. In a folder without rules, a file of
    rules is taken to be of this reading."""
    before = document_rules(run.folder) if run.folder.has(Rule) else read
    return carry(read_edits(run.folder, before), before, read)


def _rules_file(read: DocumentRules, edits: Edits, text: str, name: str) -> str:
    lost = write_lost(edits.lost, read.rules, text)
    return write_rules(with_added(read, edits.kept), read.sections, name, edits.kept, lost)


def _replace_edits(folder: RunFolder, edits: Edits) -> None:
    records = [*edits.kept, *edits.lost]
    if records != folder.read(Edit):
        folder.replace(Edit, records)


async def _seeds(run: Run, rules: Sequence[Rule], role_model: RoleModel | None) -> list[SeedPrompt]:
    settings = run.config.seeds
    if settings.path:
        seeds, unknown = with_known_rules(given_seeds(settings, rules), rules)
        if unknown:
            console.print(
                f"  warning: {settings.path}: no rule of the document is called"
                f" {unknown[0]!r}{f' ({len(unknown)} such names)' if len(unknown) > 1 else ''}; its"
                " requests are used without it",
                style="yellow",
            )
        return seeds
    subjects = subjects_of(rules, run.folder.read(Section))
    topics = topics_of(subjects, rules, settings.n_topics)
    if role_model is None:
        written = plain_seeds(topics, subjects, settings)
    else:
        written = await write_seeds(topics, rules, settings, role_model, run.folder.append)
    written.sort(key=lambda seed: seed.topic)
    _check_topics(run, written)
    if role_model is None:
        console.print(
            "  seed prompts are plain templates: give a file or a planner for better ones"
        )
    return split_topics(written, settings)


def given_seeds(settings: Seeds, rules: Sequence[Rule] = ()) -> list[SeedPrompt]:
    """The seed prompts of the configured file; or of a folder of prompts of a document's clauses,
    the requests that stand alone, with the headings of their sections as topics and the rules of
    their clauses."""
    path = Path(settings.path)
    if not path.is_dir():
        return read_seeds(path, settings)
    seeds = [
        SeedPrompt(
            topic=prompt.heading or prompt.mark,
            text=prompt.conversation[0].content,
            rules=tuple(rule.text for rule in rules if prompt.mark in rule.marks),
        )
        for prompt in read_prompts(path)
        if len(prompt.conversation) == 1
    ]
    if len({seed.topic for seed in seeds}) < LEAST_TOPICS:
        raise InputError(
            f"{path}: prompts of one turn are needed from {LEAST_TOPICS} sections at least: those"
            " of a section go to one split"
        )
    return split_topics(list(dict.fromkeys(seeds)), settings)


def _check_topics(run: Run, written: Sequence[SeedPrompt]) -> None:
    """RunStoppedError where the planner's replies leave fewer topics than there are splits."""
    n_topics = len({seed.topic for seed in written})
    failed = [failure for failure in run.folder.failures if failure.stage == "instances"]
    if n_topics >= LEAST_TOPICS or not failed:
        return
    raise RunStoppedError(
        f"seed prompts: the planner has written them for {n_topics} topics, and {LEAST_TOPICS} are "
        f"needed, one for each split; {len(failed)} failed, the first ({failed[0].item}): "
        f"{failed[0].reason}. Another seeds.seed asks anew; so does another planner, and a file of "
        "seed prompts (seeds.path) needs none"
    )


class Version(NamedTuple):
    """A version of the document as it was read, with the edits that it carries."""

    document: SourceDocument
    spec: Specification
    rules: Sequence[Rule]
    edits: Edits

    @classmethod
    def of(cls, run: Run, spec: Specification, rules: Sequence[Rule]) -> Version:
        """With the run's edits."""
        read = DocumentRules(rules, spec.sections)
        return cls(spec.document, spec, rules, carried_edits(run, read))

    @property
    def read(self) -> DocumentRules:
        """What was read out of it."""
        return DocumentRules(self.rules, self.spec.sections)

    def put(
        self, run: Run, records: Mapping[type[Record], Iterable[Record]] | None = None, **notes: Any
    ) -> None:
        """Put it in the place of the version that the folder holds, with further records and
        notes, all at once."""
        document, spec, edits = self.document, self.spec, self.edits
        parties = run.config.document.parties
        facts = {"name": document.name, "format": document.format, "digest": document.digest}
        own: dict[type[Record], Iterable[Record]] = {
            Section: spec.sections,
            Rule: self.rules,
            Example: spec.examples,
            Edit: (*edits.kept, *edits.lost),
        }
        texts = {
            DOCUMENT_FILE: document.text,
            RULES_FILE: _rules_file(self.read, edits, document.text, document.name),
        }
        if run.folder.has_file(RULES_FILE):
            texts[OLD_RULES_FILE] = read_text(run.folder / RULES_FILE)
        run.folder.replace_all(
            {**own, **(records or {})},
            texts,
            document=facts | ({} if parties == ASSISTANT_ONLY else {"parties": parties}),
            findings=as_remarks(lint(LintDocument(spec, self.rules))),
            account=as_note(spec.account_of(self.rules), document.text),
            **notes,
        )
        for edit in edits.settled:
            said = f"{edit.field} of {edit.wording!r}"
            console.print(f"  the document says now what was edited: {said}")
        if edits.lost:
            where = f"{run.folder / RULES_FILE} lists them at its end"
            console.print(f"  warning: edits lost: {len(edits.lost)}; {where}", style="yellow")
