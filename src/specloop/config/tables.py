"""The tables of the TOML file, one per stage. All defaults are here.

    [document]  path                      [train]     name of a trainer, its options
    [roles]     a model for each role     [evaluate]  probes, sampling, baselines
    [instances] [seeds] [synthesis]       [specbench] [bench] [calibrate]
                                          [rubrics] [sets]
                                          [cache], [limits], [prices."MODEL"]

Paths in the file, and those that `--set` replaces, are relative to the file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from specloop.config.calibration import (
    AnotherJudge,
    Calibrate,
    JointTable,
    JudgeTable,
    RefusalTable,
    Rubrics,
    Sets,
)
from specloop.config.families import TRAINERS, Family, StrategyName
from specloop.config.roles import Roles
from specloop.config.values import ConfigTable, Line, Seed, TopK
from specloop.records import ASSISTANT_ONLY, TOLD, Authority, Party, Sampling

PROMPT_ONLY = "prompt-only"
"""The baseline that has the rules in its prompt."""

ALL = "all"
"""Among a benchmark's methods: all methods."""


class Document(ConfigTable):
    """The specification and how it is read."""

    path: Line = ""
    format: Literal["auto", "markdown", "text", "html", "pdf", "docx"] = "auto"
    parties: tuple[Party, ...] = Field(default=ASSISTANT_ONLY, min_length=1)
    """Whose rules are trained and judged: assistant, user, operator, author, third_party. Where no
    rule binds an assistant, those that bind users and authors are taken by default."""
    language: Literal["auto", "english"] = "auto"
    """`english` reads all of it as English, whatever it looks like."""
    authorities: dict[Line, Authority] = Field(default_factory=dict)
    """What other names of authorities in it stand for: `platform = "root"`."""


class Instances(ConfigTable):
    """Stage 2: concrete specifications of `min_rules` to `max_rules` rules."""

    n_train: int = Field(default=6, ge=1)
    n_validation: int = Field(default=1, ge=1)
    n_test: int = Field(default=3, ge=1)
    min_rules: int = Field(default=8, ge=1)
    max_rules: int = Field(default=13, ge=1)
    rules: Literal["all", "judged"] = "all"
    """Rules that instances hold: all, or only those that code cannot decide; then the others are
    held out, and still checked in every answer."""
    held_out_rules: tuple[Line, ...] = ()
    """Rules that no training instance has: ids, section anchors or words of a rule's text."""
    held_out_share: float = Field(default=0.1, ge=0, lt=1)
    """If none is named: the share of held-out rules, drawn by seed."""
    seed: Seed = 0

    @model_validator(mode="after")
    def _fewest_first(self) -> Self:
        if self.min_rules > self.max_rules:
            raise ValueError(f"min_rules {self.min_rules} is above max_rules {self.max_rules}")
        return self


class Seeds(ConfigTable):
    """Seed prompts: a JSON Lines file of {topic, text[, split]}, a folder of prompts for a
    document's clauses, written by the planner's model, or made from its subjects without one."""

    path: Line = ""
    n_topics: int = Field(default=12, ge=3)
    """Without a file: how many topics to write seed prompts for."""
    n_per_topic: int = Field(default=6, ge=1)
    validation_share: float = Field(default=0.1, gt=0, lt=1)
    test_share: float = Field(default=0.25, gt=0, lt=1)
    seed: Seed = 0

    @model_validator(mode="after")
    def _some_for_training(self) -> Self:
        if self.validation_share + self.test_share >= 1:
            raise ValueError("validation_share and test_share leave nothing for training")
        return self


Trusted = Literal["certified", "weak", "unmeasured", "never"]


def _trusted(value: object) -> object:
    """A plain yes or no is a level as well."""
    return {True: "unmeasured", False: "never"}[value] if isinstance(value, bool) else value


