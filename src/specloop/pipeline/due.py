"""What an update has left to do of the stages `probes`, `synth` and `pairs`: probes and exchanges
aimed at the rules that are others now, verdicts on stored answers, pairs.

Each follows from the stage's note and the records alone, so that a stopped update goes on to the
same end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from specloop.draws import drawn
from specloop.items import Loop, each, local
from specloop.pipeline.run import Run
from specloop.records import (
    Answer,
    Case,
    Exchange,
    Failure,
    Instance,
    Judgement,
    PairTriage,
    PreferencePair,
    Record,
    Revision,
    SeedPrompt,
    SetAside,
    Split,
)
from specloop.revision.due import Due
from specloop.revision.falling import OF_ANSWERS, goes_with_pair
from specloop.revision.names import Names
from specloop.store import RunFolder, put
from specloop.synth.exchange import SynthesisContext
from specloop.synth.pairs import PairMaterial, apart, materials
from specloop.synth.plans import Plan, aimed_plans
from specloop.synth.probes import attack_draw, attack_probes
from specloop.synth.waves import run_plans

_WRITTEN = 3
"""How often a held-out probe is written at most, until its request is close to no other's."""


class Material(NamedTuple):
    """What plans are made of: those of one split."""

    seeds: Sequence[SeedPrompt]
    instances: Sequence[Instance]

    @classmethod
    def of(
        cls, split: Split, seeds: Sequence[SeedPrompt], instances: Sequence[Instance]
    ) -> Material:
        """That of a split."""
        return cls(
            [seed for seed in seeds if seed.split == split],
            [instance for instance in instances if instance.split == split],
        )


async def probes_due(
    run: Run, split: Split, due: Due, material: Material, context: SynthesisContext
) -> list[Case]:
    """The attacks that are due in a held-out split. Their twins give way to stored pairs; they do
    themselves, as long as another request can be written."""
    folder = run.folder
    by_id = {rule.id: rule for rule in context.rules}
    counts = {rule: n for rule, n in due.probes.get(split, {}).items() if rule in by_id}
    more = {rule: n * _WRITTEN for rule, n in counts.items()}
    plans = aimed_plans(more, *material, by_id, attack_draw(split, context.settings))
    own = {rule: [plan for plan in plans if plan.rule.id == rule] for rule in counts}
    each_by = [own[rule][at::n] for rule, n in counts.items() for at in range(n) if own[rule]]
    asked = {case.messages for case in folder.read(Case) if case.is_probe and case.split == split}
    pairs = folder.read(PreferencePair)
    known: dict[str, int] = {}

    def taken(probe: Case) -> int:
        if probe.id not in known:
            there = probe.messages in asked
            known[probe.id] = 2 if there else int(not apart([probe], pairs))
        return known[probe.id]

    new: list[Case] = []
    while each_by:
        written = await attack_probes(split, each_by, context, folder.append, taken)
        again: list[list[Plan]] = []
        for (first, *others), probes in zip(each_by, written, strict=True):
            # Two attacks may have come to the same request: the later one is written again.
            is_asked = bool(probes) and probes[0].messages in asked
            if is_asked and others and drawn("taken", 1.0, "asked", first.seed):
                again.append(others)
                continue
            for probe in probes:
                if probe.messages not in asked and not (probe.twin_of and taken(probe)):
                    asked.add(probe.messages)
                    new.append(probe)
        each_by = again
    return new


def exchange_plans(due: Due, material: Material, context: SynthesisContext) -> list[Plan]:
    """The exchanges that are due."""
    by_id = {rule.id: rule for rule in context.rules}
    draw = context.settings.direct_share, f"waves-{context.settings.seed}"
    counts = {rule: n for rule, n in due.exchanges.items() if rule in by_id}
    return aimed_plans(counts, *material, by_id, draw)


async def synthesize_due(run: Run, due: Due, material: Material, context: SynthesisContext) -> None:
    """Verdicts on stored answers, then the exchanges; both count as of the last wave."""
    await _judge_due(run, due, context)
    plans = exchange_plans(due, material, context)
    if plans:
        run.folder.append_new(await run_plans(plans, context.settings.waves - 1, context))


