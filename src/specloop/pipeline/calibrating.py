"""A judge measured on labelled verdicts: the stage behind `specloop judge calibrate`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from specloop.calibration.certify import CertifyingPlan, certificate, judge_gold, plan, repeated
from specloop.calibration.measures import minus
from specloop.calibration.split import GoldSubject
from specloop.config import PLAIN, RoleName
from specloop.errors import InputError
from specloop.gold import Gold, in_force, keep_gold, load_gold, load_pairs
from specloop.judges import judges
from specloop.judges.cascade import Cascade
from specloop.judging.grader import Grader
from specloop.judging.guides import NO_GUIDES, Guides, rubric_guides
from specloop.judging.worked import Shot, Shots, quotes
from specloop.llm.roles import RoleModel
from specloop.pipeline.judge_models import grader_in, judge_requests, with_judge
from specloop.pipeline.model_pool import ModelRequest
from specloop.pipeline.preflight import preflight
from specloop.pipeline.run import Run, StageLog
from specloop.records import Certificate, Failure, GoldCase, GoldLabel, Rule
from specloop.runrules import RUBRICS_FILE, current_guides, current_rubrics, current_rules
from specloop.stats import Rate, Resampling
from specloop.store import GOLD, RunFolder
from specloop.terminal import console

_HANGING = (
    ". Cases that share a section, a group or a request are in one part, so one part may have few"
    " of them: try --part all"
)


async def stage_calibrate(run: Run) -> Certificate:
    """The configured judge on the configured gold; verdicts that are there are kept."""
    settings, (planned, shots) = run.config.calibrate, _read_gold(run)
    cases = [one.case for one in planned.cases]
    folder, requests = run.folder.part(GOLD), _requests(run)
    guides = _guides(run, cases, shots) if requests else NO_GUIDES
    grader = grader_in(run.config.roles, settings.judge, "judge", guides)
    inputs = [grader.request_digest, planned.digest, planned.part, str(settings.repeats)]
    note = StageLog(run, "calibrate", inputs)
    note.begin()
    folder.make()
    keep_gold(folder, cases, planned.labels)
    if aside := _left_aside(settings.gold):
        console.print(f"  {aside}", style="yellow", markup=False)
    roles: list[RoleName] = [request.role for request in requests]
    async with run.models("calibrate", *roles) as opened:
        model = with_judge(opened.models, settings.judge, "judge").get("judge")
        rounds = [
            await judge_gold(cases, *judge, folder, settings.max_failures)
            for judge in _repeats(grader, model, settings.repeats)
        ]
    how = Resampling(confidence=settings.confidence)
    made = certificate(planned, grader, rounds, how, run.config.prices)
    others = [one for one in run.folder.read(Certificate) if one.id != made.id]
    run.folder.replace(Certificate, [*others, made])
    note.finish(
        opened.meters, done=not any(isinstance(one, Failure) for each in rounds for one in each)
    )
    return made


def _repeats(
    grader: Grader, model: RoleModel | None, n: int
) -> list[tuple[Grader, RoleModel | None]]:
    """The judge as often as it is asked; one that asks no model once."""
    if model is None:
        return [(grader, None)]
    return [repeated(grader, model, repeat) for repeat in range(n)]


class _ReadGold(NamedTuple):
    """What the gold holds for the judge that is measured."""

    planned: CertifyingPlan
    shots: Shots
    """Worked examples for other cases, by what they are judged by."""


def _read_gold(run: Run) -> _ReadGold:
    """The labelled cases that the judge is measured on; InputError if they say nothing about a
    judge."""
    settings = run.config.calibrate
    rules: Sequence[Rule] = current_rules(run.folder) if run.folder.has(Rule) else ()
    if judges.build(settings.judge).compares:
        return _ReadGold(_plan_of_pairs(run, rules), {})
    gold = load_gold(settings.gold, rules)
    planned = plan(gold.cases, in_force(gold.labels), settings.gold, settings.part, settings.n)
    n_kept = sum(one.is_kept for one in planned.cases)
    n_broken = len(planned.cases) - n_kept
    if min(n_kept, n_broken) < settings.least:
        aside = _left_aside(settings.gold)
        raise InputError(
            f"{', '.join(settings.gold)}: {n_kept} labels of kept and {n_broken} of broken rules"
            f" in part {planned.part!r}; a judge is measured on at least {settings.least} of each."
            f" Label more, or set calibrate.least{_HANGING if settings.part != 'all' else ''}"
            + _left_out(planned)
            + (f". {aside}" if aside else "")
        )
    return _ReadGold(planned, _shots(gold))


def _left_out(planned: CertifyingPlan) -> str:
    """How many of what is labelled do not count, and why; empty if all do."""
    n = planned.n_left_out
    return f". {n} more are left out: their labels differ, or do not decide" if n else ""


def _left_aside(gold: Sequence[str]) -> str:
    """How many labels of models and unknown labellers reviewed runs have that count for nothing,
    since people gave some there; empty if none."""
    folders = [name.removeprefix("review:") for name in gold if name.startswith("review:")]
    kinds = [
        Counter(label.kind for label in RunFolder(Path(one)).part(GOLD).read(GoldLabel))
        for one in folders
    ]
    aside = [
        f"{n} labels of {words}"
        for kind, words in (("model", "models"), ("unknown", "unknown labellers"))
        if (n := sum(each[kind] for each in kinds if each["person"]))
    ]
    told = f"{' and '.join(aside)} are left aside, since people have labelled there"
    return told if aside else ""


def _plan_of_pairs(run: Run, rules: Sequence[Rule]) -> CertifyingPlan:
    """The pairs that a judge which compares is measured on."""
    settings = run.config.calibrate
    gold = load_pairs(settings.gold, rules)
    planned = plan(gold.pairs, gold.labels, settings.gold, settings.part, settings.n)
    if len(planned.cases) < settings.least:
        raise InputError(
            f"{', '.join(settings.gold)}: {len(planned.cases)} pairs of which one answer is the"
            f" better one, in part {settings.part!r}; a judge that compares is measured on at least"
            f" {settings.least}. Label more, or set calibrate.least{_left_out(planned)}"
        )
    return planned


def lost_by_cascades(certificates: Sequence[Certificate]) -> Iterator[str]:
    """What each cascade loses against its strong judge alone, on the same labels."""
    for one in certificates:
        if one.judge != "cascade":
            continue
        cascade = judges.build({"name": one.judge, **one.settings})
        assert isinstance(cascade, Cascade)
        strong = cascade.parts[1].judge
        name = judges.name_of(strong)
        alone = [
            other
            for other in certificates
            if (other.judge, other.gold_digest) == (name, one.gold_digest)
            and other.model in one.model.split("+")
            and judges.build({"name": name, **other.settings}) == strong
        ]
        lost = minus(_accuracy(one), _accuracy(alone[-1])) if alone else None
        if lost and lost.value is not None and lost.ci_low is not None and lost.ci_high is not None:
            yield (
                f"{one.label}: {lost.value:+.2f} [{lost.ci_low:+.2f}, {lost.ci_high:+.2f}]"
                f" accuracy against its strong judge alone ({alone[-1].label})"
            )
        else:
            yield (
                f"{one.label}: what it loses is told once its strong judge ({name}) is measured"
                " alone on the same labels"
            )


def _accuracy(certificate: Certificate) -> Rate:
    found = certificate.figure("accuracy")
    return Rate(found.value, found.n, found.ci_low, found.ci_high) if found else Rate(None, 0)


def check_calibrate(run: Run) -> None:
    """InputError if something is missing: the gold, the judge or its model."""
    preflight(run, ["calibrate"] if _requests(run) else [], (lambda: _read_gold(run),))


def _requests(run: Run) -> list[ModelRequest]:
    """The models that the judge asks, its own first; empty for a judge that asks none."""
    table, roles = run.config.calibrate.judge, run.config.roles
    if not judges.build(table).asks:
        return []
    if roles.judge.model == PLAIN:
        raise InputError("no judge: name its model with --model, or as judge under [roles]")
    return judge_requests(roles, table, "judge")


def _guides(run: Run, cases: Sequence[GoldSubject], shots: Shots) -> Guides:
    """The guides of the run's rules, with worked examples from the gold besides the run's. What a
    case is judged by may be a section: its guide is made of those of the rules that the case is
    about."""
    judge = judges.build(run.config.calibrate.judge)
    _tell_unknown(run, cases)
    _tell_quoted(run, cases)
    current = current_guides(run.folder).within(judge.context, judge.examples)
    # The joined ones follow from the others: the judge with a rule's own guide is the same judge.
    shown = current._replace(by_text={**_joined(run, cases, current.by_text), **current.by_text})
    return shown.with_examples(shots, judge.examples)


def _tell_unknown(run: Run, cases: Sequence[GoldSubject]) -> None:
    """Say so where labels are about none of the run's rules: its evaluation is then of others."""
    rules = current_rules(run.folder) if run.folder.has(Rule) else []
    known = {said for rule in rules for said in (rule.id, rule.text)}
    new = [case.rule_text for case in cases if known.isdisjoint((case.rule_text, *case.rules))]
    if known and new:
        console.print(
            f"  {len(new)} of {len(cases)} labelled cases are about no rule of this run, as they"
            f" are worded in rules.yaml (the first: {new[0][:80]!r})",
            style="yellow",
            markup=False,
        )


