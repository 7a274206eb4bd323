"""Which rule of an older version of a document became which of a newer one."""

from __future__ import annotations

from specloop.records import RuleChange
from specloop.spec.edits import DocumentRules


def align(old: DocumentRules, new: DocumentRules) -> tuple[RuleChange, ...]:
    """Each old rule once and each new rule once, in the order of the newer version; rules that are
    gone stand where they were."""
    known = {rule.id for rule in old.rules}
    changes = [
        RuleChange(kind="kept", old=(rule.id,), new=(rule.id,), found_by="id")
        if rule.id in known
        else RuleChange(kind="new", new=(rule.id,))
        for rule in new.rules
    ]
    gone = [rule for rule in old.rules if rule.id not in new.ids]
    return (*changes, *(RuleChange(kind="gone", old=(rule.id,)) for rule in gone))
