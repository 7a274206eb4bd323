"""Triage in an update: what becomes of the pairs that it has set aside, before others are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

from specloop.pipeline.run import Run
from specloop.records import (
    Answer,
    Case,
    PreferencePair,
    Record,
    Revision,
    Rule,
    RuleChange,
    SetAside,
)
from specloop.revision.triage import TriageContext, Triaged, triage
from specloop.store import RunFolder
from specloop.synth.exchange import SynthesisContext
from specloop.terminal import console

R = TypeVar("R", bound=Record)


class PairsAside(NamedTuple):
    """The pairs that the last update has set aside since rules have changed."""

    pairs: Sequence[PreferencePair] = ()
    changes: Sequence[RuleChange] = ()

    @classmethod
    def of(cls, folder: RunFolder) -> PairsAside:
        """Those of a run; none where it went back to a version that it had: what was made for that
        is back."""
        *earlier, last = folder.read(Revision) or [None]
        if last is None or any(last.new in (one.old, one.new) for one in earlier if one):
            return cls()
        paired = {pair.probe for pair in folder.read(PreferencePair)}
        every = _aside(folder, PreferencePair, last.old)
        own = [pair for pair in every if pair.split == "train" and pair.probe not in paired]
        return cls(own, last.changes)

    def is_judged(self, rules: Iterable[Rule]) -> bool:
        """Whether a judge has to be asked."""
        now = {new for one in self.changes if not one.is_same for new in one.new}
        return bool(self.pairs) and any(rule.id in now and rule.check is None for rule in rules)


async def triaged_aside(run: Run, aside: PairsAside, context: SynthesisContext) -> list[Triaged]:
    """What becomes of them; told in a line."""
    if not aside.pairs:
        return []
    folder = run.folder
    probes = {one.id: one for one in (*_aside(folder, Case), *folder.read(Case))}
    answers = {one.id: one for one in (*_aside(folder, Answer), *folder.read(Answer))}
    found = await triage(aside.pairs, aside.changes, TriageContext(context, probes, answers))
    counts = Counter(one.record.outcome for one in found)
    told = ", ".join(f"{n} {outcome}" for outcome, n in counts.items())
    n_kept = sum(one.pair is not None for one in found)
    console.print(f"  triage of {len(found)} pairs of changed rules: {told}; {n_kept} are used")
    return found


def _aside(folder: RunFolder, kind: type[R], document: str = "") -> list[R]:
    """What is set aside of a kind, of all versions or of one."""
    return [
        kind.model_validate(one.content)
        for one in folder.read(SetAside)
        if one.file == kind.FILE and document in ("", one.document)
    ]


def records_of(
    triaged: Iterable[Triaged], aside: PairsAside, made: Iterable[Record]
) -> list[Record]:
    """What is kept of a triage: what was made on the way, the pairs, and what was decided. A pair
    that was made of the same request stands in the old one's place."""
    of_probe = {one.probe: one.id for one in made if isinstance(one, PreferencePair)}
    probes = {pair.id: pair.probe for pair in aside.pairs}
    records: list[Record] = []
    for one in triaged:
        place = one.record.made or of_probe.get(probes[one.record.pair], "")
        pair = [one.pair] if one.pair else []
        records += [*one.made, *pair, one.record.model_copy(update={"made": place})]
    return records
