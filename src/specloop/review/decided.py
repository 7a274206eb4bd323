"""Rules and pairs as items that people decide on, and what their decisions come to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from specloop.gold import in_force
from specloop.judging.context import conditions_of
from specloop.records import (
    Decision,
    Edit,
    PreferencePair,
    ReviewedItem,
    Rule,
    Section,
    said,
)
from specloop.review.candidates import what_is_said
from specloop.review.earlier import EarlierSaid, both_sides
from specloop.review.reviewing import ReviewItem
from specloop.spec.edits import DocumentRules

RULE, CHOSEN, REJECTED = "rule", "chosen", "rejected"
"""The texts that may be edited."""


def rule_items(
    rules: Sequence[Rule], sections: Mapping[str, Section], guides: Mapping[str, str]
) -> list[ReviewItem]:
    """The rules as the document has them, each wording once."""
    items: dict[str, ReviewItem] = {}
    chains = conditions_of(rules, sections.values())
    for rule in rules:
        section = sections.get(rule.section)
        case = ReviewedItem(
            messages=(),
            answer="",
            rule_text=rule.text,
            chain=chains.get(rule.text, ""),
            rules=(rule.id,),
            section=section.path if section else (),
            authority=rule.authority,
            family=rule.family,
        )
        guide = guides.get(rule.text, "")
        items.setdefault(case.id, ReviewItem(case, guide=guide, texts={RULE: rule.text}))
    return list(items.values())


def pair_item(
    pair: PreferencePair,
    rules: Mapping[str, Rule],
    sections: Mapping[str, Section],
    guides: Mapping[str, str] = MappingProxyType({}),
    chains: Mapping[str, str] = MappingProxyType({}),
) -> ReviewItem:
    """A pair with the rules that it is about. It is known by its request, its two sides, these
    rules' wordings and what they depend on (`chains`, by wording)."""
    about = [rules[id_] for id_ in pair.violated if id_ in rules]
    first = sections.get(about[0].section) if about else None
    texts, depends = (
        [text for rule in about if (text := by_text.get(rule.text))] for by_text in (guides, chains)
    )
    case = ReviewedItem(
        messages=pair.prompt,
        answer=both_sides(pair.chosen_text, pair.rejected_text),
        rule_text="\n".join(rule.text for rule in about),
        chain="\n".join(depends),
        rules=tuple(rule.id for rule in about),
        section=first.path if first else (),
        place=f"pair {pair.id}",
    )
    sides = {CHOSEN: pair.chosen_text, REJECTED: pair.rejected_text}
    return ReviewItem(case, guide="\n\n".join(texts), texts=sides)


class Agreed(NamedTuple):
    """What people's decisions on an item come to."""

    decision: Decision | None = None
    """None where they differ, or nobody could tell."""
    differ: bool = False


def agreed(decisions: Iterable[Decision]) -> dict[str, Agreed]:
    """By item: the decision that everybody who could tell has taken, or that settles. Where people
    differ none counts until somebody settles it."""
    by_case: dict[str, list[Decision]] = {}
    for one in in_force(decisions):
        if one.value != "cannot tell":
            by_case.setdefault(one.case, []).append(one)
    return {
        case: Agreed(differ=True) if len(set(map(what_is_said, each))) > 1 else Agreed(each[-1])
        for case, each in by_case.items()
    }


class EditsWithDecisions(NamedTuple):
    """Edits of rules, by what decisions leave of them."""

    kept: tuple[Edit, ...]
    aside: tuple[Edit, ...]
    """Edits by hand of the same field of the same rule, in whose place a decision's edit is."""


def edits_with(
    edits: Sequence[Edit],
    given: DocumentRules,
    decisions: Sequence[Decision],
    items: Iterable[ReviewedItem],
    gone: Sequence[Decision] = (),
) -> EditsWithDecisions:
    """A run's edits, with those that it keeps aside, as decisions on `items` leave them; edits of
    decisions that were taken back or differ now are gone. What was decided before the rule's
    exceptions changed stays until somebody decides anew."""
    was = {item.id: item.rule_text for item in items if not item.answer}
    lapsed = _lapsed(given, decisions, was)
    every = [one for one in (*decisions, *gone) if one not in lapsed]
    marks = {(one.by, one.time, was.get(one.case, "")) for one in every}
    # Of one rule's field there are an edit in force and one aside; the former counts.
    own: dict[str, Edit] = {}
    for edit in edits:
        if not _is_of(edit, marks):
            own.setdefault(edit.id, edit)
    made = list(_made(given, agreed(decisions)))
    places = {edit.id for edit in made}
    aside = tuple(edit for edit in own.values() if edit.id in places)
    left = (edit for edit in own.values() if edit.id not in places)
    return EditsWithDecisions((*left, *made), aside)


