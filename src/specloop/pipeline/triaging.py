"""Triage in an update: what becomes of the pairs that it has set aside, before others are made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from specloop.pipeline.run import Run
from specloop.records import (
    Answer,
    Case,
    Judgement,
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
    answers: Mapping[str, Answer] = MappingProxyType({})
    """Those that were set aside with them, by their ids."""

    @classmethod
    def of(cls, folder: RunFolder) -> PairsAside:
        """Those of a run; none where it went back to a version that it had: what was made for that
        is back."""
        *earlier, last = folder.read(Revision) or [None]
        if last is None or any(last.new in (one.old, one.new) for one in earlier if one):
            return cls()
        answers = {one.id: one for one in _aside(folder, Answer, last.old)}
        there = {one.id for one in folder.read(Answer)} | answers.keys()
        elsewhere = {one.id for one in _aside(folder, Answer)} - there
        paired = {pair.probe for pair in folder.read(PreferencePair)}
        own = [
            pair
            for pair in _aside(folder, PreferencePair, last.old)
            if pair.split == "train"
            and pair.probe not in paired
            and elsewhere.isdisjoint((pair.chosen_id, pair.rejected_id))
        ]
        return cls(own, last.changes, answers)

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
    triaged: Iterable[Triaged],
    aside: PairsAside,
    pairs: Iterable[PreferencePair],
    answers: Iterable[Answer],
) -> list[Record]:
    """What is kept of a triage beside the `pairs` that are kept and the `answers` that are there:
    the answers that they were made of, what was made on the way of these, and what was decided. A
    pair that was made of the same request stands in the old one's place."""
    of_probe = {one.probe: one for one in pairs}
    probes = {pair.id: pair.probe for pair in aside.pairs}
    there = {one.id: one.text for one in answers}
    records: list[Record] = []
    for one in triaged:
        pair = of_probe.get(probes[one.record.pair])
        made = [r for r in one.made if pair or not isinstance(r, Answer)]
        there |= {r.id: r.text for r in made if isinstance(r, Answer)}
        own = [aside.answers[id_] for id_ in _lacking(pair, there) if id_ in aside.answers]
        there |= {answer.id: answer.text for answer in own}
        every = [*made, *own]
        records += [r for r in every if not isinstance(r, Judgement) or r.answer in there]
        place = pair.id if pair else ""
        records.append(one.record.model_copy(update={"made": place}))
    return records


def _lacking(pair: PreferencePair | None, there: Mapping[str, str]) -> Iterator[str]:
    """Ids of a pair's answers that are not there, or that another version made with other texts."""
    if pair:
        for id_, text in (pair.chosen_id, pair.chosen_text), (pair.rejected_id, pair.rejected_text):
            if there.get(id_) != text:
                yield id_
