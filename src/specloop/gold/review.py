"""Labels that people, or a model in their place, gave in a run by `specloop review`, and those that
other commands keep there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from specloop.errors import InputError
from specloop.gold import GoldItem, GoldSource, gold, in_force
from specloop.judging.context import conditions_of
from specloop.records import GoldCase, GoldLabel, Rule, Section
from specloop.store import GOLD, RunFolder


@gold.register("review")
class Reviewed(GoldSource):
    """The labels of people that a run holds; those of models, and of files that name nobody, only
    if there is none of a person. Where people differ and somebody has settled that, only the
    settling label is taken. Labels of a rule that has other exceptions or definitions now are left
    out."""

    def read(self, where: str, rules: Sequence[Rule] = ()) -> Iterator[GoldItem]:
        """Every label; InputError if there is none."""
        run = RunFolder(Path(where))
        folder, chains = run.part(GOLD), conditions_of(rules, run.read(Section))
        texts = {rule.text for rule in rules}
        cases = {
            case.id: case
            for case in folder.read(GoldCase)
            if case.rule_text not in texts or case.chain == chains.get(case.rule_text, "")
        }
        given = [label for label in folder.read(GoldLabel) if label.kind != "document"]
        labels = [label for label in given if label.kind == "person"] or given
        if not labels:
            raise InputError(
                f"{where}: nobody has labelled there; run `specloop review {where} --by NAME`"
            )
        for label in in_force(labels):
            if case := cases.get(label.case):
                place = f"{where}: {case.place or case.id}"
                yield GoldItem(case.model_copy(update={"place": place}), label)
