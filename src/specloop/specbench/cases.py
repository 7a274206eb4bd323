"""What was measured and by which judge: entrants, judges, and each answer with its row and
verdicts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple, Self

from specloop.judging.grader import Grader, as_ended
from specloop.measuring.evidence import CHECK, Cell, Measured
from specloop.measuring.scores import Values
from specloop.records import (
    Answer,
    Case,
    Judgement,
    ProtocolName,
    Spec,
    Specs,
    Verdict,
    strategy_text,
)
from specloop.responding.base import method_known
from specloop.specbench.stored import Stored


class EntrantKey(NamedTuple):
    """What is compared: a method with its options on a model, under a protocol and sampling."""

    model: str
    method: str
    settings: str
    """The options as JSON with sorted keys."""
    protocol: ProtocolName
    sampling: str
    """The sampling without its seed, as JSON, because seeds of one entrant are pooled."""
    request_digest: str
    """A digest of its wording and of its models' options that decide a reply."""

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """The entrant that gave an answer."""
        sampling = answer.sampling.model_dump(mode="json", exclude={"seed"})
        return cls(
            answer.model,
            answer.method,
            _canonical(answer.settings),
            answer.protocol,
            _canonical(sampling),
            answer.request_digest,
        )

    @property
    def place(self) -> tuple[Any, ...]:
        """The sort key: by model, then method from the plainest on, in any order of files."""
        return self.model, method_known(self.method).place, *self[1:]


@dataclass(frozen=True, order=True)
class JudgeKey:
    """A judge: its mode with options, its model and protocol, and how that is asked."""

    mode: str
    settings: str
    model: str
    protocol: ProtocolName
    request_digest: str
    """Digest of its wording and of its model's options that decide a reply."""
    has_versions: bool = field(default=False, compare=False)
    """The folder has judgements by the same judge asked otherwise."""

    @classmethod
    def of(cls, judgement: Judgement) -> Self:
        """The judge that gave a judgement."""
        return cls(
            judgement.judge,
            _canonical(judgement.settings),
            judgement.model,
            judgement.protocol,
            judgement.request_digest,
        )

    @classmethod
    def by(cls, grader: Grader) -> Self:
        """The key of a judge's judgements."""
        return cls.of(grader.blank(""))

    @property
    def label(self) -> str:
        """Its name in words."""
        more = "" if self.protocol == "specloop" else ", reference protocol"
        more += f", {_version(self.request_digest)}" if self.has_versions else ""
        return f"{called(self.mode, self.settings)} by {self.model}{more}"


@dataclass(frozen=True)
class JudgedCase:
    """One answer with its row, its scenario's specs and one judge's judgement of it."""

    row: Case
    specs: Specs
    answer: Answer
    judgement: Judgement | None = None

    @property
    def values(self) -> Values:
        """Its verdicts; all are unscored if the answer was not judged."""
        return self.measured.values

    @cached_property
    def measured(self) -> Measured:
        """As metrics see it, with a verdict on every spec."""
        given = {verdict.rule: verdict for verdict in self.verdicts}
        return Measured(
            cluster=self.cluster,
            text=self.answer.text,
            end=self.answer.end,
            cells=tuple(_cell(spec, given.get(spec.id)) for spec in self.specs.listed()),
            request=self.row.query,
            scenario=self.row.scenario,
            is_permitted=self.row.side == "permitted",
        )

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The judge's, as far as the answer's end allows them."""
        return verdicts_on(self.answer, self.judgement, self.specs)

    @property
    def cluster(self) -> str:
        """The prompt before any attack: answers to it are not independent."""
        return f"{self.row.scenario}\n{self.row.query}"


def verdicts_on(answer: Answer, judgement: Judgement | None, specs: Specs) -> tuple[Verdict, ...]:
    """A judge's verdicts, as far as the answer's end allows them. The reference protocol keeps
    every verdict as its judge gave it."""
    given = judgement.verdicts if judgement else ()
    if judgement and judgement.protocol == "reference":
        return given
    return as_ended(given, specs.listed(), answer.end)


def _cell(spec: Spec, verdict: Verdict | None) -> Cell:
    """A verdict that is missing is unscored."""
    rule = f"{spec.category} {spec.number}"
    if verdict is None:
        return Cell(rule, "unscored", spec.category, judge="")
    judge = CHECK if verdict.kind == "check" else ""
    return Cell(rule, verdict.value, spec.category, judge, verdict.over_applied)


def called(name: str, settings: str) -> str:
    """A strategy's name with the options that are not the defaults, which are JSON."""
    return strategy_text(name, json.loads(settings))


