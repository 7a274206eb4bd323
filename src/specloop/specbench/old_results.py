"""Reading SpecBench's result files, so that old answers can be judged again and compared.

`generate.json` and each `<judge>_evaluate.json` beside it hold the same answers: they come in once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from specloop.errors import InputError
from specloop.files import read_file
from specloop.jsontext import first_fault, read_json, writable
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
from specloop.specbench.load import checked_row, shown
from specloop.specbench.reference.judging import LONGEST
from specloop.specbench.reference.verdicts import read_joint
from specloop.specbench.sidecar import EntrantTold, JudgeTold, read_sidecar
from specloop.specbench.tokens import tokens
from specloop.store import RunFolder

_JUDGED = "_evaluate.json"
_SAID: Mapping[str, Literal["YES", "NO", "NA"]] = {"YES": "YES", "NO": "NO", "NA": "NA"}


class OldResults(NamedTuple):
    """What a file holds. Places are counted from 0."""

    path: Path
    scenario: Scenario
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

    @property
    def is_plain(self) -> bool:
        """The prompt was put as before the attack on it."""
        entry, row = self.entry, self.row
        return bool(entry and row and entry.prompt == row.query != row.request)


class _File(NamedTuple):
    """A file, and whose answers and verdicts it holds."""

    path: Path
    scenario: Scenario
    digest: str
    entrant: EntrantTold
    judge: JudgeTold | None
    """None where the file's name is all that tells of the judge."""
    plain: bool
    """Prompts were put as before the attack; those that no attack changed do not tell."""


def read_results(path: Path, scenario: Scenario) -> OldResults:
    """The answers of a `generate.json`, or the answers and verdicts of a `<judge>_evaluate.json`,
    joint or sequential. A `specloop.json` beside the file tells whose they are, else the path does.

    InputError names the entry and the field that cannot be used; so it is where no entry is about
    a row of the scenario.
    """
    places = list(_places(path, scenario))
    beside = read_sidecar(path.resolve().parent)
    file = _File(
        path,
        scenario,
        _digest(path),
        beside.entrant if beside else EntrantTold.of_path(path),
        beside.judges.get(path.name) if beside else None,
        any(place.is_plain for place in places),
    )
    unknown = tuple(place.number for place in places if place.entry and not place.row)
    if unknown and len(unknown) == sum(place.entry is not None for place in places):
        raise InputError(
            f"{path}: none of its {len(places)} entries is about a row of {scenario.key} as "
            "loaded; it is of another scenario, or of other data"
        )
    is_judged = path.name.endswith(_JUDGED)
    answers: list[Answer] = []
    judgements: list[Judgement] = []
    empty: list[int] = []
    for number, row, entry in places:
        if entry is None or (is_judged and entry.eval is None):
            empty.append(number)
        if entry is None or row is None:
            continue
        answers.append(_answer(entry, row, file))
        if is_judged and entry.eval:
            where = f"{path}: entry {number} (counted from 0)"
            judgements.append(_judgement(entry.eval, answers[-1], file, where))
    return OldResults(path, scenario, tuple(answers), tuple(judgements), tuple(empty), unknown)


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


def _answer(entry: _Entry, row: Case, file: _File) -> Answer:
    entrant = file.entrant
    plain = {PLAIN: False} if file.plain and entry.prompt == row.query else {}
    return Answer(
        case=row.id,
        **entrant.model_dump(exclude={"settings", "sampling"}),
        settings=entrant.settings | plain,
        sampling=entrant.sampling,
        text=entry.response,
        thought=entry.thought or "",
        paper_tokens=entry.usage.completion_tokens,
        cost=_cost(entry.usage),
        read_from=file.digest,
    )


def _judgement(entry: _Eval, answer: Answer, file: _File, where: str) -> Judgement:
    result, specs = entry.result, file.scenario.specs
    mode = "joint" if isinstance(result.safety, dict) else "sequential"
    judge = file.judge or JudgeTold(judge=mode, model=file.path.name.removesuffix(_JUDGED))
    verdicts = (
        *_verdicts("safety", result.safety, specs, where),
        *_verdicts("behavioral", result.behavioral, specs, where),
    )
    by_code = judge.protocol == "specloop"
    reasons = judge.reasons.get(answer.case) or _reasons(result.eval_response, specs, verdicts)
    return Judgement.of(
        answer=answer.id,
        **judge.model_dump(exclude={"reasons"}),
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
        cost=_cost(entry.usage),
        read_from=file.digest,
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
    verdicts: list[Verdict] = []
    for spec, text in zip(mine, values, strict=True):
        value = _SAID.get(text.strip("<>"))
        if value is None:
            raise InputError(f"{where}: {category} {spec.number}: {shown(text)} is no verdict")
        verdicts.append(Verdict(rule=spec.id, value=value))
    return verdicts


def _cost(usage: _Usage) -> Cost:
    return Cost(prompt_tokens=usage.prompt_tokens, completion_tokens=usage.completion_tokens)


def _digest(path: Path) -> str:
    """Of the file; what cannot be read is left to the reader to complain about."""
    return hashlib.sha256(read_file(path)).hexdigest()[:16] if path.is_file() else ""


def merge(folder: RunFolder, results: OldResults) -> None:
    """Add answers and verdicts that the folder does not have; InputError, and nothing is added,
    where it has other ones by the same method and model, or the same judge."""
    answers = {one.id: one for one in folder.read(Answer)}
    counted: list[Answer] = []
    for one in results.answers:
        known = answers.get(one.id, one)
        if known.text != one.text:
            raise _refused(results, one.case, f"another answer by {one.model} with {one.method}")
        if tokens(one.cost) and not tokens(known.cost):
            counted.append(one)
    _check_verdicts(folder, results)
    if counted:
        # A file of verdicts was read before the one that tells the tokens.
        answers |= {one.id: one for one in counted}
        folder.replace(Answer, answers.values())
    folder.append_new([*results.answers, *results.judgements])


def _check_verdicts(folder: RunFolder, results: OldResults) -> None:
    rows = {answer.id: answer.case for answer in results.answers}
    judged = {one.id: one for one in folder.read(Judgement)}
    for one in results.judgements:
        if judged.get(one.id, one).verdicts != one.verdicts:
            raise _refused(results, rows[one.answer], f"other verdicts by {one.model}")


def _refused(results: OldResults, row: str, what: str) -> InputError:
    """The error for something that the folder has already, and otherwise."""
    scenario = results.scenario
    number = next(one.number for one in scenario.rows if one.id == row)
    return InputError(
        f"{results.path}: row {scenario.key}[{number}]: the folder has {what}; import this file"
        " into another folder, or from a path MODEL/SCENARIO/METHOD/FILE with other names and no"
        " specloop.json beside it"
    )
