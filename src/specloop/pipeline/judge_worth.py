"""What a run knows of the judge that evaluates: certificates, labels, and whether it has chosen
training pairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from specloop.calibration.certify import labelled_by, labellers
from specloop.config import PLAIN
from specloop.evaluation.believing import NOTHING_KNOWN, JudgeWorth
from specloop.gold import in_force
from specloop.judging.context import conditions_of
from specloop.judging.likeness import JudgeId
from specloop.judging.second_look import is_second_look
from specloop.pipeline.believed import threshold_of
from specloop.pipeline.judge_models import grader_in
from specloop.pipeline.model_pool import ModelRequest
from specloop.pipeline.run import Run
from specloop.records import (
    Certificate,
    GoldCase,
    GoldLabel,
    GoldValue,
    Judgement,
    LabellerKind,
    PreferencePair,
    Rule,
    Section,
    TrainingRun,
)
from specloop.runrules import current_rules
from specloop.store import BENCHMARKS, GOLD, RunFolder


def judge_worth(run: Run) -> JudgeWorth:
    """All of it; of a judge that only tells refusals, what its own model is."""
    settings, roles = run.config.evaluate, run.config.roles
    if roles.compliance.model == PLAIN:
        return NOTHING_KNOWN
    trained = run.folder.read(TrainingRun)
    trained_from = {_name(one.model_in(run.folder.path)): _name(one.base) for one in trained}
    if not settings.judged_share:
        return JudgeWorth(trained_from=trained_from)
    grader = grader_in(roles, settings.judge, "compliance")
    own, every = set(grader.model.split("+")), run.folder.part(GOLD).read(GoldLabel)
    said = [label for label in every if label.by not in own]  # Its own models have no say.
    elsewhere = _elsewhere(run.folder) if said else set[str]()
    said = [label for label in said if label.case not in elsewhere]
    by_kind = (_labels(said, kind) for kind in _LABELLERS)
    labels, whose = next((one for one in by_kind if one[0]), ({}, ""))
    sections = run.folder.read(Section)
    rules = current_rules(run.folder) if labels else ()
    return JudgeWorth(
        certificates=tuple(run.folder.read(Certificate)),
        identity=grader.options,
        threshold=threshold_of(run),
        labels=labels,
        labelled_by=whose,
        chains=conditions_of(rules, sections),
        sections={section.id: section for section in sections},
        chose_pairs=tuple(_chose_pairs(run)),
        chose_checkpoints=tuple(
            dict.fromkeys(JudgeId(**one.validated_by) for one in trained if one.validated_by)
        ),
        trained_from=trained_from,
    )


def _name(model: str) -> str:
    """What answers of a model say of it."""
    return ModelRequest("target", model, {}).name


def _elsewhere(folder: RunFolder) -> set[str]:
    """The gold cases of files that are about none of the rules that are judged in the run: labels
    that a judge was measured on, and that say nothing of its answers."""
    rules = [*(current_rules(folder) if folder.has(Rule) else ())]
    for path in (folder / BENCHMARKS).glob("*/"):
        rules += folder.part(f"{BENCHMARKS}/{path.name}").read(Rule)
    texts = {rule.text for rule in rules}
    cases = folder.part(GOLD).read(GoldCase)
    return {case.id for case in cases if case.source and case.rule_text not in texts}


_LABELLERS: tuple[LabellerKind, ...] = ("person", "model", "unknown")
"""Whose labels count; the next ones' if there are none."""
_DECIDED: tuple[GoldValue, ...] = ("YES", "NO", "NA")


def _labels(labels: Iterable[GoldLabel], kind: LabellerKind) -> tuple[dict[str, GoldValue], str]:
    """What labellers of a kind say about cases, as far as they agree, and who they are."""
    by_case: dict[str, set[GoldValue]] = {}
    counting = in_force([one for one in labels if one.kind == kind])
    for label in counting:
        by_case.setdefault(label.case, set()).add(label.value)
    agreed = {case: one.pop() for case, one in by_case.items() if len(one) == 1}
    said: dict[str, GoldValue] = {c: value for c, value in agreed.items() if value in _DECIDED}
    return said, labelled_by(labellers([one for one in counting if one.case in said]))


def _chose_pairs(run: Run) -> Iterator[Judgement]:
    """A judgement of each judge for whose verdict a pair has its rejected answer."""
    pairs = run.folder.read(PreferencePair)
    broken = {(pair.rejected_id, rule) for pair in pairs for rule in pair.violated}
    seen: set[tuple[str, ...]] = set()
    for one in run.folder.read(Judgement) if broken else ():
        judged = {
            (one.answer, v.rule) for v in one.verdicts if (v.kind, v.value) == ("model", "NO")
        }
        # Every second look is shown another claim, and so has a digest of its own.
        key = (one.judge, one.model, "" if is_second_look(one) else one.request_digest)
        if judged & broken and key not in seen:
            seen.add(key)
            yield one
