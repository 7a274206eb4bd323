"""What a run will ask of its models, before it asks: calls and tokens by stage and role.

Counts follow from the configuration, the document and the prompts' own lengths; what depends on
answers nobody has seen yet (how many violations, how long a reply) is a range between the least and
the most that the settings allow. A token is taken as 3 to 5 characters.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from specloop.config import PLAIN, PROMPT_ONLY, RoleName
from specloop.evaluate.general import passages as general_passages
from specloop.evaluate.general import questions
from specloop.pairings import pairings
from specloop.pipeline.amounts import NONE, Estimate, Range, least_drawn
from specloop.pipeline.evaluating import EvaluationEntrant, entrants
from specloop.pipeline.reading import document_of, instances_note, plain_rules
from specloop.pipeline.run import Run
from specloop.pipeline.training import trainings
from specloop.prompt import Prompt
from specloop.records import Instance, Probe, Rule, Section, SeedPrompt, TrainingRun
from specloop.runrules import current_rules
from specloop.spec import parse_document, read_spec
from specloop.spec.refine import is_explicit, passages
from specloop.spec.sections import cut_sections
from specloop.synth import seeds as seeds_module
from specloop.synth.exchange import JUDGED_RULES
from specloop.synth.plans import make_plans
from specloop.synth.seeds import LEAST_TOPICS, read_seeds
from specloop.synth.subjects import subjects_of
from specloop.synth.waves import wave_draw
from specloop.training import LOCAL

CHARS_PER_TOKEN = 5
"""Of English, as is usual."""
_CHARS_PER_TOKEN = (8, 3)
"""Most and fewest: some servers count whole words."""
_REQUEST_CHARS = (30, 400)
"""A user's message, short and long."""
REPAIRS = 2
"""Times that a judge's reply which cannot be read is asked for again."""
_LEAST_REPLY = 5


class _Load(NamedTuple):
    """Calls of a role with the size of one of them: characters in, tokens out."""

    role: RoleName
    calls: Range
    chars: Range
    reply: Range
    json: bool = False
    """Asked through a schema, with one repair turn."""


class _Sizes(NamedTuple):
    """What is known of the run's input: numbers of things and lengths in characters."""

    n_rules: Range
    rule_chars: float
    passage_chars: tuple[int, ...]
    n_topics: Range
    """Topics of seed prompts that are to be written."""
    n_test_seeds: Range
    instance_rules: Range
    finished: frozenset[str]
    """Stages that would not be done again."""

    @property
    def settled(self) -> bool:
        """Whether instances and seeds in the folder are those that a run would use."""
        return "instances" in self.finished


def estimate(run: Run, stages: Sequence[str]) -> list[Estimate]:
    """Estimates of the stages that ask models, in order; a role without a model has none."""
    sizes = _sizes(run)
    found: list[Estimate] = []
    for stage in stages:
        loads = _LOADS[stage](run, sizes) if stage in _LOADS else ()
        found += [_estimate(run, stage, load) for load in loads if load.calls.high > 0]
    return _by_role(one for one in found if one.model != PLAIN)


def estimate_entrant(run: Run, entrant: EvaluationEntrant) -> list[Estimate]:
    """Estimates of measuring one model; none where the folder has its figures."""
    sizes = _sizes(run)
    if f"evaluate-{entrant.label}" in sizes.finished:
        return []
    loads = _measured(run, sizes, *((1, 0) if entrant.method == "vanilla" else (0, 1)))
    found = [_estimate(run, "evaluate", load) for load in loads if load.calls.high > 0]
    told = (e._replace(model=entrant.model) if e.role == "target" else e for e in found)
    return _by_role(one for one in told if one.model != PLAIN)


def _by_role(estimates: Iterable[Estimate]) -> list[Estimate]:
    """One estimate for each stage and role."""
    found: dict[tuple[str, str], Estimate] = {}
    for one in estimates:
        had = found.get((one.stage, one.role))
        if had is not None:
            one = one._replace(
                calls=had.calls.plus(one.calls),
                prompt=had.prompt.plus(one.prompt),
                completion=had.completion.plus(one.completion),
            )
        found[one.stage, one.role] = one
    return list(found.values())


