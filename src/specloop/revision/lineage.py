"""Which trained models belong to which version of a document, and what has changed in between."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from specloop.records import Revision, Rule, TrainingRun
from specloop.store import RunFolder

CONTINUED = "continued"
FORMER = "former"


class Changed(NamedTuple):
    """What is otherwise than in an older version of the document."""

    rules: frozenset[str] = frozenset()
    """Ids of rules of the document as it is now that are new or are not the same."""
    gone: tuple[Rule, ...] = ()
    """Rules of the older version that nothing took the place of."""

    def __bool__(self) -> bool:
        return bool(self.rules or self.gone)


NOTHING_CHANGED = Changed()


def document_of(folder: RunFolder) -> str:
    """Digest of the version of the document that a run's rules are of; empty before there are
    any."""
    return str(folder.manifest().get("document", {}).get("digest", ""))


def since(document: str, revisions: Iterable[Revision], now: str) -> list[Revision]:
    """The updates that lead from one version of a document to another, the first one first; empty
    where none do. A model that nobody noted the document of was trained before all updates."""
    revisions = list(revisions)
    if not document and revisions:
        document = revisions[0].old
    last = {revision.new: revision for revision in revisions}
    way: list[Revision] = []
    while now != document:
        if now not in last:
            return []
        way.insert(0, last.pop(now))
        now = way[0].old
    return way


def changed_by(way: Iterable[Revision]) -> Changed:
    """What updates have changed, one after the other."""
    rules: set[str] = set()
    gone: dict[str, Rule] = {}
    for revision in way:
        became = {old: change.new for change in revision.changes for old in change.old}
        rules = {new for rule in rules for new in became.get(rule, (rule,))}
        rules |= {new for one in revision.changes if not one.is_same for new in one.new}
        gone |= {rule.id: rule for rule in revision.rules if not became.get(rule.id, ())}
    gone = {rule: old for rule, old in gone.items() if rule not in rules}
    return Changed(frozenset(rules), tuple(gone.values()))


def replaced_by(way: Sequence[Revision]) -> list[tuple[Rule, tuple[str, ...]]]:
    """The rules that the first version had and the last one has not as they were, with the ids of
    what took their place; none where they are gone."""
    replaced: list[tuple[Rule, tuple[str, ...]]] = []
    later: set[str] = set()
    for n, revision in enumerate(way):
        for rule in revision.rules:
            if rule.id not in later:
                replaced.append((rule, _now((rule.id,), way[n:])))
        later |= {new for one in revision.changes if not one.is_same for new in one.new}
    return replaced


def _now(rules: tuple[str, ...], way: Iterable[Revision]) -> tuple[str, ...]:
    for revision in way:
        became = {old: change.new for change in revision.changes for old in change.old}
        rules = tuple(new for rule in rules for new in became.get(rule, (rule,)))
    return rules


def former_of(
    trainer: str, trainings: Sequence[TrainingRun], revisions: Sequence[Revision], now: str
) -> TrainingRun | None:
    """The last model that a trainer made for an older version of the document as it is now."""
    older = (
        one
        for one in reversed(trainings)
        if one.trainer == trainer and since(one.document, revisions, now)
    )
    return next(older, None)


def trained_models(
    trainings: Sequence[TrainingRun], revisions: Sequence[Revision], now: str
) -> dict[str, TrainingRun]:
    """What tables call the trained models of a run: `dpo former` is of an older version of the
    document, `dpo` began at the base, `dpo continued` at the former one. Of each trainer the one
    to use comes last."""
    labelled: dict[str, TrainingRun] = {}
    for trainer in dict.fromkeys(one.trainer for one in trainings):
        own = [one for one in trainings if one.trainer == trainer]
        former = former_of(trainer, own, revisions, now)
        if former:
            labelled[f"{trainer} {FORMER}"] = former
        current = [one for one in own if not since(one.document, revisions, now)]
        for one in sorted(current, key=lambda one: bool(one.parent)):
            labelled[f"{trainer} {CONTINUED}" if one.parent else trainer] = one
    return labelled


def models_of(folder: RunFolder) -> dict[str, TrainingRun]:
    """Those of a run folder."""
    trainings = sorted(folder.read(TrainingRun), key=lambda one: one.preferences)
    return trained_models(trainings, folder.read(Revision), document_of(folder))