async def _judge_due(run: Run, due: Due, context: SynthesisContext) -> None:
    """Ask the judge about changed rules alone, and put its word beside what it said of others."""
    folder, grader = run.folder, context.grader
    if grader is None or not due.verdicts:
        return
    cases = {case.id: case for case in folder.read(Case)}
    answers = {one.id: one for one in folder.read(Answer) if one.id in due.verdicts}
    known = {one.id: one for one in folder.read(Judgement)}

    async def judged(answer: Answer) -> Judgement | Failure:
        own = known.get(grader.blank(answer.id).id)
        said = own.verdicts if own else ()
        asked = set(due.verdicts[answer.id]) - {verdict.rule for verdict in said}
        rules = [rule for rule in context.rules if rule.id in asked]
        made = await context.judge(cases[answer.case], answer, rules) or own
        assert made is not None, "there is a judge, and a rule to ask about or a judgement"
        return made.with_verdicts([*said, *made.verdicts]) if made is not own else made

    loop = Loop[Answer, Judgement](
        "verdicts on changed rules",
        "synth",
        lambda answer: answer.id,
        local(context.models.concurrency),
        context.settings.max_failures,
        record=folder.append,
    )
    results = await each(judged, list(answers.values()), loop)
    new = [one for one in results if isinstance(one, Judgement)]
    put(folder, Judgement, new)
    _put_violated(run, new, context)


def _put_violated(run: Run, judgements: Iterable[Judgement], context: SynthesisContext) -> None:
    """Note in exchanges what their answers are now found to break, by code and by the judge."""
    folder, names = run.folder, Names({})
    decided = {rule.id for rule in context.decidable}
    broken = {
        one.answer: [v.rule for v in one.verdicts if v.value == "NO" and v.rule in context.counted]
        for one in judgements
    }
    exchanges = [
        names.renamed(
            one, violated=[*(r for r in one.violated if r in decided), *broken[one.answer]]
        )
        if one.answer in broken
        else one
        for one in folder.read(Exchange)
    ]
    pairs = [names.renamed(pair) for pair in folder.read(PreferencePair)]
    asides = [_named(one, names) for one in folder.read(SetAside)]
    triaged = [names.told(one) for one in folder.read(PairTriage)]
    records: dict[type[Record], Sequence[Record]] = {Exchange: exchanges, PreferencePair: pairs}
    if asides:
        records |= {SetAside: asides}
    folder.replace_all(records | ({PairTriage: triaged} if triaged else {}), {})


def set_aside_close(folder: RunFolder, pairs: Sequence[PreferencePair], due: Due) -> None:
    """Set aside stored pairs to which a new held-out probe is close however it is written, with the
    answers that nothing else needs, until the rules are gone at which new probes were aimed."""
    if not pairs:
        return
    fresh = tuple(sorted({rule for counts in due.probes.values() for rule in counts}))
    reason, now = "it is close to a held-out probe of a changed rule", folder.read(Revision)[-1].new
    closed, cases = {pair.probe for pair in pairs}, {case.id for case in folder.read(Case)}
    answers = {one.id for one in folder.read(Answer) if goes_with_pair(one, closed, cases)}
    gone: list[Record] = [*pairs]
    stay: dict[type[Record], Sequence[Record]] = {}
    for kind in (Answer, *OF_ANSWERS):
        about, every = "id" if kind is Answer else "answer", folder.read(kind)
        gone += [one for one in every if getattr(one, about) in answers]
        stay[kind] = [one for one in every if getattr(one, about) not in answers]
    asides = [
        SetAside(
            file=one.FILE,
            content=one.model_dump(mode="json"),
            reason=reason,
            against=fresh,
            document=now,
        )
        for one in gone
    ]
    known = {one.id: one for one in folder.read(SetAside)} | {one.id: one for one in asides}
    folder.replace_all({SetAside: list(known.values()), **stay}, {})


def _named(aside: SetAside, names: Names) -> SetAside:
    """A pair that is set aside, under the present name of its exchange."""
    if aside.file != PreferencePair.FILE:
        return aside
    pair = names.renamed(PreferencePair.model_validate(aside.content))
    now = {"id": "", "content": pair.model_dump(mode="json")}
    return SetAside.model_validate(aside.model_dump(mode="json") | now)


def materials_due(folder: RunFolder, due: Due) -> list[PairMaterial]:
    """What pairs are due of: exchanges aimed at fresh rules, and those that have lost theirs."""
    cases, fresh = folder.read(Case), set(due.exchanges)
    about = {case.id for case in cases if fresh & set(case.targets)} | set(due.pairs)
    paired = {pair.probe for pair in folder.read(PreferencePair)}
    exchanges = [one for one in folder.read(Exchange) if one.probe in about - paired]
    found = cases, folder.read(Answer), folder.read(Instance), folder.read(Judgement)
    return materials(exchanges, *found)
