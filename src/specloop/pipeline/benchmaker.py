"""A benchmark of SpecBench's form from the run's document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from specloop.benchmaker import (
    BenchMaterial,
    BuildModels,
    Built,
    BuiltRow,
    Known,
    build_benchmark,
    embedding,
    training_texts,
)
from specloop.benchmaker.scene import check_key
from specloop.config import Config
from specloop.errors import InputError
from specloop.linting.vagueness import untestable, vague_word
from specloop.llm.calls.ledger import Meter
from specloop.pipeline.kept_rows import BuiltBefore, folder_of, note_origin
from specloop.pipeline.preflight import ROLES, check_rules, preflight
from specloop.pipeline.reading import record_edits, stage_rules
from specloop.pipeline.run import Run, StageLog
from specloop.records import Case, PreferencePair, Rule, Section, SeedPrompt
from specloop.runrules import current_rules
from specloop.specbench.load import read_scenario, write_scenario
from specloop.store import RunFolder


async def stage_build(run: Run) -> Built:
    """Read the document where that is not done yet, and build; prompts that are close to training
    data of the run, or of the runs it is told to compare with, are left out."""
    note, built, meters, material, before = await build(run)
    folder, key = run.folder, built.scenario.key
    folder.append(built.failures)
    folder.replace(BuiltRow, built.rows)
    write_scenario(folder_of(folder, key), built.scenario)
    read_scenario(folder_of(folder, key))  # What is built must pass the checks of all data.
    if before is not None:
        before.set_aside(built, str(folder.manifest().get("document", {}).get("digest", "")))
    note_origin(folder, key, run.config.bench, material)
    note.finish(
        meters,
        scenario=key,
        counts=built.counts.model_dump(),
        leaks=built.leaks.model_dump(),
    )
    return built


class _Building(NamedTuple):
    """What came of building, before it is kept."""

    note: StageLog
    built: Built
    meters: dict[str, Meter]
    material: BenchMaterial
    before: BuiltBefore | None


async def build(run: Run) -> _Building:
    """All of it but keeping what was built."""
    settings, folder = run.config.bench, run.folder
    known = read_known(folder, _others(run.config))
    before = BuiltBefore.of(folder, settings)
    await stage_rules(run)
    record_edits(run)
    rules, sections = current_rules(run.folder), folder.read(Section)
    name = str(folder.manifest().get("document", {}).get("name", "document"))
    material = BenchMaterial(name, sections, rules, _untestable(rules))
    if before is not None:
        material = material._replace(earlier=before.beside(material))
    note = StageLog(run, "bench", [settings, *(rule.model_dump() for rule in rules)])
    note.begin()
    async with run.models("bench", *ROLES["bench"]) as opened:
        roles = opened.models
        models = BuildModels.of(*map(roles.get, ROLES["bench"]))
        # A rehearsal has no use for the model of sentences: texts of its own differ all the same.
        embed = embedding("hashed" if run.is_rehearsal else settings.embedding)
        built = await build_benchmark(material, settings, models, embed, known)
        return _Building(note, built, opened.meters, material, before)


def check_build(run: Run) -> None:
    """InputError where something is missing that building will need: models, the document, run
    folders to compare with."""
    settings = run.config.bench
    stages = ["rules", "bench"]
    also = (
        lambda: check_rules(run, stages),
        lambda: other_texts(_others(run.config)),
        lambda: embedding(settings.embedding),
        lambda: check_key(settings.key or "scenario"),
    )
    preflight(run, stages, also)


def read_known(folder: RunFolder, others: Iterable[RunFolder] = ()) -> Known:
    """The prompts of a run folder's training data and of others'; InputError as `other_texts`."""
    return Known([*_texts(folder), *other_texts(others)])


def other_texts(folders: Iterable[RunFolder]) -> list[tuple[str, str]]:
    """The prompts of other run folders' training data, with their source; InputError where a folder
    has none."""
    texts: list[tuple[str, str]] = []
    for folder in folders:
        own = [(text, f"{source} of {folder.path}") for text, source in _texts(folder)]
        if not own:
            raise InputError(
                f"{folder.path}: no seeds, probes or pairs to compare with; name the run folder "
                "that the training data were made in, once they are"
            )
        texts += own
    return texts


def _texts(folder: RunFolder) -> Iterator[tuple[str, str]]:
    kinds = (SeedPrompt, Case, PreferencePair)
    return training_texts(record for kind in kinds for record in folder.read(kind))


def _others(config: Config) -> list[RunFolder]:
    folders = [RunFolder(path) for path in config.bench.against]
    for folder in folders:
        folder.manifest()  # A folder of another form is refused before it looks empty.
    return folders


def scenario_folder(run: Run, built: Built) -> Path:
    """Where the scenario's three files lie."""
    return folder_of(run.folder, built.scenario.key)


def _untestable(rules: list[Rule]) -> frozenset[str]:
    """Rules that nobody could judge an answer by."""
    return frozenset(
        rule.id
        for rule in rules
        if rule.check is None and (vague_word(rule.text) or untestable(rule.text))
    )
