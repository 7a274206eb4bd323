"""The data of a report: the records of one run folder and its manifest, read once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from specloop.calibration.belief import USUAL, Threshold
from specloop.config.calibration import Calibrate
from specloop.errors import InputError
from specloop.jsontext import first_fault
from specloop.judging.likeness import JudgeId
from specloop.judging.second_look import Looked, is_second_look
from specloop.records import (
    Answer,
    Case,
    Certificate,
    Cost,
    Evaluation,
    Exchange,
    Failure,
    GoldCase,
    GoldLabel,
    Instance,
    JudgeBelief,
    Judgement,
    PreferencePair,
    QualityScore,
    Revision,
    RevisionFigure,
    Rule,
    Section,
    SetAside,
    SetScore,
    TrainingRun,
    Verdict,
    verdicts_of,
)
from specloop.report.bench_data import BenchVersions, bench_versions
from specloop.revision.lineage import trained_models
from specloop.runrules import current_rules, document_rules, kept_text, read_edits
from specloop.spec.edits import Edits
from specloop.store import BENCHMARKS, GOLD, RunFolder

TRAINING_DATA = "training data"


class _Note(BaseModel):
    """A part of the manifest. Later versions may write more into it than is read here."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class DocumentNote(_Note):
    """The origin of the source."""

    name: str = ""
    format: str = ""
    digest: str = ""


class StageNote(_Note):
    """The time of a stage and the cost of each role's calls."""

    seconds: float | None = None
    done: bool = True
    cost: dict[str, Cost] = Field(default_factory=dict)
    belief: JudgeBelief | None = None
    """How far the judge of the training data is believed."""


class FindingNote(_Note):
    """One remark of the document lint; `rules` are ids of rules, or of a section."""

    kind: str
    rules: tuple[str, ...] = ()
    message: str


class ShareNote(_Note):
    """How much of the document is of one kind."""

    sentences: int = 0
    characters: int = 0


class PlaceNote(_Note):
    """A sentence that seems to oblige somebody and became no rule, with its place from 1."""

    line: int
    column: int
    text: str


class AccountNote(_Note):
    """What was made of the document's sentences, and those that may have been overlooked."""

    shares: dict[str, ShareNote] = Field(default_factory=dict)
    unread: tuple[PlaceNote, ...] = ()

    @property
    def characters(self) -> int:
        """How much of the document is accounted for."""
        return sum(share.characters for share in self.shares.values())


class Manifest(_Note):
    """The parts of `manifest.json` that the page shows by name; `raw` is all of it as JSON."""

    document: DocumentNote = DocumentNote()
    stages: dict[str, StageNote] = Field(default_factory=dict)
    findings: tuple[FindingNote, ...] = ()
    account: AccountNote = AccountNote()
    config: dict[str, Any] = Field(default_factory=dict)
    versions: dict[str, Any] = Field(default_factory=dict)
    prompts: dict[str, str] = Field(default_factory=dict)
    held_out_rules: tuple[str, ...] = ()
    records: dict[str, int] = Field(default_factory=dict)
    raw: str = "{}"

    @classmethod
    def of(cls, content: Mapping[str, Any], where: str = "manifest") -> Manifest:
        """Read a manifest's content; InputError names the entry that is not as expected."""
        raw = json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True)
        try:
            return cls.model_validate({**content, "raw": raw})
        except ValidationError as error:
            raise InputError(
                f"{where}: {first_fault(error)}; repair the entry or run its stage again"
            ) from None

    @property
    def confidence(self) -> float:
        """The confidence level of the intervals from the configuration; 0.95 if it has none."""
        level = self.config.get("evaluate", {}).get("confidence", 0.95)
        return float(level)


class JudgeUse(NamedTuple):
    """A model's verdicts in one part of the run."""

    id: JudgeId
    label: str
    """What verdicts call it."""
    stage: str
    """`evaluation` or `training data`."""
    n: int


class GoldRecords(NamedTuple):
    """The labelled answers of a run, and the verdicts of the judges that were measured on them."""

    cases: tuple[GoldCase, ...] = ()
    labels: tuple[GoldLabel, ...] = ()
    judgements: tuple[Judgement, ...] = ()