def labels_of(entrants: Iterable[EntrantKey]) -> dict[EntrantKey, str]:
    """Short names that tell the entrants apart: model, protocol and sampling only where they
    differ, the wording only where an entrant has several."""
    entrants = list(entrants)
    common = [len({entrant[i] for entrant in entrants}) < 2 for i in (0, 3, 4)]
    versions = Counter(entrant[:-1] for entrant in entrants)

    def label(one: EntrantKey) -> str:
        parts = ["" if common[0] else one.model, called(one.method, one.settings)]
        parts.append("" if common[1] else one.protocol)
        parts.append("" if common[2] else called("", one.sampling).strip("()"))
        parts.append("" if versions[one[:-1]] < 2 else _version(one.request_digest))
        return " · ".join(part for part in parts if part)

    return {entrant: label(entrant) for entrant in entrants}


def judges_of(judgements: Iterable[Judgement]) -> tuple[JudgeKey, ...]:
    """All judges of the folder, the one with the most judgements first."""
    counts = Counter(JudgeKey.of(judgement) for judgement in judgements)
    versions = Counter(replace(judge, request_digest="") for judge in counts)
    judges = sorted(counts, key=lambda judge: (-counts[judge], judge))
    return tuple(
        replace(judge, has_versions=versions[replace(judge, request_digest="")] > 1)
        for judge in judges
    )


def cases_of(stored: Stored, judge: JudgeKey | None) -> tuple[JudgedCase, ...]:
    """Every answer to a row of the folder with that judge's verdicts, sorted."""
    rows = {row.id: row for row in stored.rows}
    specs = {scenario.key: scenario.specs for scenario in stored.scenarios}
    judged = {j.answer: j for j in stored.judgements if JudgeKey.of(j) == judge}
    cases = [
        JudgedCase(
            row=rows[answer.case],
            specs=specs[rows[answer.case].scenario],
            answer=answer,
            judgement=judged.get(answer.id),
        )
        for answer in stored.answers
        if answer.case in rows
    ]
    return tuple(sorted(cases, key=_place))


def missing_of(stored: Stored, cases: Sequence[JudgedCase]) -> tuple[JudgedCase, ...]:
    """One entrant's answers that were asked for and could not be had, as blank stand-ins; `cases`
    are those that it has, at least one."""
    if not stored.failed:
        return ()
    known = cases[0].answer
    samplings = {case.answer.sampling: None for case in cases}
    specs = {scenario.key: scenario.specs for scenario in stored.scenarios}
    missing: list[JudgedCase] = []
    for row in stored.rows:
        for sampling in samplings:
            blank = known.failed(row.id, sampling)
            if blank.id in stored.failed:
                missing.append(JudgedCase(row, specs[row.scenario], blank))
    return tuple(missing)


def _place(case: JudgedCase) -> tuple[Any, ...]:
    row, answer = case.row, case.answer
    return row.scenario, row.number, row.id, answer.sampling.seed, answer.id


def _version(request_digest: str) -> str:
    return f"wording {request_digest[:6] or 'not known'}"


def _canonical(options: Mapping[str, Any]) -> str:
    return json.dumps(options, sort_keys=True, ensure_ascii=False)
