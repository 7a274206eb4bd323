"""Whether a run's rules can be trained on and measured by, as far as they are known already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from specloop.config import PLAIN
from specloop.errors import InputError
from specloop.pipeline.reading import (
    carried_edits,
    document_of,
    instances_note,
    plain_rules,
    rules_note,
)
from specloop.pipeline.run import Run
from specloop.records import Rule, Section
from specloop.runrules import current_rules
from specloop.spec import read_spec
from specloop.spec.edits import DocumentRules, in_force
from specloop.synth.instances import hold_out, unknown_names
from specloop.synth.lessons import need_lessons, need_rules
from specloop.synth.seeds import topics_of
from specloop.synth.subjects import subjects_of

_OF_PAIRS = frozenset({"synth", "pairs", "train"})


def check_lessons(run: Run, stages: Sequence[str]) -> None:
    """InputError where the stages would end in nothing: there is no rule to train on, or a rule to
    be held out is none of the document's. Rules that a model is still to read are not known yet."""
    known = _known(run, stages)
    if known is None:
        return
    rules, settings = known.rules, run.config.instances
    need_rules(rules)
    if "instances" in stages and (names := unknown_names(rules, settings)):
        raise InputError(
            f"instances.held_out_rules: no rule has the id, the section or the words {names[0]!r}"
        )
    noted = frozenset(run.folder.manifest().get("held_out_rules", []))
    held_out = hold_out(rules, settings) if "instances" in stages else noted
    need_lessons(run.config, rules, held_out, for_pairs=bool(_OF_PAIRS.intersection(stages)))


def check_topics(run: Run, stages: Sequence[str]) -> None:
    """InputError where seed prompts are to be about the document's subjects and it names too few,
    as far as that is known: a model that annotates rules may name more."""
    known = _known(run, stages)
    if known is None or run.config.seeds.path or not known.final:
        return
    if not instances_note(run, known.rules).done:
        subjects = subjects_of(known.rules, known.sections)
        topics_of(subjects, known.rules, run.config.seeds.n_topics)


def check_rules(run: Run, stages: Sequence[str]) -> None:
    """InputError where the document has no rule, as far as that is known."""
    known = _known(run, stages)
    if known is not None:
        need_rules(known.rules)


class _Known(NamedTuple):
    """What the stages will work with."""

    rules: Sequence[Rule]
    sections: Sequence[Section]
    final: bool = True
    """No model is still to annotate the rules."""


def _known(run: Run, stages: Sequence[str]) -> _Known | None:
    """The rules that the stages will work with, as far as they are known; None where a model is
    still to read them."""
    document = document_of(run.config.document) if "rules" in stages else None
    if document is None or rules_note(run, document).done:
        return _Known(current_rules(run.folder), run.folder.read(Section))
    if run.config.roles.extractor.model != PLAIN:
        return None
    spec = read_spec(document)
    read = DocumentRules(plain_rules(spec.rules), spec.sections)
    rules = in_force(read, carried_edits(run, read).kept)
    return _Known(rules, spec.sections, run.config.roles.annotator.model == PLAIN)
