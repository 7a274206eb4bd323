"""What was read from a result file, added to what a folder has.

`generate.json` and each `<judge>_evaluate.json` beside it hold the same answers: they come in once.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from specloop.errors import InputError
from specloop.records import Answer, Judgement, Scenario
from specloop.specbench.old_results import OldResults
from specloop.specbench.tokens import tokens
from specloop.store import RunFolder


class Source(NamedTuple):
    """A file of results, and the scenario that it is about."""

    path: Path
    scenario: Scenario

    def refused(self, row: str, what: str) -> InputError:
        """The error for something that the folder has already, and otherwise."""
        number = next(one.number for one in self.scenario.rows if one.id == row)
        return InputError(
            f"{self.path}: row {self.scenario.key}[{number}]: the folder has {what}; import this "
            "file into another folder, or from a path MODEL/SCENARIO/METHOD/FILE with other names "
            "and no specloop.json beside it"
        )


def merge(folder: RunFolder, found: OldResults, source: Source) -> None:
    """Add answers and verdicts that the folder does not have; InputError, and nothing is added,
    where it has other ones by the same method and model, or the same judge."""
    answers = {one.id: one for one in folder.read(Answer)}
    counted: list[Answer] = []
    for one in found.answers:
        known = answers.get(one.id, one)
        if known.text != one.text:
            raise source.refused(one.case, f"another answer by {one.model} with {one.method}")
        if tokens(one.cost) and not tokens(known.cost):
            counted.append(one)
    _check_verdicts(folder, found, source)
    if counted:
        # A file of verdicts was read before the one that tells the tokens.
        answers |= {one.id: one for one in counted}
        folder.replace(Answer, answers.values())
    folder.append_new([*found.answers, *found.judgements])


def _check_verdicts(folder: RunFolder, found: OldResults, source: Source) -> None:
    rows = {answer.id: answer.case for answer in found.answers}
    judged = {one.id: one for one in folder.read(Judgement)}
    for one in found.judgements:
        if judged.get(one.id, one).verdicts != one.verdicts:
            raise source.refused(rows[one.answer], f"other verdicts by {one.model}")
