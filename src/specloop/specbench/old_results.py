"""Reading SpecBench's result files, so that old answers can be judged again and compared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from specloop.errors import InputError
from specloop.files import read_file
from specloop.jsontext import first_fault, writable
from specloop.judging.base import decidable
from specloop.records import (
    PLAIN,
    Answer,
    Case,
    Category,
    Cost,
    Judgement,
    Scenario,
    Specs,
    Verdict,
)
from specloop.specbench.checking import checked_row
from specloop.specbench.jsonfile import read_json, shown
from specloop.specbench.reference.judging import LONGEST
from specloop.specbench.reference.verdicts import read_joint
from specloop.specbench.sidecar import EntrantTold, JudgeTold, read_sidecar

_JUDGED = "_evaluate.json"
_SAID: Mapping[str, Literal["YES", "NO", "NA"]] = {"YES": "YES", "NO": "NO", "NA": "NA"}


class Origin(NamedTuple):
    """Whose answers a file holds; SpecBench tells it by the path alone."""

    model: str
    method: str

    @classmethod
    def of(cls, path: Path) -> Origin:
        """As a path `<model>/<scenario>/<method>/<file>` says."""
        folder = path.resolve().parent
        return cls(model=folder.parent.parent.name, method=folder.name)

    @property
    def entrant(self) -> EntrantTold:
        """How its answers were drawn is not known."""
        return EntrantTold(model=self.model, method=self.method)


class OldResults(NamedTuple):
    """What a file holds. Places are counted from 0."""

    answers: tuple[Answer, ...]
    judgements: tuple[Judgement, ...]
    empty: tuple[int, ...]
    """Places without an answer, or in a file of verdicts without any."""
    unknown: tuple[int, ...]
    """Places whose row is not among those of the scenario as loaded."""


_Text = Annotated[str, AfterValidator(writable)]
"""What a model wrote."""


class _Loose(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Usage(_Loose):
    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class _Result(_Loose):
    eval_response: _Text = ""
    safety: dict[str, str] | list[str]
    behavioral: dict[str, str] | list[str]


class _Eval(_Loose):
    result: _Result
    usage: _Usage = _Usage()


class _Entry(_Loose):
    data: dict[str, Any]
    prompt: str = ""
    response: _Text
    thought: _Text | None = None
    usage: _Usage = _Usage()
    eval: _Eval | None = None


class _Place(NamedTuple):
    number: int
    row: Case | None
    """None where the scenario has no such row."""
    entry: _Entry | None
    """None where there is no answer."""


def read_results(path: Path, scenario: Scenario, origin: Origin | None = None) -> OldResults:
    """The answers of a `generate.json`, or the answers and verdicts of a `<judge>_evaluate.json`,
    joint or sequential. A `specloop.json` beside the file tells whose they are, unless `origin`
    does; else the path.

    InputError names the entry and the field that cannot be used; so it is where no entry is about
    a row of the scenario.
    """
    places = list(_places(path, scenario))
    beside = None if origin else read_sidecar(path.resolve().parent)
    entrant = beside.entrant if beside else (origin or Origin.of(path)).entrant
    about = _About(entrant, _digest(path), any(map(_is_plain, places)))
    unknown = tuple(place.number for place in places if place.entry and not place.row)
    if unknown and len(unknown) == sum(place.entry is not None for place in places):
        raise InputError(
            f"{path}: none of its {len(places)} entries is about a row of {scenario.key} as "
            "loaded; it is of another scenario, or of other data"
        )
    answers: list[Answer] = []
    judgements: list[Judgement] = []
    empty: list[int] = []
    judge = path.name.removesuffix(_JUDGED) if path.name.endswith(_JUDGED) else ""
    known = beside.judges.get(path.name) if beside else None
    for place in places:
        if place.entry is None or (judge and place.entry.eval is None):
            empty.append(place.number)
        if place.entry is None or place.row is None:
            continue
        answer = _answer(place.entry, place.row, about)
        answers.append(answer)
        if judge and place.entry.eval:
            where = f"{path}: entry {place.number} (counted from 0)"
            told = _Told(known or judge, about.file, where, scenario)
            judgements.append(_judgement(place.entry.eval, answer, told))
    return OldResults(tuple(answers), tuple(judgements), tuple(empty), unknown)


class _About(NamedTuple):
    entrant: EntrantTold
    file: str
    """Digest."""
    plain: bool
    """Prompts were put as before the attack; those that no attack changed do not tell."""


class _Told(NamedTuple):
    judge: JudgeTold | str
    """Whose verdicts they are, or what the file's name calls it."""
    file: str
    where: str
    scenario: Scenario


