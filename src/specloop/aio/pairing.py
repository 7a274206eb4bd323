"""Make preference pairs from rules: exchanges in waves, and a pair from each violation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from typing_extensions import Unpack

from specloop.aio.calls import AnyModel, CallOptions, opened
from specloop.aio.given import AnyRules, need_rules, several
from specloop.aio.reading import SpecDocument
from specloop.aio.tables import Tabular
from specloop.config import (
    PLAIN,
    Config,
    Instances,
    RoleName,
    Roles,
    RoleSettings,
    Seeds,
    Synthesis,
    build,
)
from specloop.draws import ranked
from specloop.ended import is_blank
from specloop.errors import InputError, MissingExtraError
from specloop.pipeline.judged_pairs import PairingSource, check_judges, pairing_context
from specloop.records import (
    Answer,
    Case,
    Cost,
    Exchange,
    Failure,
    Instance,
    Judgement,
    PreferencePair,
    Record,
    Rule,
    SeedPrompt,
)
from specloop.synth.exchange import SynthesisContext
from specloop.synth.instances import need_lessons, sample_instances
from specloop.synth.pairs import filter_pairs, make_pairs, materials
from specloop.synth.probes import everyday_probes
from specloop.synth.seeds import plain_seeds, topics_of
from specloop.synth.subjects import subjects_of
from specloop.synth.waves import run_waves

if TYPE_CHECKING:
    from datasets import Dataset

_VALIDATION = 8
"""One of this many requests is kept for validation."""


@dataclass(frozen=True, repr=False)
class Pairs(Tabular):
    """Preference pairs, with the requests for validating a training on them."""

    pairs: tuple[PreferencePair, ...]
    rules: tuple[Rule, ...]
    target: str
    """The model that answered, and that will be trained."""
    validation: tuple[Case, ...]
    """Requests that no pair is about."""
    failures: tuple[Failure, ...]
    """Failed exchanges, and violations without a pair, with the reason."""
    n_duplicates: int
    """Pairs left out because another has the same request and chosen answer."""
    n_leaks: int
    """Pairs left out because their request is close to one for validation."""
    cost: Cost

    def __iter__(self) -> Iterator[PreferencePair]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def rows(self) -> list[dict[str, Any]]:
        """One row per pair, as texts."""
        texts = {rule.id: rule.text for rule in self.rules}
        return [
            {
                "prompt": pair.request,
                "chosen": pair.chosen_text,
                "rejected": pair.rejected_text,
                "violated": "; ".join(texts.get(rule, rule) for rule in pair.violated),
                "side": pair.side,
                "pairing": pair.pairing,
                "level": pair.level or "",
            }
            for pair in self.pairs
        ]

    @property
    def note(self) -> str:
        """The number of pairs, and the cost."""
        left_out = {
            "without a pair": len(self.failures),
            "duplicates": self.n_duplicates,
            "close to a validation request": self.n_leaks,
        }
        reasons = "".join(f", {n} {why}" for why, n in left_out.items() if n)
        return f"{len(self.pairs)} pairs{reasons}; {self.cost.n_calls} calls"

    def to_dataset(self) -> Dataset:
        """A dataset with the columns prompt, chosen and rejected, as TRL's trainers load it."""
        try:
            from datasets import Dataset
        except ModuleNotFoundError:
            raise MissingExtraError("a dataset", "train") from None
        names = {"prompt", "chosen", "rejected"}
        return Dataset.from_list([pair.model_dump(include=names) for pair in self.pairs])


