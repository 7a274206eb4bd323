"""Stages `probes`, `synth` and `pairs`: held-out probes, exchanges in waves, preference pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from specloop.config import RoleName
from specloop.errors import RunStoppedError
from specloop.items import failures_in
from specloop.llm.calls.ledger import Meter
from specloop.pipeline.believed import levels_of, synthesis_belief, synthesis_judge
from specloop.pipeline.due import (
    Material,
    materials_due,
    probes_due,
    set_aside_close,
    synthesize_due,
)
from specloop.pipeline.judge_models import roles_of_stage, shown_examples, with_judge
from specloop.pipeline.judged_pairs import (
    JudgedByModel,
    PairingSource,
    belief_fact,
    check_judges,
    pairing_context,
    tell_judged,
)
from specloop.pipeline.run import Run, StageLog
from specloop.pipeline.triaging import PairsAside, records_of, triaged_aside
from specloop.records import (
    Answer,
    Belief,
    Case,
    Example,
    Exchange,
    Failure,
    Instance,
    JudgeBelief,
    Judgement,
    PreferencePair,
    QualityScore,
    Record,
    Rule,
    Section,
    SeedPrompt,
    Split,
)
from specloop.runrules import current_guides, current_rules
from specloop.store import put
from specloop.synth.exchange import SynthesisContext
from specloop.synth.pairs import FilteredPairs, filter_pairs, make_pairs, materials
from specloop.synth.plans import make_plans
from specloop.synth.probes import attack_draw, attack_probes, everyday_probes
from specloop.synth.upheld import left_out
from specloop.synth.waves import run_waves
from specloop.terminal import console

_HELD_OUT: tuple[Split, ...] = ("validation", "test")


def held_out_rules(run: Run) -> frozenset[str]:
    """Ids of the rules that no training may see."""
    return frozenset(run.folder.manifest().get("held_out_rules", []))


def training_rules(run: Run) -> list[Rule]:
    """The rules in force that are not held out."""
    held_out = held_out_rules(run)
    return [rule for rule in current_rules(run.folder) if rule.id not in held_out]


async def stage_probes(run: Run) -> None:
    """Probes of the validation and test splits."""
    seeds = run.folder.need(SeedPrompt, "instances")
    instances = run.folder.need(Instance, "instances")
    settings, roles = run.config.synthesis, run.config.roles
    models = (roles.planner.model, roles.attacker.model)
    sizes = (settings.n_validation, settings.n_test, settings.seed)
    note = StageLog(run, "probes", [*models, *sizes, *_ids(seeds), *_ids(instances)])
    if note.done:
        return
    known = run.folder.read(Case)
    others = [case for case in known if case.split == "train" or not case.is_probe]
    probes = [case for case in known if case.split != "train" and case.is_probe]
    due = note.due
    if due is None:
        note.begin()
        probes = []
    if due is not None and not any(due.probes.values()):
        note.finish(probes=len(probes))
        return
    async with run.models("probes", "planner", "attacker") as opened:
        for split in _HELD_OUT:
            rules = current_rules(run.folder) if split == "test" else training_rules(run)
            context = SynthesisContext(opened.models, rules, settings)
            material = Material.of(split, seeds, instances)
            if due is None:
                probes += await _split_probes(run, split, material, context)
            else:
                probes += await probes_due(run, split, due, material, context)
    run.folder.replace(Case, [*probes, *others])
    note.finish(opened.meters, probes=len(probes))


async def _split_probes(
    run: Run, split: Split, material: Material, context: SynthesisContext
) -> list[Case]:
    settings = run.config.synthesis
    probes = everyday_probes(*material, context.rules)
    n = settings.n_validation if split == "validation" else settings.n_test
    by_id = {rule.id: rule for rule in context.rules}
    plans = make_plans(n, *material, by_id, attack_draw(split, settings))
    attacks = [[plan] for plan in plans]
    probes += chain.from_iterable(await attack_probes(split, attacks, context, run.folder.append))
    return list({probe.messages: probe for probe in probes}.values())


def check_judge(run: Run) -> None:
    """InputError where judges are to make pairs that cannot."""
    check_judges(run.config)


async def stage_synth(run: Run) -> None:
    """Exchanges in waves; a wave is kept when it has ended, its calls as they are made."""
    check_judge(run)
    folder, settings, roles = run.folder, run.config.synthesis, run.config.roles
    instances = [i for i in folder.need(Instance, "instances") if i.split == "train"]
    seeds = [s for s in folder.need(SeedPrompt, "instances") if s.split == "train"]
    models = [roles.of(role).model for role in ("target", "planner", "attacker", "defender")]
    guides = current_guides(folder)
    rules = training_rules(run)
    belief = synthesis_belief(run, rules)
    beliefs = levels_of(belief)
    worked = shown_examples(run.config, "synth", guides)
    shown = filter(None, [guides.digest, _counted(beliefs), synthesis_judge(run), worked])
    inputs = [settings, *models, *_ids(instances), *_ids(seeds), *shown]
    note = StageLog(run, "synth", inputs)
    if note.done:
        return
    due = note.due
    if due is None and note.changed:
        _forget_exchanges(run)
    if due is None:
        note.begin()
    elif not due.exchanges and not due.verdicts:
        _finish_synth(run, note, {}, belief)
        return
    roles_used: list[RoleName] = ["planner", "attacker", "defender", "quality"]
    roles_used += roles_of_stage(run.config, "synth")
    async with run.models("synth", *dict.fromkeys(roles_used)) as opened:
        judging = with_judge(opened.models, settings.judge, "compliance")
        context = SynthesisContext(judging, rules, settings, guides, beliefs)
        material = Material(seeds, instances)
        if due is None:
            await _run_waves(run, note, material, context)
        else:
            await synthesize_due(run, due, material, context)
    if any(name == "plain" for name in models[1:3]):
        console.print("  planner or attacker ran plain, without a model: probes are less varied")
    _finish_synth(run, note, opened.meters, belief)


async def _run_waves(
    run: Run, note: StageLog, material: Material, context: SynthesisContext
) -> None:
    done = _waves_done(run, note)
    n_waves = len(done)
    async for records in run_waves(*material, context, done):
        run.folder.append_new(records)
        n_waves += 1
        note.keep(waves=n_waves)


def _finish_synth(
    run: Run, note: StageLog, meters: dict[str, Meter], belief: JudgeBelief | None
) -> None:
    folder = run.folder
    exchanges = folder.read(Exchange)
    if not exchanges:
        failed = [failure for failure in folder.failures if failure.stage == "synth"]
        why = f"; the first: {failed[0].reason}" if failed else ""
        raise RunStoppedError(f"synth: no exchange came to an end, {len(failed)} failed{why}")
    n_violated = sum(bool(e.violated) for e in exchanges)
    told = belief_fact(belief)
    note.finish(meters, exchanges=len(exchanges), violations=n_violated, **told)


def _counted(beliefs: Mapping[str, Belief]) -> str:
    """What the judge is believed, as an input of a stage; empty where nothing is measured."""
    measured = sorted(item for item in beliefs.items() if item[1] != "unmeasured")
    return str(measured) if measured else ""


async def stage_pairs(run: Run) -> None:
    """Preference pairs from the violations of the train split."""
    check_judge(run)
    folder, settings, roles = run.folder, run.config.synthesis, run.config.roles
    exchanges = folder.need(Exchange, "synth")
    rules = training_rules(run)
    belief = synthesis_belief(run, rules)
    beliefs = levels_of(belief)
    asked = [roles.of(role).model for role in roles_of_stage(run.config, "pairs")]
    asked = [] if settings.trust_judge == "never" else asked
    guides = current_guides(folder)
    told = filter(None, [*asked, _counted(beliefs), shown_examples(run.config, "pairs", guides)])
    note = StageLog(run, "pairs", [settings, roles.quality.model, *told, *_ids(exchanges)])
    if note.done:
        return
    due = note.due
    if due is None and note.changed:
        answers = [r for r in folder.read(Answer) if r.purpose in ("defender", "evaluation")]
        _keep_answers(run, answers)
        _forget_failures(run, "pairs")
    if due is None:
        note.begin()
    found = folder.read(Case), folder.read(Answer), folder.read(Instance), folder.read(Judgement)
    items = materials(exchanges, *found) if due is None else materials_due(folder, due)
    aside = PairsAside() if due is None else PairsAside.of(folder)
    known = [] if due is None else folder.read(PreferencePair)
    source = PairingSource(guides, folder.read(Section), beliefs, folder.read(Example))
    roles_used: list[RoleName] = ["target", "quality", *roles_of_stage(run.config, "pairs")]
    if due is not None and not items:
        asks = aside.is_judged(rules) and settings.trust_judge != "never"
        roles_used = [*roles_of_stage(run.config, "pairs")] if asks else []
    async with run.models("pairs", *dict.fromkeys(roles_used)) as opened:
        context = pairing_context(opened.models, rules, settings, source)
        triaged = await triaged_aside(run, aside, context)
        done = {one.pair.probe for one in triaged if one.pair}
        items = [item for item in items if item.probe.id not in done]
        made = await make_pairs(items, context) if items else []
    pairs = [*known, *(one for one in made if isinstance(one, PreferencePair))]
    kept = _filtered(run, [*pairs, *(one.pair for one in triaged if one.pair)])
    if due is not None:
        set_aside_close(folder, [pair for pair in known if pair not in kept.pairs], due)
    answers = [*folder.read(Answer), *(one for one in made if isinstance(one, Answer))]
    records = [*made, *records_of(triaged, aside, kept.pairs, answers)]
    second = context.second_judge.grader if context.second_judge else None
    judged = JudgedByModel(belief, left_out(exchanges, found[-1], context), second)
    note.finish(opened.meters, **_keep_pairs(run, kept, records, judged))


def _filtered(run: Run, pairs: Sequence[PreferencePair]) -> FilteredPairs:
    """The pairs that are kept, in the order of their exchanges. Of duplicates the stored one, which
    comes first, stays."""
    order = {e.id: n for n, e in enumerate(run.folder.read(Exchange))}
    held_out = [c for c in run.folder.read(Case) if c.is_probe and c.split != "train"]
    kept = filter_pairs(pairs, held_out)
    kept.pairs.sort(key=lambda pair: order.get(pair.exchange, len(order)))
    return kept


def _keep_pairs(
    run: Run, kept: FilteredPairs, records: Sequence[Record], judged: JudgedByModel
) -> dict[str, Any]:
    """Write what was made, and the pairs that are kept; facts for the stage's note."""
    others = [one for one in records if not isinstance(one, PreferencePair)]
    # Of two of one id the last is the one that a pair that is kept was made of.
    answers = {one.id: one for one in others if isinstance(one, Answer)}
    put(run.folder, Answer, answers.values())
    run.folder.append_new(others)
    run.folder.replace(PreferencePair, kept.pairs)
    console.print(
        f"  {len(kept.pairs)} pairs; left out: {kept.n_duplicates} duplicates, "
        f"{kept.n_leaks} close to a held-out probe"
    )
    if not kept.pairs:
        _tell_none(run, records)
    elif without := Counter(failure.reason for failure in failures_in(records)):
        often = "; ".join(f"{reason} ({n})" for reason, n in without.most_common(3))
        console.print(f"  {without.total()} exchanges made no pair: {often}", markup=False)
    counts = {"duplicates": kept.n_duplicates, "leaks": kept.n_leaks}
    facts = tell_judged(run, records, kept.pairs, judged)
    return {"pairs": len(kept.pairs), **counts, **facts}