def _places(path: Path, scenario: Scenario) -> Iterator[_Place]:
    content = read_json(path)
    if not isinstance(content, list):
        raise InputError(f"{path}: must hold a list with an entry for each row")
    rows = {row.id: row for row in scenario.rows}
    seen: dict[str, int] = {}
    for number, raw in enumerate(cast(list[Any], content)):
        if raw is None:
            yield _Place(number, None, None)
            continue
        where = f"{path}: entry {number} (counted from 0)"
        entry = _entry(raw, where)
        row = checked_row(scenario.key, entry.data, number, f"{where}: data")
        if row.id in seen:
            raise InputError(f"{where}: about the same row as entry {seen[row.id]}; take one out")
        seen[row.id] = number
        yield _Place(number, rows.get(row.id), entry)


def _entry(raw: Any, where: str) -> _Entry:
    try:
        return _Entry.model_validate(raw)
    except ValidationError as error:
        raise InputError(
            f"{where}: {first_fault(error, 'entry')}; repair it, or write null"
        ) from None


def _is_plain(place: _Place) -> bool:
    entry, row = place.entry, place.row
    return bool(entry and row and entry.prompt == row.query != row.request)


def _answer(entry: _Entry, row: Case, about: _About) -> Answer:
    plain, usage, entrant = about.plain and entry.prompt == row.query, entry.usage, about.entrant
    return Answer(
        case=row.id,
        method=entrant.method,
        settings=entrant.settings | ({PLAIN: False} if plain else {}),
        model=entrant.model,
        protocol=entrant.protocol,
        sampling=entrant.sampling,
        request_digest=entrant.request_digest,
        text=entry.response,
        thought=entry.thought or "",
        paper_tokens=usage.completion_tokens,
        cost=_cost(usage),
        read_from=about.file,
    )


def _judgement(told: _Eval, answer: Answer, about: _Told) -> Judgement:
    result, specs = told.result, about.scenario.specs
    mode = "joint" if isinstance(result.safety, dict) else "sequential"
    judge = about.judge
    if isinstance(judge, str):
        judge = JudgeTold(judge=mode, model=judge)
    verdicts = (
        *_verdicts("safety", result.safety, specs, about.where),
        *_verdicts("behavioral", result.behavioral, specs, about.where),
    )
    by_code = judge.protocol == "specloop"
    reasons = judge.reasons.get(answer.case) or _reasons(result.eval_response, specs, verdicts)
    return Judgement.of(
        answer=answer.id,
        judge=judge.judge,
        settings=judge.settings,
        model=judge.model,
        protocol=judge.protocol,
        request_digest=judge.request_digest,
        verdicts=tuple(
            verdict.model_copy(
                update={"rationale": reason, "kind": "check" if by_code and spec.check else "model"}
            )
            for verdict, spec, reason in zip(
                verdicts, decidable(specs), chain(reasons, repeat("")), strict=False
            )
        ),
        raw=result.eval_response,
        n_hidden=max(0, len(answer.text) - LONGEST) if judge.protocol == "reference" else 0,
        cost=_cost(told.usage),
        read_from=about.file,
    )


def _reasons(reply: str, specs: Specs, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """What a joint reply says before each verdict; nothing where it holds other verdicts than were
    stored."""
    try:
        read = read_joint(reply, specs).verdicts
    except ValueError:
        return ()
    same = [one.value for one in read] == [verdict.value for verdict in verdicts]
    return tuple(one.rationale for one in read) if same else ()


def _verdicts(
    category: Category, stored: dict[str, str] | list[str], specs: Specs, where: str
) -> list[Verdict]:
    """Numbered by their order, as they were read from the judge's reply."""
    values = list(stored.values()) if isinstance(stored, dict) else stored
    mine = [spec for spec in specs.listed() if spec.category == category]
    if len(values) != len(mine):
        raise InputError(
            f"{where}: {category}: {len(values)} verdicts, but the scenario has {len(mine)} such "
            "specs; load the data that it was judged with"
        )
    found: list[Verdict] = []
    for spec, text in zip(mine, values, strict=True):
        value = _SAID.get(text.strip("<>"))
        if value is None:
            raise InputError(f"{where}: {category} {spec.number}: {shown(text)} is no verdict")
        found.append(Verdict(rule=spec.id, value=value))
    return found


def _cost(usage: _Usage) -> Cost:
    return Cost(prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens)


def _digest(path: Path) -> str:
    """Of the file; what cannot be read is left to the reader to complain about."""
    return hashlib.sha256(read_file(path)).hexdigest()[:16] if path.is_file() else ""