def _lapsed(
    given: DocumentRules, decisions: Sequence[Decision], was: Mapping[str, str]
) -> list[Decision]:
    """Decisions on rules that read as before and depend on something else now, where nobody has
    decided anew."""
    every = rule_items(given.rules, given.by_section, {})
    now = {item.case.rule_text: item.case.id for item in every}
    decided = {one.case for one in decisions}
    due = {id_ for id_, text in was.items() if text in now and now[text] not in {id_, *decided}}
    return [one for one in decisions if one.case in due]


def _is_of(edit: Edit, marks: set[tuple[str, str, str]]) -> bool:
    """Whether an edit is that of a decision: by name, time and wording."""
    return edit.field in ("text", "drop") and (edit.author, edit.time, edit.wording) in marks


def _made(given: DocumentRules, by_case: Mapping[str, Agreed]) -> Iterator[Edit]:
    items = rule_items(given.rules, given.by_section, {})
    cases = {item.case.rule_text: item.case.id for item in items}
    for rule in given.rules:
        decision = by_case.get(cases[rule.text], Agreed()).decision
        if decision is None or decision.value not in ("edit", "drop"):
            continue
        is_drop, section = decision.value == "drop", given.by_section.get(rule.section)
        yield Edit(
            rule=rule.id,
            wording=rule.text,
            section=rule.section,
            path=section.path if section else (),
            field="drop" if is_drop else "text",
            before=False if is_drop else rule.text,
            after=True if is_drop else decision.texts[RULE],
            author=decision.by,
            time=decision.time,
            reason=decision.comment,
        )


class ReviewedPairs(NamedTuple):
    """The pairs that people's decisions leave to train on."""

    pairs: tuple[PreferencePair, ...]
    n_edited: int = 0
    dropped: tuple[str, ...] = ()
    """Why each dropped pair is."""
    n_open: int = 0
    """Pairs left out because people differ on them."""
    n_again: int = 0
    """Pairs left out because people dropped or edited them before a rule changed, and have not
    looked again."""


def as_decided(
    pairs: Sequence[PreferencePair],
    given: DocumentRules,
    decisions: Sequence[Decision],
    items: Sequence[ReviewedItem] = (),
) -> ReviewedPairs:
    """The pairs without dropped ones, and with edited sides as they were edited. A pair on which
    people differ is left out until that is settled; one that was dropped or edited before a rule
    changed, until somebody decides anew. `items` are what decisions are on."""
    by_case, kept, dropped = agreed(decisions), list[PreferencePair](), list[str]()
    earlier = EarlierSaid(items, decisions, given)
    rules = {rule.id: rule for rule in given.rules}
    chains = conditions_of(given.rules, given.sections)
    n_edited = n_open = n_again = 0
    for pair in pairs:
        item = pair_item(pair, rules, given.by_section, chains=chains)
        decision, differ = by_case.get(item.case.id, Agreed())
        n_open += differ
        if differ:
            continue
        if decision is None and any(
            one.value in ("edit", "drop") for one in earlier.decisions(item)
        ):
            n_again += 1
            continue
        if decision and decision.value == "drop":
            dropped.append(f"{decision.by}: {decision.comment}")
            continue
        is_edited = decision is not None and decision.value == "edit"
        kept.append(_edited(pair, decision.texts) if decision and is_edited else pair)
        n_edited += is_edited
    return ReviewedPairs(tuple(kept), n_edited, tuple(dropped), n_open, n_again)


def _edited(pair: PreferencePair, texts: Mapping[str, str]) -> PreferencePair:
    """The pair with other sides, as another record. Of a side that says something else nothing is
    known of verdicts, and it ends as its author wrote it."""
    before = {CHOSEN: pair.chosen_text, REJECTED: pair.rejected_text}
    new = [name for name, text in texts.items() if text != before[name]]
    changed: dict[str, object] = {name: said(texts[name]) for name in new}
    changed |= {f"finish_{name}": "stop" for name in new}
    changed["verdicts"] = [one for one in pair.verdicts if one.side not in new]
    return PreferencePair.model_validate(pair.model_dump(exclude={"id"}) | changed)