def _tell_none(run: Run, records: Sequence[Record]) -> None:
    """Why there are no pairs."""
    exchanges = run.folder.read(Exchange)
    broke = sum(bool(exchange.violated) and not exchange.switched for exchange in exchanges)
    reasons = Counter(failure.reason for failure in failures_in(records)).most_common(1)
    why = f"; most often: {reasons[0][0]}" if reasons else ""
    console.print(
        f"  no pairs, so nothing can be trained: {broke} of {len(exchanges)} exchanges broke a rule"
        f"{why}",
        style="yellow",
        markup=False,
    )


def _waves_done(run: Run, note: StageLog) -> list[list[Record]]:
    """The records of the waves that are whole: the stage notes how many. Of others the last one
    that is there may be a part of one; it is made again, from its stored calls."""
    exchanges = run.folder.read(Exchange)
    probes = run.folder.read(Case)
    last = max((exchange.wave for exchange in exchanges), default=-1)
    n = min(note.noted("waves", last), last + 1)
    return [[*(e for e in exchanges if e.wave == wave), *probes] for wave in range(n)]


def _forget_exchanges(run: Run) -> None:
    """Drop what exchanges on other inputs left; their calls stay in the cache."""
    folder = run.folder
    _forget_failures(run, "synth", "pairs")
    if pairs := folder.manifest().get("stages", {}).get("pairs"):
        # The same exchanges may come again: their pairs have to be made again all the same.
        folder.note_stage("pairs", pairs | {"done": False})
    folder.replace(Exchange, [])
    folder.replace(PreferencePair, [])
    folder.replace(Case, [p for p in folder.read(Case) if p.split != "train"])
    _keep_answers(run, [r for r in folder.read(Answer) if r.purpose == "evaluation"])


def _keep_answers(run: Run, answers: Sequence[Answer]) -> None:
    """Drop all other answers, and what was judged of them."""
    folder, ids = run.folder, {answer.id for answer in answers}
    folder.replace(Answer, answers)
    folder.replace(Judgement, [j for j in folder.read(Judgement) if j.answer in ids])
    folder.replace(QualityScore, [q for q in folder.read(QualityScore) if q.answer in ids])


def _forget_failures(run: Run, *stages: str) -> None:
    failures = [failure for failure in run.folder.read(Failure) if failure.stage not in stages]
    run.folder.replace(Failure, failures)


def _ids(records: Sequence[Record]) -> list[str]:
    return [record.id for record in records]
