"""What SpecBench's result files have no place for: whose answers and verdicts they hold.

`specloop.json` lies beside exported files. SpecBench does not look at it; where files are read
back with it beside them, an entrant and its judges are the same as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from specloop.errors import InputError
from specloop.files import is_there
from specloop.jsontext import first_fault, read_json
from specloop.records import Answer, Judgement, ProtocolName, Sampling, Value
from specloop.specbench.load import write_json

FILE = "specloop.json"


class EntrantTold(Value):
    """Whose answers a folder holds; as the fields of `Answer`."""

    model: str
    method: str
    settings: dict[str, Any] = Field(default_factory=dict)
    protocol: ProtocolName = "reference"
    sampling: Sampling = Sampling()
    request_digest: str = ""

    @classmethod
    def of(cls, answer: Answer) -> EntrantTold:
        """The entrant of an answer, with its seed."""
        return cls(**answer.model_dump(include=set(cls.model_fields)))

    @classmethod
    def of_path(cls, path: Path) -> EntrantTold:
        """As a path `<model>/<scenario>/<method>/<file>` of SpecBench's says; how its answers were
        drawn is not known."""
        folder = path.resolve().parent
        return cls(model=folder.parent.parent.name, method=folder.name)


class JudgeTold(Value):
    """Whose verdicts a file holds; as the fields of `Judgement`."""

    judge: str
    settings: dict[str, Any] = Field(default_factory=dict)
    model: str
    protocol: ProtocolName = "reference"
    request_digest: str = ""
    reasons: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """By row, one a spec in their order; rows without any are left out."""

    @classmethod
    def of(cls, judgement: Judgement, reasons: Mapping[str, tuple[str, ...]]) -> JudgeTold:
        """The judge of a judgement, with the reasons for all its verdicts in the file."""
        told = judgement.model_dump(include=set(cls.model_fields) - {"reasons"})
        return cls(**told, reasons=dict(reasons))


class Sidecar(Value):
    """One folder's."""

    entrant: EntrantTold
    judges: dict[str, JudgeTold] = Field(default_factory=dict)
    """By file name."""


def write_sidecar(folder: Path, told: Sidecar) -> None:
    """Put it beside the result files of a folder."""
    write_json(folder / FILE, told.model_dump(mode="json"))


def read_sidecar(folder: Path) -> Sidecar | None:
    """Of a folder, where there is one; InputError where it cannot be used."""
    path = folder / FILE
    if not is_there(path):
        return None
    try:
        return Sidecar.model_validate(read_json(path))
    except ValidationError as error:
        raise InputError(
            f"{path}: {first_fault(error, 'file')}; repair it, or move it away to read the files"
            " beside it as SpecBench's own"
        ) from None