def _estimate(run: Run, stage: str, load: _Load) -> Estimate:
    role = run.config.roles.of(load.role)
    reply = load.reply
    if role.max_tokens and load.role != "target":
        reply = Range(min(reply.low, role.max_tokens), role.max_tokens)
    per_call = Range(*(load.chars[i] / _CHARS_PER_TOKEN[i] for i in (0, 1)))
    # A reply that cannot be read is asked for once more, with itself before it and twice the room.
    turns = 2 if load.json else 1
    calls = Range(math.floor(load.calls.low), math.ceil(load.calls.high) * turns)
    prompt, completion = calls.times(per_call), calls.times(reply)
    if load.json:
        prompt = prompt.plus(Range(0, load.calls.high * reply.high))
        completion = completion.plus(Range(0, load.calls.high * reply.high))
    return Estimate(stage, load.role, role.model, calls, prompt, completion)


def finished_stages(run: Run) -> set[str]:
    """Stages that a run under this configuration would not do again."""
    manifest = run.folder.manifest()
    if manifest.get("config") != run.config.model_dump(mode="json"):
        return set()
    noted = {name for name, note in manifest.get("stages", {}).items() if note.get("done")}
    path = Path(run.config.document.path)
    digest = manifest.get("document", {}).get("digest")
    if path.is_file() and document_of(run.config.document).digest != digest:
        return set()
    if not run.folder.has(Rule):
        return set()
    if not instances_note(run, current_rules(run.folder)).done:
        return noted & {"rules"}
    rows = {f"evaluate-{entrant.label}" for entrant in entrants(run)}
    return noted | ({"evaluate"} if rows <= noted else set())


def _sizes(run: Run) -> _Sizes:
    finished = frozenset(finished_stages(run))
    settled = "instances" in finished
    rules = current_rules(run.folder) if settled else []
    settings = run.config.document
    chars: tuple[int, ...] = ()
    n_topics = Range(LEAST_TOPICS, run.config.seeds.n_topics)
    if settings.path and Path(settings.path).exists():
        document = document_of(settings)
        spec = read_spec(document)
        rules = rules or plain_rules(spec.rules)
        n_topics = _n_topics(run, rules, spec.sections)
        blocks = parse_document(document)
        parts = cut_sections(document.text, blocks)
        chars = tuple(len(p.text) for p in passages(document.text, blocks, parts))
    n_rules = Range(len(rules), len(rules))
    if run.config.roles.extractor.model != PLAIN and not settled:
        # A model may split rules that the wording leaves whole, see some that it does not show, and
        # pass over those that are none by their words.
        n_rules = Range(sum(map(is_explicit, rules)), 2 * len(rules))
    length = sum(len(rule.text) for rule in rules) / max(1, len(rules))
    seeds, size = _test_seeds(run, settled, n_topics), _instance_rules(run, settled)
    return _Sizes(n_rules, length, chars, n_topics, seeds, size, finished)


def _n_topics(run: Run, rules: Sequence[Rule], sections: Sequence[Section]) -> Range:
    """As many as the document has subjects; models that read it may name more."""
    most, roles = run.config.seeds.n_topics, run.config.roles
    found = min(most, len(subjects_of(rules, sections).names))
    return Range(found, found if roles.extractor.model == roles.annotator.model == PLAIN else most)


def _test_seeds(run: Run, settled: bool, n_topics: Range) -> Range:
    known = run.folder.read(SeedPrompt) if settled else []
    settings = run.config.seeds
    if not known and settings.path:
        known = read_seeds(Path(settings.path), settings)
    if known:
        n = sum(seed.split == "test" for seed in known)
        return Range(n, n)
    low, high = (max(1, round(n * settings.test_share)) for n in n_topics)
    return Range(low, high * settings.n_per_topic)


def _template(module_file: str | None, name: str = "") -> int:
    prompt = Prompt.beside(str(module_file), name)
    return sum(len(turn.content) for turn in prompt.turns)


_SYNTH = str(seeds_module.__file__)


def _in_synth(name: str) -> int:
    return _template(_SYNTH, name)


def _chars(fixed: float, rules: Range = NONE, rule_chars: float = 0) -> Range:
    """Length of a prompt: its template, `rules` rules and a user's message."""
    return (
        Range(fixed, fixed)
        .plus(rules.times(Range(rule_chars, rule_chars)))
        .plus(Range(*_REQUEST_CHARS))
    )


def _instance_rules(run: Run, settled: bool) -> Range:
    known = run.folder.read(Instance) if settled else []
    if known:
        sizes = [len(instance.rules) for instance in known]
        return Range(min(sizes), max(sizes))
    return Range(run.config.instances.min_rules, run.config.instances.max_rules)