@dataclass(frozen=True)
class ReportData:
    """Everything the page shows. The tuple of a stage that has not run is empty."""

    document: str = ""
    sections: tuple[Section, ...] = ()
    rules: tuple[Rule, ...] = ()
    """The rules in force."""
    given: tuple[Rule, ...] = ()
    """The rules as read from the document."""
    edits: Edits = field(default_factory=Edits)
    instances: tuple[Instance, ...] = ()
    probes: tuple[Case, ...] = ()
    answers: tuple[Answer, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    qualities: tuple[QualityScore, ...] = ()
    pairs: tuple[PreferencePair, ...] = ()
    trainings: tuple[TrainingRun, ...] = ()
    revisions: tuple[Revision, ...] = ()
    revision_figures: tuple[RevisionFigure, ...] = ()
    """What the models have come to since the last one, in three parts."""
    asides: tuple[SetAside, ...] = ()
    """What fell out of the run by its revisions."""
    evaluations: tuple[Evaluation, ...] = ()
    benchmarks: tuple[tuple[Evaluation, ...], ...] = ()
    """The evaluations on each other benchmark."""
    versions: tuple[BenchVersions, ...] = ()
    """Benchmarks that were built again after a revision."""
    certificates: tuple[Certificate, ...] = ()
    set_scores: tuple[SetScore, ...] = ()
    """How well judges found exact sets of broken rules."""
    gold: GoldRecords = field(default_factory=GoldRecords)
    judges: tuple[JudgeUse, ...] = ()
    """The models that gave verdicts in this run, and where."""
    looked: tuple[tuple[str, Looked], ...] = ()
    """What second looks at violations have found, by the part of the run."""
    failures: tuple[Failure, ...] = ()
    manifest: Manifest = field(default_factory=Manifest)
    name: str = "run"
    """The run folder's own name."""

    @property
    def title(self) -> str:
        """The page's title: the document's name, or else the run folder's."""
        return self.manifest.document.name or self.name

    @property
    def training_belief(self) -> JudgeBelief | None:
        """How far the judge of the training data was believed as pairs were made; None if that is
        not noted."""
        stages = self.manifest.stages
        notes = (stages[name].belief for name in ("pairs", "synth") if name in stages)
        return next(filter(None, notes), None)

    @property
    def bar(self) -> Threshold:
        """What certifies a judge in this run; the usual bar if the manifest cannot be read."""
        try:
            settings = Calibrate.model_validate(self.manifest.config.get("calibrate", {}))
        except ValidationError:
            return USUAL
        return Threshold(settings.sensitivity, settings.specificity)

    @property
    def trained(self) -> dict[str, TrainingRun]:
        """The trainings by what tables call the model that each made."""
        return trained_models(self.trainings, self.revisions, self.manifest.document.digest)

    @property
    def held_out(self) -> frozenset[str]:
        """Ids of the rules that never appeared in training instances."""
        return frozenset(self.manifest.held_out_rules)


def load_report_data(run: RunFolder) -> ReportData:
    """Read a run folder, whichever stages it has; InputError if it has no document, no rule and no
    judge that was measured."""
    document = kept_text(run)
    read = document_rules(run)
    certificates, set_scores = tuple(run.read(Certificate)), tuple(run.read(SetScore))
    if not (document or read.rules or certificates or set_scores):
        raise InputError(
            f"{run.path}: nothing to report on; begin with `specloop rules DOC --out {run.path}`"
        )
    answers, judgements, gold = run.read(Answer), run.read(Judgement), run.part(GOLD)
    return ReportData(
        document=document,
        sections=tuple(read.sections),
        rules=tuple(current_rules(run)) if read.rules else (),
        given=tuple(read.rules),
        edits=read_edits(run, read) if read.rules else Edits(),
        instances=tuple(run.read(Instance)),
        probes=tuple(case for case in run.read(Case) if case.is_probe),
        answers=tuple(answers),
        exchanges=tuple(run.read(Exchange)),
        verdicts=tuple(verdicts_of(judgements)),
        qualities=tuple(run.read(QualityScore)),
        pairs=tuple(run.read(PreferencePair)),
        trainings=tuple(run.read(TrainingRun)),
        revisions=tuple(run.read(Revision)),
        asides=tuple(run.read(SetAside)),
        revision_figures=tuple(run.read(RevisionFigure)),
        evaluations=tuple(run.read(Evaluation)),
        benchmarks=tuple(
            tuple(RunFolder(part).read(Evaluation))
            for part in sorted((run / BENCHMARKS).glob("*"))
            if part.is_dir()
        ),
        versions=tuple(bench_versions(run)),
        certificates=certificates,
        set_scores=set_scores,
        gold=GoldRecords(
            tuple(gold.read(GoldCase)), tuple(gold.read(GoldLabel)), tuple(gold.read(Judgement))
        ),
        judges=judge_uses(answers, judgements),
        looked=second_looks(answers, judgements),
        failures=tuple(run.read(Failure)),
        manifest=Manifest.of(run.manifest(), str(run / "manifest.json")),
        name=run.path.resolve().name,
    )


def judge_uses(answers: Iterable[Answer], judgements: Iterable[Judgement]) -> tuple[JudgeUse, ...]:
    """Which models judged in which part of the run, and how many verdicts they gave."""
    counts: Counter[tuple[JudgeId, str, str]] = Counter()
    for stage, judgement in _with_stage(answers, judgements):
        for verdict in judgement.verdicts if not is_second_look(judgement) else ():
            if verdict.kind == "model":
                counts[JudgeId.of(judgement), verdict.judge, stage] += 1
    return tuple(JudgeUse(*key, n) for key, n in sorted(counts.items()))


def second_looks(
    answers: Iterable[Answer], judgements: Iterable[Judgement]
) -> tuple[tuple[str, Looked], ...]:
    """How many violations second looks confirmed, in each part of the run that has some."""
    verdicts: dict[str, list[Verdict]] = {}
    for stage, judgement in _with_stage(answers, judgements):
        if is_second_look(judgement):
            verdicts.setdefault(stage, []).extend(judgement.verdicts)
    return tuple((stage, Looked.of(own)) for stage, own in sorted(verdicts.items()))


def _with_stage(
    answers: Iterable[Answer], judgements: Iterable[Judgement]
) -> Iterator[tuple[str, Judgement]]:
    evaluated = {answer.id for answer in answers if answer.purpose == "evaluation"}
    for judgement in judgements:
        yield "evaluation" if judgement.answer in evaluated else TRAINING_DATA, judgement