def _tell_quoted(run: Run, cases: Sequence[GoldSubject]) -> None:
    """Say so where rubrics quote the answers that the judge is measured on."""
    rubrics = rubric_guides(current_rubrics(run.folder)).by_text if run.folder.has(Rule) else {}
    answers = [case.answer for case in cases if isinstance(case, GoldCase)]
    found = {
        text: n
        for text, rubric in rubrics.items()
        if (n := sum(quotes(rubric, answer) for answer in answers))
    }
    if found:
        first = next(iter(found))
        console.print(
            f"  rubrics quote {sum(found.values())} of the labelled answers, so the figures are too"
            f" good: reword them in {run.folder.path / RUBRICS_FILE} (the first: {first!r})",
            style="yellow",
            markup=False,
        )


def _joined(run: Run, cases: Sequence[GoldSubject], by_text: Mapping[str, str]) -> dict[str, str]:
    """The guides of what cases are judged by, made of those of the rules that they are about."""
    if not by_text:
        return {}
    texts = {rule.id: rule.text for rule in current_rules(run.folder)}
    of_cases: dict[str, dict[str, None]] = {}
    for case in cases:
        guided = (text for id_ in case.rules if (text := texts.get(id_, "")) in by_text)
        of_cases.setdefault(case.rule_text, {}).update(dict.fromkeys(guided))
    return {
        whole: "\n".join(f"Its rule: {text}\n{by_text[text]}" for text in rules)
        for whole, rules in of_cases.items()
        if rules
    }


def _shots(gold: Gold) -> Shots:
    """The gold's answers with the document's own labels, by what they are judged by. People's and
    models' labels are never shown."""
    said: dict[str, dict[str, str]] = {}
    for label in gold.labels:
        if label.kind == "document":
            said.setdefault(label.case, {})[label.value] = label.comment
    by_text: dict[str, list[Shot]] = {}
    for one in gold.cases:
        by_value = said.get(one.id, {})
        if set(by_value) in ({"YES"}, {"NO"}):
            ((value, comment),) = by_value.items()
            shot = Shot.of(one.messages, one.answer, value == "YES", comment)
            by_text.setdefault(one.rule_text, []).append(shot)
    return {text: tuple(shots) for text, shots in by_text.items()}