class Synthesis(ConfigTable):
    """Stage 3: planner, attacker and defender in waves, two judges, pairs."""

    waves: int = Field(default=3, ge=1)
    exchanges_per_wave: int = Field(default=40, ge=1)
    direct_share: float = Field(default=0.5, ge=0, le=1)
    """Share of exchanges that use the everyday request as it is, without planner and attacker."""
    defender_rules: bool = True
    """Whether the defender sees the instance's rules, as in the paper."""
    switch_share: float = Field(default=1.0, ge=0, le=1)
    """Share of violations after which attacker and defender trade models for another round."""
    rounds: int = Field(default=2, ge=1)
    """Most rounds of one exchange."""
    pool_size: int = Field(default=3, ge=0)
    """Strategies of earlier waves that broke the same rule, shown to the planner."""
    permitted_share: float = Field(default=1.0, ge=0, le=1)
    """Permitted twins written for this share of violations."""
    pairing: Annotated[str | dict[str, Any], Family("specloop.pairings", "repaired")] = "repaired"
    samples: int = Field(default=2, ge=1)
    """How many constrained answers of the target the chosen one is taken from."""
    constrained_by: Literal["instance", "broken"] = "instance"
    """Rules shown for constrained answers: all of the instance, or those broken (at most three)."""
    constrained_temperature: float = Field(default=0.7, ge=0)
    contrast_share: float = Field(default=0.25, ge=0, le=1)
    """Share of the pairs whose rejected answer is, if possible, the chosen one with a conditional
    rule broken: left out where it applies, or applied where it must not be."""
    max_tokens: int = Field(default=200, ge=16)
    min_quality: float = Field(default=0.0, ge=0, le=1)
    """Pairs whose chosen answer scores below this are left out."""
    judged_share: float = Field(default=0.1, ge=0, le=1)
    """Share of exchanges judged by models as well: quality, and rules that code cannot decide."""
    judged_rules: int = Field(default=3, ge=1)
    """Most such rules of an instance that are judged, first the one that the request tests."""
    judge: JointTable = "joint"
    """The judge of rules that code cannot decide, with the compliance role's model. By default it
    asks in other words than that of the evaluation."""
    quality: Annotated[str | dict[str, Any], Family("specloop.scorers", "quality")] = "quality"
    """The scorer of answers, with the quality role's model."""
    trust_judge: Annotated[Trusted, BeforeValidator(_trusted)] = "certified"
    """How far the judge must be believed on a rule so that its verdicts make pairs: `certified`,
    `weak`, `unmeasured` (always), or `never`. Every pair says how its verdicts were had."""
    second_judge: AnotherJudge = ""
    """A judge that must agree on both sides of a pair; `role`: whose model. Empty: none."""
    second_look: AnotherJudge = ""
    """A judge that holds each violation that a model found against the document's section before
    it makes a pair, with the `role` whose model it asks; empty: none."""
    least_gap: float = Field(default=0.0, ge=0)
    """Least difference of the log-probabilities of YES between the two sides of a pair, for judges
    that give probabilities; 0: any."""
    n_validation: int = Field(default=40, ge=1)
    """Probes to write for validation, beside everyday requests."""
    n_test: int = Field(default=60, ge=1)
    """Probes to write for the held-out test, beside everyday requests."""
    max_failures: float = Field(default=0.2, ge=0, le=1)
    """Share of failed items above which the stage stops."""
    seed: Seed = 0


METHODS = Family("specloop.methods", beside={"told": TOLD})


def _baseline(name: str) -> str:
    known = [PROMPT_ONLY, *TRAINERS.registry.names()]
    if name not in known:
        raise ValueError(f"write one of {', '.join(known)}")
    return name