def _rules(run: Run, sizes: _Sizes) -> Iterator[_Load]:
    from specloop.spec import refine

    n = len(sizes.passage_chars)
    mean = sum(sizes.passage_chars) / max(1, n)
    fixed = _template(refine.__file__)
    size = Range(fixed + mean, fixed + mean)
    yield _Load("extractor", Range(n, n), size, Range(_LEAST_REPLY, 1500), json=True)
    annotation = _chars(_in_synth("annotate"), Range(1, 1), sizes.rule_chars)
    yield _Load("annotator", sizes.n_rules, annotation, Range(15, 80), json=True)


def _instances(run: Run, sizes: _Sizes) -> Iterator[_Load]:
    settings = run.config.seeds
    n = NONE if settings.path else sizes.n_topics
    size = _chars(_in_synth("seeds"), Range(6, 6), sizes.rule_chars)
    reply = Range(8 * settings.n_per_topic, 80 * settings.n_per_topic)
    yield _Load("planner", n, size, reply, json=True)


def _probes(run: Run, sizes: _Sizes) -> Iterator[_Load]:
    settings = run.config.synthesis
    n = settings.n_validation + settings.n_test
    yield from _written(run, sizes, Range(n, n), Range(0, n))


def _written(run: Run, sizes: _Sizes, planned: Range, twins: Range) -> Iterator[_Load]:
    """Planner and attacker for `planned` queries and `twins` permitted ones."""
    rules = sizes.instance_rules
    size = _chars(_in_synth("planner"), rules, sizes.rule_chars)
    yield _Load("planner", planned, size, Range(20, 80), json=True)
    written = _chars(_in_synth("attacker"))
    yield _Load("attacker", planned.plus(twins), written, Range(10, 110), json=True)


def _synth(run: Run, sizes: _Sizes) -> Iterator[_Load]:
    settings = run.config.synthesis
    n = settings.waves * settings.exchanges_per_wave
    written = _n_written(run, n, sizes.settled)
    more = n * settings.switch_share * (settings.rounds - 1)
    switched = Range(0, more)
    twins = Range(0, n * settings.permitted_share)
    yield from _written(run, sizes, written.plus(switched), twins)
    rules = sizes.instance_rules if settings.defender_rules else NONE
    fixed = _in_synth("defender") if settings.defender_rules else 0
    answers = Range(n, n).plus(twins).plus(switched)
    size = _chars(fixed, rules, sizes.rule_chars)
    yield _Load("defender", answers, size, Range(_LEAST_REPLY, settings.max_tokens))
    share = settings.judged_share
    judged = Range(least_drawn(answers.low, share), answers.high * share)
    yield from _judged(sizes, judged, Range(0, JUDGED_RULES), settings.max_tokens)


def _n_written(run: Run, n: int, settled: bool) -> Range:
    """Requests that planner and attacker write: exact where the plans can be drawn already."""
    settings = run.config.synthesis
    if not settled:
        # A request that no seed prompt fits is written, whatever the share of direct ones.
        return Range(least_drawn(n, 1 - settings.direct_share), n)
    seeds = [seed for seed in run.folder.read(SeedPrompt) if seed.split == "train"]
    instances = [one for one in run.folder.read(Instance) if one.split == "train"]
    rules = {rule.id: rule for rule in current_rules(run.folder)}
    plans = make_plans(n, seeds, instances, rules, wave_draw(settings))
    written = sum(not plan.direct for plan in plans)
    return Range(written, written)


def _judged(sizes: _Sizes, answers: Range, verdicts: Range, answer_tokens: int) -> Iterator[_Load]:
    from specloop import judges, scorers

    # The words that ask for the form, and what marks the answer as quoted.
    shown = Range(100, 300 + answer_tokens * CHARS_PER_TOKEN)
    per_role: tuple[tuple[RoleName, float, Range], ...] = (
        ("quality", _template(scorers.__file__, "quality"), Range(1, 1)),
        ("compliance", _template(judges.__file__, "sequential"), verdicts),
    )
    for role, template, n in per_role:
        size = _chars(template, Range(1, 1), sizes.rule_chars).plus(shown)
        calls = answers.times(n).times(Range(1, 1 + REPAIRS))
        yield _Load(role, calls, size, Range(_LEAST_REPLY, 240))


