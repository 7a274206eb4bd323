"""Check that a document has rules that pairs can be made from: those that code decides, or all of
them if a judge is trusted."""

from __future__ import annotations

from collections.abc import Sequence

from specloop.config import PLAIN, Config
from specloop.errors import InputError
from specloop.records import Rule


def need_lessons(
    config: Config, rules: Sequence[Rule], held_out: frozenset[str], *, for_pairs: bool
) -> None:
    """InputError if no rule can be trained on, or measured if no pairs are made."""
    taught = [rule for rule in rules if rule.id not in held_out]
    n_checks = sum(rule.check is not None for rule in rules)
    if any(rule.check is not None for rule in taught):
        return
    missing = _missing_for_judge(config)
    measured = config.roles.compliance.model != PLAIN and config.evaluate.judged_share > 0
    if taught and (not missing or (measured and not for_pairs)):
        return
    held = " (and held out, by instances.held_out_rules or held_out_share)" if n_checks else ""
    raise InputError(
        f"{n_checks} of {len(rules)} rules are decided by code{held}, and "
        f"{missing or 'all rules are held out'}; or write rules that code can decide, in the "
        "document or in rules.yaml (docs/reading.md)"
    )


def need_rules(rules: Sequence[Rule]) -> None:
    """InputError if there is no rule at all."""
    if not rules:
        raise InputError(
            "no rule was found in the document: write obligations as sentences or list entries "
            "('The assistant must ...', 'Never ...'), or name a model as roles.extractor to read "
            "freer wording (docs/reading.md)"
        )


def _missing_for_judge(config: Config) -> str:
    """What prevents the judge's verdicts from making pairs, with the remedy; empty if nothing."""
    settings = config.synthesis
    todo = [] if settings.trust_judge else ["set synthesis.trust_judge = true"]
    todo += [] if settings.judged_share else ["set synthesis.judged_share above 0"]
    if config.roles.compliance.model == PLAIN:
        steps = " and ".join(["name a model as roles.compliance", *todo])
        return f"no judge is configured: {steps}"
    return f"the judge's verdicts make no pairs: {' and '.join(todo)}" if todo else ""