async def pairs(
    target: AnyModel,
    rules: AnyRules,
    requests: Sequence[str] = (),
    *,
    roles: Mapping[RoleName, AnyModel] | None = None,
    synthesis: Mapping[str, Any] | None = None,
    **calls: Unpack[CallOptions],
) -> Pairs:
    """Make preference pairs of the target's own violations: rejected is its answer as it is,
    chosen one that keeps the rules.

    `requests` are everyday requests to start from; without any they are made out of the subjects of
    the specification. `roles` are models for planner, attacker, compliance and quality, which run
    plain without one; in the rounds of `switch_share` the target attacks. `synthesis` has the
    options of that table in a configuration: waves, exchanges_per_wave, pairing, trust_judge, ...;
    without a certificate a judge's verdicts make pairs if `trust_judge` is `unmeasured`.
    InputError where no rule can be trained on.
    """
    given, settings = need_rules(rules), build(Synthesis, synthesis or {}, "synthesis")
    models = _models(target, {} if roles is None else roles)
    judge = RoleSettings(model="given" if models.get("compliance") else PLAIN)
    config = Config(synthesis=settings, roles=Roles(compliance=judge))
    need_lessons(config, given, frozenset(), for_pairs=True)
    check_judges(config)
    material = _material(_asked(rules, given, requests), given, settings)
    source = PairingSource(sections=rules.sections if isinstance(rules, SpecDocument) else ())
    async with opened(models, calls) as role_models:
        context = pairing_context(role_models.models, given, settings, source)
        records = await _made(material, context)
    made = [record for record in records if isinstance(record, PreferencePair)]
    filtered = filter_pairs(made, material.validation)
    return Pairs(
        tuple(filtered.pairs),
        tuple(given),
        target if isinstance(target, str) else role_models.models.name("target"),
        tuple(material.validation),
        tuple(record for record in records if isinstance(record, Failure)),
        filtered.n_duplicates,
        filtered.n_leaks,
        role_models.cost,
    )


def _models(target: Any, roles: Any) -> dict[RoleName, AnyModel | None]:
    """By role; InputError where there is no target, or roles are no table."""
    if target is None or target == PLAIN:
        raise InputError("pairs: name the target, a model such as 'embedded:smollm2-135m'")
    if not isinstance(roles, Mapping):
        raise InputError('roles: write a table, such as {"planner": "openai:gpt-4.1"}')
    return {"target": target, "defender": target, **cast(Mapping[RoleName, Any], roles)}


class _Material(NamedTuple):
    """The material for pairs."""

    seeds: Sequence[SeedPrompt]
    instances: Sequence[Instance]
    validation: Sequence[Case]


def _asked(rules: AnyRules, given: Sequence[Rule], requests: Sequence[str]) -> list[SeedPrompt]:
    """The everyday requests, each once."""
    listed = several(requests, str, "requests: a list of texts")
    if isinstance(requests, str) or not all(map(_is_text, listed)):
        raise InputError("requests: give a list of texts, none of them blank")
    texts = dict.fromkeys(" ".join(text.split()) for text in listed)
    if texts:
        return [SeedPrompt(topic=text, text=text) for text in texts]
    sections = rules.sections if isinstance(rules, SpecDocument) else ()
    subjects, settings = subjects_of(given, sections), Seeds()
    try:
        topics = topics_of(subjects, given, settings.n_topics)
    except InputError:
        raise InputError("requests: the rules name too few subjects; give requests") from None
    return plain_seeds(topics, subjects, settings)


def _is_text(given: object) -> bool:
    return isinstance(given, str) and not is_blank(given)


def _material(seeds: Sequence[SeedPrompt], rules: Sequence[Rule], settings: Synthesis) -> _Material:
    """Instances of the rules, and the requests, except a few that are kept for validation."""
    order = ranked(seeds, lambda seed: seed.text, "validation", settings.seed)
    n = len(order) // _VALIDATION
    sampled = sample_instances(rules, frozenset(), Instances(seed=settings.seed))
    instances = [instance for instance in sampled if instance.split == "train"]
    validation = [seed.model_copy(update={"split": "validation"}) for seed in order[:n]]
    return _Material(order[n:], instances, everyday_probes(validation, instances, rules))


async def _made(material: _Material, context: SynthesisContext) -> list[Record]:
    """The pairs, and those that failed or were left out."""
    records: list[Record] = []
    async for wave in run_waves(material.seeds, material.instances, context, []):
        records += wave
    items = materials(
        [record for record in records if isinstance(record, Exchange)],
        [record for record in records if isinstance(record, Case)],
        [record for record in records if isinstance(record, Answer)],
        material.instances,
        [record for record in records if isinstance(record, Judgement)],
    )
    return [*records, *await make_pairs(items, context)]
