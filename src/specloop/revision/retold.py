"""What code says anew of stored answers when rules have changed: its verdicts, and with them what
exchanges and pairs are about. A judge's verdicts on rules that are the same stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from specloop.judging.base import rule_case
from specloop.judging.grader import check_judgement
from specloop.pairings import broken
from specloop.records import (
    CODE,
    Answer,
    Case,
    Exchange,
    Judgement,
    PreferencePair,
    Record,
    Rule,
    Verdict,
    content_id,
)
from specloop.revision.falling import chosen_of, rejected_of
from specloop.revision.names import Names
from specloop.revision.rulemap import RuleMap
from specloop.synth.upheld import by_code


class Retold:
    """Tells records anew, under the names of now."""

    def __init__(self, rules: RuleMap, names: Names, taught: Sequence[Rule]) -> None:
        self._rules, self._names = rules, names
        self._decidable = [rule for rule in rules.new.values() if rule.check is not None]
        self._taught = [rule for rule in taught if rule.check is not None]
        """Those that may be trained on."""
        self._open = {rule.id for rule in taught if rule.check is None}
        self._cases: dict[str, Case] = {}
        self._answers: dict[str, Answer] = {}
        self._checked: dict[str, Judgement] = {}
        self._dropped: dict[str, tuple[str, ...]] = {}
        fresh = set(rules.fresh)
        self._fresh = [rule for rule in self._taught if rule.id in fresh]

    def see(self, cases: Iterable[Case], answers: Iterable[Answer]) -> None:
        """The cases and answers of now."""
        self._cases = {case.id: case for case in cases}
        self._answers = {answer.id: answer for answer in answers}

    def wordings(self, texts: Iterable[str]) -> list[str]:
        """Wordings of rules as they are now, without those of rules that are gone."""
        old, new = self._rules.old, self._rules.new
        changed = [one for one in self._rules.changes if not one.is_same]
        now = {old[id_].text: new[one.new[0]].text for one in changed if one.new for id_ in one.old}
        gone = {old[id_].text for one in changed if not one.new for id_ in one.old}
        return [now.get(text, text) for text in texts if text not in gone or text in now]

    def judgement(self, one: Judgement) -> Judgement:
        """A judgement that holds; that of code with its verdicts of now."""
        made = self.renamed(one)
        if made.model != CODE:
            return made
        answer = self._answers.get(made.answer)
        case = self._cases.get(answer.case) if answer else None
        if answer is None or case is None:
            return made
        rules = self._decidable if answer.purpose == "evaluation" else self._taught
        checked = check_judgement(rule_case(case.messages, answer, rules))
        self._checked[answer.id] = made.with_verdicts(checked.verdicts)
        return self._checked[answer.id]

    def renamed(self, one: Judgement) -> Judgement:
        """A judgement under the names of now, about the wordings of now."""
        if not one.wordings or any(
            verdict.rule not in self._rules.same for verdict in one.verdicts
        ):
            return self._names.renamed(one)
        return self._names.renamed(one, wordings=self._wordings(one, one.verdicts))

    def _wordings(self, one: Judgement, own: Iterable[Verdict]) -> str:
        """The digest of what some of its verdicts are about, as it is worded now; as it was, if the
        judgement is about other wordings than the older version's."""
        old, new, same = self._rules.old, self._rules.new, self._rules.same
        was = [old[verdict.rule].text for verdict in one.verdicts if verdict.rule in old]
        if one.wordings != content_id(was):
            return one.wordings
        return content_id([new[same[verdict.rule]].text for verdict in own])

    def rest(self, one: Judgement) -> list[Judgement]:
        """What stays of a judge's word on an answer: its verdicts on rules that are the same."""
        answer = self._answers.get(self._names.of(one.answer))
        if answer is None:
            return []
        same = [verdict for verdict in one.verdicts if verdict.rule in self._rules.same]
        dropped = (v.rule for v in one.verdicts if v.rule in self._rules.changed)
        self._dropped[answer.id] = (*self._dropped.get(answer.id, ()), *dropped)
        wordings = self._wordings(one, same)
        left = one.model_copy(update={"verdicts": tuple(same), "wordings": wordings})
        return [self._names.told(left)] if same else []

    def in_force(self, one: Judgement) -> Judgement:
        """What returns of a judge's word, by the ids of now: its verdicts on rules in force."""
        new, dropped = self._rules.new, self._dropped.get(one.answer, ())
        own = [verdict for verdict in one.verdicts if verdict.rule in new]
        left = [verdict.rule for verdict in one.verdicts if verdict.rule not in new]
        self._dropped[one.answer] = (*dropped, *left)
        wordings = content_id([new[verdict.rule].text for verdict in own]) if one.wordings else ""
        return one.model_copy(update={"verdicts": tuple(own), "wordings": wordings})

    def due(
        self, exchanges: Iterable[Exchange], judgements: Iterable[Judgement]
    ) -> dict[str, tuple[str, ...]]:
        """The rules that a judge has still to be asked about, by the answers of exchanges; none of
        an answer whose former judgement is back, which exchanges are to be told from."""
        had: dict[str, set[str]] = {}
        for one in judgements:
            if one.model != CODE:
                had.setdefault(one.answer, set()).update(verdict.rule for verdict in one.verdicts)
        due: dict[str, tuple[str, ...]] = {}
        for answer in dict.fromkeys(one.answer for one in exchanges):
            now = [self._rules.came_of.get(old, "") for old in self._dropped.get(answer, ())]
            known = had.get(answer, set[str]())
            rules = tuple(dict.fromkeys(one for one in now if one in self._open - known))
            if rules or known & set(self._rules.back.values()):
                due[answer] = rules
        return due

    def exchange(self, one: Exchange) -> Exchange:
        """An exchange with the rules that its answer is now found to break."""
        checked = self._checked.get(self._names.of(one.answer))
        broken_now = [v.rule for v in checked.verdicts if v.value == "NO"] if checked else []
        judged = (rule for rule in self._still(one.violated) if not checked or self._is_open(rule))
        return self._names.renamed(one, violated=[*broken_now, *judged])

    def pair(self, one: PreferencePair) -> PreferencePair:
        """A pair that holds with all rules that its rejected answer is now found to break. What a
        pair of another origin is about is not known."""
        if one.pairing == "contrast" or not one.verdicts:
            return self._names.renamed(one)
        decided = broken(self._taught, one.request, rejected_of(one), open_too=False)
        judged = [rule for rule in self._still(one.violated) if self._is_open(rule)]
        if not decided and not judged:
            return self._names.renamed(one)
        said = [v for v in one.verdicts if self._rules.same.get(v.rule) in judged]
        verdicts = [v.model_dump(mode="json") for v in by_code(decided)]
        for verdict in said:
            now = self._rules.same[verdict.rule]
            verdicts.append(verdict.model_dump(mode="json") | {"rule": now})
        return self._names.renamed(one, violated=[*decided, *judged], verdicts=verdicts)

    def breaks_fresh(self, record: Record) -> bool:
        """Whether the chosen answer of a pair breaks a fresh rule."""
        return isinstance(record, PreferencePair) and bool(
            broken(self._fresh, record.request, chosen_of(record))
        )

    def _still(self, rules: Iterable[str]) -> list[str]:
        return [self._rules.same[rule] for rule in rules if rule in self._rules.same]

    def _is_open(self, rule: str) -> bool:
        return self._rules.new[rule].check is None
