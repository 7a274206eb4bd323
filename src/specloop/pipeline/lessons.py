"""Whether a run's rules can be trained on and measured by, as far as they are known already."""

from __future__ import annotations

from collections.abc import Sequence

from specloop.config import PLAIN
from specloop.errors import InputError
from specloop.pipeline.reading import current_rules, document_of, plain_rules, rules_note
from specloop.pipeline.run import Run
from specloop.records import Rule
from specloop.spec import read_spec
from specloop.synth.instances import hold_out, unknown_names
from specloop.synth.lessons import need_lessons

_OF_PAIRS = frozenset({"synth", "pairs", "train"})


def check_lessons(run: Run, stages: Sequence[str]) -> None:
    """InputError where the stages would end in nothing: there is no rule to train on, or a rule to
    be held out is none of the document's. Rules that a model is still to read are not known yet."""
    rules = _rules(run, stages)
    if rules is None:
        return
    settings = run.config.instances
    if "instances" in stages and (names := unknown_names(rules, settings)):
        raise InputError(
            f"instances.held_out_rules: no rule has the id, the section or the words {names[0]!r}"
        )
    noted = frozenset(run.folder.manifest().get("held_out_rules", []))
    held_out = hold_out(rules, settings) if "instances" in stages else noted
    need_lessons(run.config, rules, held_out, for_pairs=bool(_OF_PAIRS.intersection(stages)))


def _rules(run: Run, stages: Sequence[str]) -> list[Rule] | None:
    """The rules that the stages will work with, as far as they are known."""
    if "rules" not in stages:
        return current_rules(run)
    document = document_of(run.config.document)
    if rules_note(run, document).done:
        return current_rules(run)
    if run.config.roles.extractor.model != PLAIN:
        return None
    return plain_rules(read_spec(document).rules)
