"""Preference pairs, in the form that trainers load."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from specloop.ended import Finish
from specloop.records.base import Record
from specloop.records.cases import Side, Split
from specloop.records.conversation import Turns


class PreferencePair(Record):
    """A compliant and a violating answer to one prompt; one record until the collator.

    In the conversational form of TRL, which `datasets` and trainers load as it is: so no field is
    ever null, and a list never empty, since a loader takes a column's type from its first lines.
    """

    FILE: ClassVar[str] = "pairs.jsonl"

    prompt: Turns
    chosen: Turns
    """The answer: turns of the assistant."""
    rejected: Turns
    finish_chosen: Finish = "stop"
    finish_rejected: Finish = "stop"
    chosen_id: str
    rejected_id: str
    probe: str
    exchange: str = ""
    instance: str
    violated: tuple[str, ...] = Field(min_length=1)
    """Rules the rejected answer breaks and the chosen one keeps."""
    pairing: str
    side: Side
    split: Split

    @property
    def request(self) -> str:
        """The last turn of the prompt."""
        return self.prompt[-1].content

    @property
    def chosen_text(self) -> str:
        """What the chosen answer says."""
        return self.chosen[-1].content

    @property
    def rejected_text(self) -> str:
        """What the rejected answer says."""
        return self.rejected[-1].content