def _pairs(run: Run, sizes: _Sizes) -> Iterator[_Load]:
    settings = run.config.synthesis
    most = settings.waves * settings.exchanges_per_wave * (1 + settings.permitted_share)
    rules = sizes.instance_rules if settings.constrained_by == "instance" else Range(1, 3)
    size = _chars(_in_synth("defender"), rules, sizes.rule_chars)
    n_samples = settings.samples if pairings.build(settings.pairing).uses_samples else 0
    n = most * n_samples
    yield _Load("target", Range(0, n), size, Range(_LEAST_REPLY, settings.max_tokens))
    if settings.min_quality > 0:
        yield next(_judged(sizes, Range(0, most), NONE, settings.max_tokens))
    if settings.trust_judge:
        judged = Range(0, most * settings.judged_share * max(1, n_samples))
        loads = _judged(sizes, judged, Range(0, JUDGED_RULES), settings.max_tokens)
        yield from (load for load in loads if load.role == "compliance")


def _evaluate(run: Run, sizes: _Sizes) -> Iterator[_Load]:
    settings = run.config.evaluate
    trained = len(trainings(run.config))
    if not run.config.roles.target.model.startswith(LOCAL):
        trained = len(run.folder.read(TrainingRun))
    yield from _measured(run, sizes, 1 + trained, int(PROMPT_ONLY in settings.baselines))


def _measured(run: Run, sizes: _Sizes, plain: int, prompted: int) -> Iterator[_Load]:
    """Models asked without the rules, and models asked with them in the prompt."""
    settings = run.config.evaluate
    done = "probes" in sizes.finished
    probes = [p for p in run.folder.read(Probe) if p.split == "test" and done]
    n_attacks = run.config.synthesis.n_test
    n = sizes.n_test_seeds.plus(Range(n_attacks, 2 * n_attacks))
    if probes:
        n = Range(len(probes), len(probes))
    if settings.n_probes:
        n = Range(min(n.low, settings.n_probes), min(n.high, settings.n_probes))
    n = n.times(Range(len(settings.seeds), len(settings.seeds)))
    reply = Range(_LEAST_REPLY, settings.max_tokens)
    yield _Load("target", n.times(Range(plain, plain)), _chars(0), reply)
    if prompted:
        from specloop import evaluate

        fixed = _template(evaluate.__file__, "prompt_only")
        yield _Load("target", n, _chars(fixed, sizes.instance_rules, sizes.rule_chars), reply)
    if settings.general:
        asked = len(questions()) + len(general_passages())
        # With the rules in the prompt the figure is that of the model without them.
        calls = Range(plain * asked, (plain or prompted) * asked)
        yield _Load("target", calls, _chars(0), Range(1, 64))
    share = (plain + prompted) * settings.judged_share
    rules = Range(0, sizes.instance_rules.high)
    loads = _judged(sizes, n.times(Range(share, share)), rules, settings.max_tokens)
    yield from (load for load in loads if load.role == "compliance")


def _bench(run: Run, sizes: _Sizes) -> Iterator[_Load]:
    """Intents (and the scenario's description) and drafts for every spec and side, a check of each,
    attacks with their votes."""
    from specloop import benchmaker
    from specloop.benchmaker.intents import AT_ONCE

    settings = run.config.bench
    specs = Range(min(1, sizes.n_rules.low), min(2 * settings.max_specs, sizes.n_rules.high))
    drafts = specs.times(Range(2 * settings.n_per_spec, 2 * settings.n_per_spec))

    def fixed(*names: str) -> float:
        return sum(_template(benchmaker.__file__, name) for name in names) / len(names)

    def size(*names: str) -> Range:
        return _chars(fixed(*names), Range(1, 1), sizes.rule_chars)

    calls = 2 * math.ceil(settings.n_per_spec / AT_ONCE)
    intents = specs.times(Range(calls, calls)).plus(Range(0, 1))
    reply = Range(10, 140)
    yield _Load("planner", intents, size("intent_violation", "intent_permitted"), reply, json=True)
    yield _Load("planner", drafts, _chars(fixed("write")), Range(20, 140), json=True)
    checked = drafts.times(Range(0.5, 1))
    yield _Load("judge", checked, size("relevance"), Range(30, 140), json=True)
    # Half of the drafts pass the selection by variety, or 1.5 for each row wanted if that is more.
    most = max(drafts.high / 4, 1.5 * settings.n_unsafe)
    tried = Range(0, most * settings.attempts)
    yield _Load("attacker", tried, size("attack"), Range(30, 240), json=True)
    votes = Range(0, tried.high * settings.votes)
    yield _Load("judge", votes, size("meaning"), Range(20, 110), json=True)


_LOADS = {
    "bench": _bench,
    "rules": _rules,
    "instances": _instances,
    "probes": _probes,
    "synth": _synth,
    "pairs": _pairs,
    "evaluate": _evaluate,
}
