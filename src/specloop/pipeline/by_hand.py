"""Whether the records of a run are as the stages left them."""

from __future__ import annotations

from pydantic import ValidationError

from specloop.errors import InputError
from specloop.evaluation.general import GeneralScore
from specloop.jsontext import first_fault
from specloop.manifest import changed_files
from specloop.records import (
    Case,
    Edit,
    Example,
    Exchange,
    GoldCase,
    Instance,
    PairTriage,
    PreferencePair,
    Record,
    ReviewedItem,
    Revision,
    Rubric,
    Rule,
    Section,
    SetAside,
    TrainingRun,
)
from specloop.revision.carrying import KINDS
from specloop.revision.names import own_id
from specloop.store import GOLD, RunFolder

_NAMED: tuple[type[Record], ...] = (Instance, Case, Exchange, PreferencePair, SetAside)
"""The kinds whose ids follow from all of their content."""
_OTHERS: tuple[type[Record], ...] = (
    Section,
    Example,
    Edit,
    Rubric,
    Revision,
    PairTriage,
    TrainingRun,
    GeneralScore,
)


def check_readable(folder: RunFolder) -> None:
    """InputError where a record cannot be read, one that is set aside too: before anything is
    asked or written."""
    for kind in (Rule, *KINDS, *_OTHERS):
        folder.read(kind)
    for kind in (GoldCase, ReviewedItem):
        folder.part(GOLD).read(kind)
    kinds = {kind.FILE: kind for kind in (Rule, *KINDS)}
    for aside in folder.read(SetAside):
        try:
            if aside.file in kinds:
                kinds[aside.file].model_validate(aside.content)
        except ValidationError as error:
            raise InputError(
                f"{folder / SetAside.FILE}: record {aside.id}: its content is no record of"
                f" {aside.file}: {first_fault(error, 'content')}; restore the file"
            ) from None


def check_records(folder: RunFolder) -> None:
    """InputError where records were changed by hand: their ids do not follow from their content,
    or they are not those of the last stage's end."""
    remedy = "restore the file, or add --anyway to carry it over as it is"
    for kind in _NAMED:
        for record in folder.read(kind):
            if record.id != own_id(record):
                raise InputError(
                    f"{folder / kind.FILE}: record {record.id} was changed by hand: its id does not"
                    f" follow from its content; {remedy}"
                )
    for path in changed_files(folder.path):
        own = "; edits of rules belong in rules.yaml" if path.name == Rule.FILE else ""
        raise InputError(f"{path}: changed by hand since the last stage ended{own}; {remedy}")
