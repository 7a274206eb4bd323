"""What was said before a rule, or what it depends on, changed. It does not count any more: the item
is offered again, with that beside it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from specloop.records import Decision, GoldCase, Message, Revision, Rubric, Rule, Section
from specloop.review.candidates import Said
from specloop.review.reviewing import ReviewItem
from specloop.revision.alignment import align
from specloop.spec.edits import DocumentRules

_Shown = tuple[tuple[Message, ...], str]
"""What was asked and answered."""


@dataclass(frozen=True)
class EarlierSaid:
    """All that was said in a run, and the document's rules of now."""

    cases: Sequence[GoldCase]
    said: Sequence[Said]
    now: DocumentRules
    rubrics: Sequence[Rubric] = ()
    """Rubrics that hold no more."""
    revisions: Sequence[Revision] = ()
    """What updates have found to have become of rules."""

    def beside(self, item: ReviewItem) -> ReviewItem:
        """The item with what was said of it earlier, and with the rubric that its rule had."""
        lines = [line for case in self._earlier(item) for line in self._told(item.case, case)]
        old = self.rubric_of(item.case.rule_text) if "rule" in item.texts else None
        rubric = _rubric_lines(item.case, old) if old else ()
        return item._replace(before=(*item.before, *lines, *rubric))

    def decisions(self, item: ReviewItem) -> list[Decision]:
        """The decisions of now lapsed items that were this one."""
        by_case = self._by_case
        every = (one for case in self._earlier(item) for one in by_case.get(case.id, ()))
        return [one for one in every if isinstance(one, Decision)]

    def rubric_of(self, rule_text: str) -> Rubric | None:
        """The rubric that a rule had as it was."""
        return next((r for r in self.rubrics if self._was(r.rule_text, rule_text)), None)

    def _earlier(self, item: ReviewItem) -> Iterator[GoldCase]:
        case = item.case
        is_pair = len(item.texts) > 1
        answers = (case.answer, *([turned(case.answer, item.texts)] if is_pair else ()))
        for answer in answers:
            for old in self._by_shown.get((case.messages, answer), ()):
                if old.id != case.id and (is_pair or self._was(old.rule_text, case.rule_text)):
                    yield old

    def _was(self, old: str, new: str) -> bool:
        """Whether one wording is an earlier one of the other's rule, or the same."""
        return old == new or (old not in self._texts and new in self._became.get(old, ()))

    @cached_property
    def _texts(self) -> frozenset[str]:
        return frozenset(rule.text for rule in self.now.rules)

    @cached_property
    def _by_case(self) -> Mapping[str, list[Said]]:
        by_case: dict[str, list[Said]] = {}
        settled = {one.case for one in self.said if one.settles}
        for one in self.said:
            if one.settles or one.case not in settled:
                by_case.setdefault(one.case, []).append(one)
        return by_case

    @cached_property
    def _by_shown(self) -> Mapping[_Shown, list[GoldCase]]:
        """The cases of which something was said, by what they show."""
        by_shown: dict[_Shown, list[GoldCase]] = {}
        for case in self.cases:
            if case.id in self._by_case:
                by_shown.setdefault((case.messages, case.answer), []).append(case)
        return by_shown

    @cached_property
    def _became(self) -> Mapping[str, set[str]]:
        """Wordings that the document has no more -> what came of them."""
        places = {section.path: section for section in self.now.sections}
        known = {case.rule_text: case.section for case in self.cases if case.id in self._by_case}
        gone = {rubric.rule_text: () for rubric in self.rubrics} | known
        sections: dict[str, Section] = {}
        rules: list[Rule] = []
        for text, path in gone.items():
            if text in self._texts or "\n" in text:
                continue
            section = places.get(path) or Section(path=path, text="", start=0, end=0)
            sections[section.id] = section
            rules.append(Rule(section=section.id, text=text, quote=text, start=0, end=0))
        texts = {rule.id: rule.text for rule in (*self.now.rules, *rules)}
        changes = align(DocumentRules(rules, list(sections.values())), self.now) if rules else ()
        became: dict[str, set[str]] = {}
        for change in changes:
            for old in change.old:
                became.setdefault(texts[old], set()).update(texts[new] for new in change.new)
        for old, new in self._updated():
            became.setdefault(old, set()).add(new)
        return became

    def _updated(self) -> Iterator[tuple[str, str]]:
        """Wordings of rules before an update, each with that of a rule of now that came of it."""
        now = {rule.id: rule.text for rule in self.now.rules}
        for revision in self.revisions:
            before = {rule.id: rule.text for rule in revision.rules}
            for change in revision.changes:
                for old, new in product(change.old, change.new):
                    if old in before and new in now:
                        yield before[old], now[new]

    def _told(self, case: GoldCase, old: GoldCase) -> Iterator[str]:
        for one in self._by_case[old.id]:
            settled = " (settled)" if one.settles else ""
            comment = f": {one.comment}" if one.comment else ""
            yield f"before: {one.value} by {one.by}{settled}, {one.time}{comment}"
            for name, text in one.texts.items() if isinstance(one, Decision) else ():
                yield f"  {name}: {text}"
        yield from _difference(case, old)


def _difference(case: GoldCase, old: GoldCase) -> Iterator[str]:
    """What is otherwise now."""
    if old.rule_text != case.rule_text:
        yield f"  the rule was: {old.rule_text}"
        yield f"  it is now: {case.rule_text}"
    lines, now = old.chain.splitlines(), case.chain.splitlines()
    yield from (f"  no more: {line}" for line in lines if line not in now)
    yield from (f"  new: {line}" for line in now if line not in lines)


def _rubric_lines(case: GoldCase, old: Rubric) -> Iterator[str]:
    yield f"rubric by {old.edited_by}; to accept the rule accepts it too:"
    yield f"  kept: {old.text.keeps}"
    yield f"  broken: {old.text.breaks}"
    if old.rule_text != case.rule_text:
        yield f"  it was written for: {old.rule_text}"


def both_sides(chosen: str, rejected: str) -> str:
    """Both sides of a pair as one text, as it is shown."""
    return f"CHOSEN\n{chosen}\n\nREJECTED\n{rejected}"


def turned(answer: str, texts: Mapping[str, str]) -> str:
    """The same with the sides swapped."""
    chosen, rejected = texts.values()
    return both_sides(rejected, chosen) if answer else answer


def first_again(items: Iterable[ReviewItem]) -> list[ReviewItem]:
    """The items with those first beside which something is shown, otherwise in their order."""
    return sorted(items, key=lambda item: not item.before)