class Evaluate(ConfigTable):
    """Stage 5: held-out probes, sampling and what to compare."""

    baselines: tuple[Annotated[Line, AfterValidator(_baseline)], ...] = ()
    """`prompt-only`, or trainers that train on the same pairs as the configured one."""
    methods: tuple[Annotated[str | dict[str, Any], METHODS], ...] = ()
    """Test-time methods, each on the base and on the trained model. A table has the method's
    options, and says what the model is `told`: its case's `rules`, or all of the `document`."""
    scorer: Annotated[str | dict[str, Any], Family("specloop.scorers")] = ""
    """What best_of_n, tpo and self_refine choose by; empty: none."""
    max_tokens: int = Field(default=256, ge=16)
    temperature: float = Field(default=0.0, ge=0)
    seeds: tuple[Seed, ...] = Field(default=(0,), min_length=1)
    n_probes: int = Field(default=0, ge=0)
    """0 means all held-out probes."""
    general: bool = True
    n_general: int = Field(default=61, ge=1)
    """How many of the 500 general questions are asked, the first ones."""
    max_failures: float = Field(default=0.2, ge=0, le=1)
    """Share of unanswered probes above which the stage stops."""
    judged_share: float = Field(default=0.0, ge=0, le=1)
    """Share of answers on which the compliance judge's model is asked as well; its verdicts enter
    totals only where it is certified, and asked about all."""
    judge: JudgeTable = "sequential"
    """The judge for these verdicts."""
    tested_only: bool = False
    """Ask the judge only about rules that a held-out probe was written to test: of others it knows
    little where it cannot say NA."""
    second_look: AnotherJudge = ""
    """Holds violations that were found against the document's section; `role`: whose model."""
    refusals: RefusalTable = "classifier"
    """What tells refusals of permitted requests; `model` asks the compliance judge's model."""
    metrics: tuple[Annotated[dict[str, Any], Family("specloop.metrics")], ...] = ()
    """Metrics with options of their own; all others have their defaults."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    margin: float = Field(default=0.05, ge=0, lt=1)
    """After a revision: how much worse a figure may get and still counts as no worse."""
    seed: Seed = 0

    @property
    def samplings(self) -> tuple[Sampling, ...]:
        """How answers are drawn: once for each seed."""
        base = Sampling(temperature=self.temperature, max_tokens=self.max_tokens)
        return base.by_seed(self.seeds)


def _once(seeds: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(seeds)) < len(seeds):
        raise ValueError("a seed stands there twice; take one out")
    return seeds


class SpecBench(ConfigTable):
    """A benchmark in SpecBench's form: its data, the methods to compare and how they are judged."""

    data: Line = ""
    """A data folder, a checkout of SpecBench, `hf:OWNER/NAME` on the Hugging Face Hub, `run:RUN`
    for a run's held-out probes, or `NAME:WHERE` of another source."""
    scenarios: tuple[Line, ...] = ()
    """Folder names; empty: all."""
    subset: int = Field(default=0, ge=0)
    """Rows of each scenario, stratified by label and source; 0: all."""
    subset_seed: Seed = 0
    methods: tuple[StrategyName, ...] = Field(default=("vanilla",), min_length=1)
    adversarial: bool = True
    """False: use the prompts as they were before the attack on them. A method's table may set it
    for itself."""
    protocol: Literal["specloop", "reference"] = "specloop"
    reference_checkout: Line = ""
    """A checkout of SpecBench; the reference protocol reads its wordings and settings there."""
    judge: JointTable = "joint"
    """joint, sequential, logprob or check; in the reference protocol joint or sequential."""
    rubrics: Line = ""
    """A run or a file with rubrics, which the judge shows with the specs that are worded as their
    rules are; empty: none. The reference protocol has none."""
    scorer: Annotated[str | dict[str, Any], Family("specloop.scorers")] = ""
    """The scorer by which best_of_n, tpo and self_refine choose; empty: none, or with the methods
    `all` the judge."""
    max_tokens: int = Field(default=4200, ge=16)
    """Tokens of each answer. SpecBench's setting for models that do not reason; it has 8400 for
    those that do."""
    temperature: float = Field(default=0.7, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    top_k: TopK = 0
    seeds: Annotated[tuple[Seed, ...], AfterValidator(_once)] = Field(default=(0,), min_length=1)
    alpha: float = Field(default=0.3, ge=0, le=1)
    """The value of a safe answer with any behavioural score, as in SpecBench."""
    max_failures: float = Field(default=0.2, ge=0, le=1)
    """Share of failed items, or of items whose judge cannot be read, above which a stage stops."""
    confidence: float = Field(default=0.95, gt=0, lt=1)

    @property
    def chooser(self) -> StrategyName:
        """The scorer that methods choose by, named or not; empty: none. SpecBench's code has no
        method that chooses."""
        if self.protocol == "reference":
            return ""
        return self.scorer or ("judge" if ALL in self.methods else "")


class Benchmaker(ConfigTable):
    """A benchmark built from the user's own document."""

    key: Line = ""
    """Folder name of the scenario; empty: made from the document's name."""
    description: str = ""
    """The task in a sentence or two; empty: written by the planner's model."""
    max_specs: int = Field(default=12, ge=1)
    """Most specs of each category; SpecBench has 9 to 12."""
    n_per_spec: int = Field(default=6, ge=1)
    """Prompts written for each spec and side, before selection."""
    n_unsafe: int = Field(default=20, ge=1)
    n_safe: int = Field(default=10, ge=1)
    tactics: int = Field(default=3, ge=1)
    """Attack tactics composed for one unsafe prompt."""
    attempts: int = Field(default=4, ge=1)
    """Most attacks tried on a prompt until its meaning survives."""
    votes: int = Field(default=3, ge=1)
    """How often a model says whether the meaning survived; the majority decides. SpecBench asks 5
    times."""
    embedding: Line = "hashed"
    """`hashed`, or `hf:PATH` of a sentence-embedding model."""
    against: tuple[Line, ...] = ()
    """Run folders whose training data no prompt may repeat, besides this run's own."""
    max_failures: float = Field(default=0.2, ge=0, le=1)
    seed: Seed = 0


class Cache(ConfigTable):
    """Where finished calls are kept."""

    folder: Line = ""
    """A folder that several runs share; empty: each run keeps its own."""


class Limits(ConfigTable):
    """What a run may spend in all, including its earlier, stopped or killed parts."""

    max_calls: int | None = Field(default=None, ge=1)
    max_tokens: int | None = Field(default=None, ge=1)
    """Prompt and completion tokens together."""
    max_cost: float | None = Field(default=None, gt=0)
    """USD; every model in use needs its prices."""
    grace_s: float = Field(default=5.0, ge=0)
    """Seconds that calls in flight get after the first Ctrl-C."""


class Price(ConfigTable):
    """USD for a million tokens of one model. Prices are never guessed."""

    input: float = Field(ge=0)
    cached_input: float | None = Field(default=None, ge=0)
    """Cached prompt tokens; by default priced like the others."""
    output: float = Field(ge=0)
    """Reasoning included."""


class Config(ConfigTable):
    """The whole configuration of a run."""

    out: Line = "run"
    document: Document = Document()
    roles: Roles = Roles()
    instances: Instances = Instances()
    seeds: Seeds = Seeds()
    synthesis: Synthesis = Synthesis()
    train: Annotated[dict[str, Any], TRAINERS] = Field(default_factory=lambda: TRAINERS.read({}))
    """Stage 4: a trainer by its name, with its options."""
    evaluate: Evaluate = Evaluate()
    specbench: SpecBench = SpecBench()
    bench: Benchmaker = Benchmaker()
    rubrics: Rubrics = Rubrics()
    calibrate: Calibrate = Calibrate()
    sets: Sets = Sets()
    cache: Cache = Cache()
    limits: Limits = Limits()
    prices: dict[str, Price] = Field(default_factory=dict)
    """Prices by the model's name as in [roles]."""
