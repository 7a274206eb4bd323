"""What is said of the verdicts of a model where pairs are made: how they were had, what a second
look found, and what was left out, with the remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from specloop.config import PLAIN, Config, RoleName, Synthesis
from specloop.errors import InputError
from specloop.evaluation.belief_text import doubts_of
from specloop.judges import judges
from specloop.judging.grader import Grader
from specloop.judging.guides import NO_GUIDES, Guides
from specloop.judging.second_look import Looked, SecondLook, is_second_look
from specloop.llm.base import Model
from specloop.llm.roles import RoleModels
from specloop.pipeline.judge_models import StageJudge, with_judge
from specloop.pipeline.run import Run
from specloop.records import (
    Belief,
    Example,
    Exchange,
    JudgeBelief,
    Judgement,
    PreferencePair,
    Record,
    Rule,
    Section,
    verdicts_of,
)
from specloop.synth.exchange import SynthesisContext
from specloop.terminal import console

_SUPPOSED = 0.9
"""The share of right verdicts that is supposed of a judge that was not measured."""
_SHOWN = 3
"""Groups of rules, at most, of which a remedy is printed."""


def check_judges(config: Config) -> None:
    """InputError where a judge is to make pairs, or to be agreed with, and there is none; where it
    gives no probabilities and they are to differ."""
    settings = config.synthesis
    names = ("second_judge", "second_look", "least_gap")
    given = [name for name in names if getattr(settings, name)]
    if settings.trust_judge in ("weak", "unmeasured"):
        given.insert(0, "trust_judge")
    if given and config.roles.compliance.model == PLAIN:
        raise InputError(
            f"synthesis.{given[0]} is set, and there is no judge whose verdicts could make pairs:"
            f" name a model in roles.compliance.model, or leave out synthesis.{given[0]}"
        )
    judge = judges.build(settings.judge)
    if settings.least_gap and not judge.gives_probability:
        raise InputError(
            f"synthesis.least_gap: the judge {judges.name_of(judge)!r} gives no probabilities; take"
            " logprob, likelihood, weighted, panel, or graded with several samples, or set"
            " least_gap to 0"
        )


class PairingSource(NamedTuple):
    """What judges of pairs are shown of the document, and how far the first is believed."""

    guides: Guides = NO_GUIDES
    sections: Sequence[Section] = ()
    beliefs: Mapping[str, Belief] = MappingProxyType({})
    examples: Sequence[Example] = ()


def pairing_context(
    models: RoleModels, rules: Sequence[Rule], settings: Synthesis, source: PairingSource
) -> SynthesisContext:
    """What pairs are made with, the judges besides the exchanges' own among it."""
    open_models: dict[RoleName, Model] = {r: one.model for r, one in models.by_role.items()}
    second, look = (
        StageJudge.another(table).opened(open_models, source.guides) if table else None
        for table in (settings.second_judge, settings.second_look)
    )
    sections = {section.id: section for section in source.sections}
    return SynthesisContext(
        with_judge(models, settings.judge, "compliance"),
        rules,
        settings,
        source.guides,
        source.beliefs,
        second,
        SecondLook(look, sections, examples=source.examples) if look else None,
    )


class JudgedByModel(NamedTuple):
    """What a model judged in place of code where pairs are made."""

    belief: JudgeBelief | None
    """How far it is believed; None without a judge or such rules."""
    not_believed: Sequence[Rule]
    """The rules that it found broken where its word does not count, once for each answer."""
    second: Grader | None = None
    """The judge that has to agree, if there is one."""


def belief_fact(belief: JudgeBelief | None) -> dict[str, Any]:
    """The belief as a fact for the manifest."""
    return {"belief": belief.model_dump(mode="json")} if belief else {}


def tell_judged(
    run: Run, records: Iterable[Record], pairs: Sequence[PreferencePair], judged: JudgedByModel
) -> dict[str, Any]:
    """Print it, and return it as facts for the manifest; nothing where no model's verdict could
    have made a pair."""
    looked = Looked.of(
        verdicts_of(r for r in records if isinstance(r, Judgement) and is_second_look(r))
    )
    levels = Counter(pair.level for pair in pairs if pair.level not in ("check", None))
    facts = belief_fact(judged.belief)
    if levels:
        facts["judged_pairs"] = dict(levels)
        told = ", ".join(f"{n} {level}" for level, n in levels.items())
        _say(f"pairs that rest on a model's verdict: {told}")
    if agreed := _agreed(run, records, judged.second):
        facts["second_judge"] = dict(agreed)
        _say(
            f"second judge: agreed on {agreed['NO']} of {agreed.total()} violations"
            f" ({agreed['YES'] + agreed['NA']} not, {agreed['unscored']} could not be read)"
        )
    if looked.n:
        facts["second_look"] = looked._asdict()
        _say(f"second look: {looked.words}")
    if judged.belief and (levels or judged.not_believed):
        for line in doubts_of(judged.belief):
            _say(line)
    if judged.not_believed:
        facts["not_believed"] = len(judged.not_believed)
        for line in _left_out(run, judged):
            _say(line, style="yellow")
    return facts


def _agreed(run: Run, records: Iterable[Record], second: Grader | None) -> Counter[str]:
    """What the second judge said of the violations, by its verdict."""
    if second is None:
        return Counter()
    own = {second.blank(one.answer).id for one in run.folder.read(Exchange)}
    said = (one for one in records if isinstance(one, Judgement) and one.id in own)
    return Counter(verdict.value for verdict in verdicts_of(said))


def _say(text: str, style: str = "") -> None:
    console.print(f"  {text}", style=style, markup=False)


def _left_out(run: Run, judged: JudgedByModel) -> Iterator[str]:
    rules, least = judged.not_believed, run.config.synthesis.trust_judge
    if least == "never":
        yield (
            f"{len(rules)} violations that only a model found make no pairs"
            ' (synthesis.trust_judge is "never")'
        )
        return
    counts = Counter(rule.family for rule in rules)
    families = (
        [one for one in judged.belief.families if counts[one.family]] if judged.belief else []
    )
    yield (
        f"{len(rules)} violations that only a model found make no pairs: they need a judge that is"
        f" {least}"
    )
    for one in sorted(families, key=lambda one: -counts[one.family])[:_SHOWN]:
        of = f" on the family {one.family!r}" if one.family else ""
        yield f"- {counts[one.family]}: it is {one.level}{of}; to be certified it needs {one.needs}"
    folder = run.folder.path
    yield (
        f"label with `specloop review {folder} --by NAME --answers synthesis`, measure with"
        f" `specloop judge calibrate {folder} --gold review:{folder}`; or set"
        ' synthesis.trust_judge = "unmeasured", and every pair says so'
    )
