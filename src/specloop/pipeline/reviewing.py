"""Labels by a person on the answers of a run: the stage behind `specloop review`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from specloop.draws import ranked
from specloop.errors import InputError
from specloop.gold import keep_gold, load_gold
from specloop.judging.context import conditions_of
from specloop.pipeline.reading import keep_edits, record_edits
from specloop.pipeline.run import Run
from specloop.records import (
    Decision,
    Edit,
    GoldCase,
    GoldLabel,
    Judgement,
    PairTriage,
    PreferencePair,
    ReviewedItem,
    Revision,
    Rubric,
    Rule,
    Section,
)
from specloop.review.agreement import LabellerAgreement, agreements
from specloop.review.candidates import (
    Candidate,
    Said,
    differing,
    judged_candidates,
    labelled_candidates,
)
from specloop.review.choosing import Pick, chosen
from specloop.review.decided import Agreed, agreed, edits_with, pair_item, rule_items
from specloop.review.earlier import EarlierSaid, first_again
from specloop.review.pairs import pair_sides
from specloop.review.reviewing import DecisionReview, Review, Reviewer, ReviewItem, check_name
from specloop.runrules import (
    current_guides,
    current_rules,
    document_rules,
    lapsed_rubrics,
    read_edits,
    rubrics_of_document,
)
from specloop.spec.edits import DocumentRules
from specloop.stats import Resampling
from specloop.store import BENCHMARKS, GOLD, RunFolder

Shown = Literal["evaluation", "synthesis", "sides", "pairs", "rules"]
"""What of a run is labelled: answers that models have judged, or single sides of its pairs. Pairs
and rules are decided on."""
DECIDED = ("pairs", "rules")
Sitting = Callable[[Review], Awaitable[None]]
"""Shows a review to a person until the person ends it."""


class ReviewPlan(NamedTuple):
    """Who labels what."""

    reviewer: str
    gold: tuple[str, ...] = ()
    """Labelled cases to be labelled again, by their sources; none: the run's verdicts."""
    answers: Shown = "evaluation"
    n: int = 300
    pick: Pick = "doubtful"
    settling: bool = False
    """Show only cases on which labels differ, with the labels."""
    kind: Reviewer = "person"
    """What the reviewer is; a model settles nothing and decides on no rules and pairs."""


async def stage_review(
    run: Run, plan: ReviewPlan, items: Sequence[ReviewItem], sit: Sitting
) -> Review:
    """Let a person label the planned items; every decision is kept at once in the run's gold."""
    folder = run.folder.part(GOLD)
    folder.make()
    if plan.gold:
        gold = load_gold(plan.gold, _rules(run.folder))
        keep_gold(folder, gold.cases, gold.labels)
    review = _review(run, plan, items)
    await sit(review)
    return review


def _review(run: Run, plan: ReviewPlan, items: Sequence[ReviewItem]) -> Review:
    folder, by = run.folder.part(GOLD), plan.reviewer
    if plan.answers not in DECIDED:
        review = Review(items, by, folder, settling=plan.settling)
        review.kind = plan.kind
        return review
    review = DecisionReview(items, by, folder, settling=plan.settling)
    if plan.answers == "rules":
        record_edits(run)
        take_effect(run)
        offered = _offered_rubrics(run.folder, items)

        def changed(gone: Sequence[Decision]) -> None:
            take_effect(run, gone)
            _accept_rubrics(run.folder, items, offered)

        review.changed = changed
    return review


def _offered_rubrics(folder: RunFolder, items: Sequence[ReviewItem]) -> dict[str, Rubric]:
    """Wording of a rule -> the rubric that a person wrote or accepted and that holds no more."""
    if not folder.has(Rule):
        return {}
    lapsed, revisions = lapsed_rubrics(folder), folder.read(Revision)
    earlier = EarlierSaid((), (), document_rules(folder), lapsed, revisions)
    texts = [item.case.rule_text for item in items]
    return {text: old for text in texts if (old := earlier.rubric_of(text))}


def _accept_rubrics(
    folder: RunFolder, items: Sequence[ReviewItem], offered: Mapping[str, Rubric]
) -> None:
    """Let rubrics hold for the rules that were accepted with them; those of a decision that was
    taken back are as before."""
    if not offered:
        return
    decided = agreed(folder.part(GOLD).read(Decision))
    rubrics = {rubric.rule_text: rubric for rubric in folder.read(Rubric)}
    for item in items:
        text = item.case.rule_text
        old, decision = offered.get(text), decided.get(item.case.id, Agreed()).decision
        if old is None:
            continue
        if decision and decision.value == "accept":
            by = {"rule_text": text, "chain": item.case.chain, "edited_by": decision.by}
            content = old.model_dump(exclude={"id"}) | by
            rubrics[text] = Rubric.model_validate(content)
        elif text == old.rule_text:
            rubrics[text] = old
        else:
            rubrics.pop(text, None)
    if list(rubrics.values()) != folder.read(Rubric):
        folder.replace(Rubric, rubrics.values())


def take_effect(run: Run, gone: Sequence[Decision] = ()) -> None:
    """Let people's decisions on rules be edits, as if they were made in the file of rules; those of
    decisions that are gone are undone."""
    folder, read = run.folder, document_rules(run.folder)
    edits = read_edits(folder, read)
    gold = folder.part(GOLD)
    before = gold.read(Edit)
    known = [*edits.kept, *before]
    decisions, items = gold.read(Decision), gold.read(ReviewedItem)
    kept, aside = edits_with(known, read, decisions, items, gone)
    if sorted(kept, key=lambda edit: edit.id) != sorted(edits.kept, key=lambda edit: edit.id):
        if aside:
            gold.replace(Edit, aside)
        keep_edits(run, read, edits._replace(kept=kept))
    if list(aside) != before:
        gold.replace(Edit, aside)


def planned_items(run: Run, plan: ReviewPlan) -> list[ReviewItem]:
    """What a person is shown, in order; a second person gets the same. InputError if there is
    nothing, or the name will not do."""
    folder = run.folder.part(GOLD)
    labels = folder.read(GoldLabel)
    if plan.gold:
        labels += load_gold(plan.gold, _rules(run.folder)).labels
    check_name(plan.reviewer, [*labels, *folder.read(Decision)], plan.kind)
    if plan.kind == "model" and (plan.settling or plan.answers in DECIDED):
        what = "--settle" if plan.settling else f"--answers {plan.answers}"
        raise InputError(f"{what}: for people; leave out --model, or label answers")
    if items := _items(run, plan):
        return items
    if plan.settling:
        raise InputError(
            f"{run.folder.path}: nothing to settle: no two people have labelled a case differently"
        )
    if plan.answers == "rules":
        raise InputError(f"{run.folder.path}: no rules; run `specloop rules DOC --out RUN` first")
    if plan.answers in ("sides", "pairs"):
        raise InputError(f"{run.folder.path}: no pairs to train on; run `specloop pairs` first")
    raise InputError(
        f"{run.folder.path}: no verdicts of a model in its {plan.answers} to label; name a judge as"
        " compliance under [roles], set evaluate.judged_share and run `specloop eval`; or take"
        " other answers with --answers or --gold"
    )


def _items(run: Run, plan: ReviewPlan) -> list[ReviewItem]:
    guides = current_guides(run.folder).by_text if run.folder.has(Rule) else {}
    items = _all_items(run, plan)
    if plan.answers in DECIDED:
        return items
    return [item._replace(guide=guides.get(item.case.rule_text, "")) for item in items]


def _all_items(run: Run, plan: ReviewPlan) -> list[ReviewItem]:
    if plan.answers in DECIDED:
        items = _decided_items(run.folder, plan)
        if not plan.settling:
            return items
        open_ones = {one.case.id: one.labels for one in _to_settle(run.folder.part(GOLD), plan)}
        return [
            one._replace(labels=open_ones[one.case.id]) for one in items if one.case.id in open_ones
        ]
    if plan.settling:
        return _to_settle(run.folder.part(GOLD), plan)
    if plan.gold:
        judged = run.folder.part(GOLD).read(Judgement)
        cases = load_gold(plan.gold, _rules(run.folder)).cases
        candidates = labelled_candidates(cases, judged)
        return [ReviewItem(case) for case in chosen(candidates, plan.n, plan.pick)]
    candidates = {one.case.id: one for one in _candidates(run.folder, plan.answers)}
    earlier = _earlier(run.folder, plan.answers)
    items = {id_: earlier.beside(ReviewItem(one.case)) for id_, one in candidates.items()}
    again = [one for id_, one in candidates.items() if items[id_].before]
    first = chosen(again, plan.n, plan.pick)
    rest = [one for id_, one in candidates.items() if not items[id_].before]
    return [items[one.id] for one in (*first, *chosen(rest, plan.n - len(first), plan.pick))]


def _earlier(folder: RunFolder, answers: Shown) -> EarlierSaid:
    """All that was said, to be shown beside what it held for."""
    cases, said = _said_in(folder.part(GOLD), answers)
    sections, revisions = folder.read(Section), folder.read(Revision)
    if answers != "rules":
        now = DocumentRules(_rules(folder), sections)
        return EarlierSaid(cases, said, now, revisions=revisions)
    read = DocumentRules(folder.read(Rule), sections)
    return EarlierSaid(cases, said, read, lapsed_rubrics(folder), revisions)


def _decided_items(folder: RunFolder, plan: ReviewPlan) -> list[ReviewItem]:
    """Rules in the document's order, or pairs as they are drawn."""
    if not folder.has(Rule):
        return []
    read, by_rules = document_rules(folder), plan.answers == "rules"
    guides = rubrics_of_document(folder) if by_rules else current_guides(folder).by_text
    sections = {section.id: section for section in read.sections}
    earlier = _earlier(folder, plan.answers)
    if by_rules:
        items = rule_items(read.rules, sections, guides)
    else:
        drawn = {item.case.id: item for item in _pair_items(folder, sections, guides)}
        items = ranked(drawn.values(), lambda one: one.case.id, "review")
    return first_again(map(earlier.beside, items))[: plan.n]


def _pair_items(
    folder: RunFolder, sections: Mapping[str, Section], guides: Mapping[str, str]
) -> Iterator[ReviewItem]:
    """The pairs to train on, with what a triage said of them."""
    in_force = current_rules(folder)
    rules, chains = {r.id: r for r in in_force}, conditions_of(in_force, sections.values())
    triaged = {one.made: one for one in folder.read(PairTriage) if one.made}
    for pair in folder.read(PreferencePair):
        if pair.split == "train":
            item = pair_item(pair, rules, sections, guides, chains)
            told = triaged.get(pair.id)
            lines = (f"triage: {told.outcome}: {told.reason}",) if told else ()
            yield item._replace(before=lines)


def agreements_in(
    run: Run, answers: Shown = "evaluation", gold: Sequence[str] = ()
) -> tuple[list[LabellerAgreement], list[GoldCase]]:
    """How far those agree who have labelled here, decided on its rules or pairs, or labelled the
    cases of other gold, and the cases that are left to settle. InputError where no case has two
    labels."""
    cases, labels = _said_in(run.folder.part(GOLD), answers)
    if gold:
        there = load_gold(gold, _rules(run.folder))
        cases, labels = list(there.cases), [*labels, *there.labels]
    how = Resampling(confidence=run.config.calibrate.confidence)
    if not (every := agreements(cases, labels, how)):
        names = ", ".join(sorted({one.by for one in labels})) or "nobody"
        raise InputError(
            f"{run.folder.path}: no case has labels by two (labels by {names});"
            f" a second person labels with `specloop review {run.folder.path} --by NAME`"
        )
    return every, differing(cases, labels)


def _said_in(folder: RunFolder, answers: Shown) -> tuple[list[GoldCase], list[Said]]:
    """Labelled cases with labels, or the rules or pairs with decisions."""
    if answers not in DECIDED:
        return folder.read(GoldCase), [*folder.read(GoldLabel)]
    is_pair = answers == "pairs"
    items = [one for one in folder.read(ReviewedItem) if bool(one.answer) == is_pair]
    return [*items], [*folder.read(Decision)]


def _to_settle(folder: RunFolder, plan: ReviewPlan) -> list[ReviewItem]:
    """The cases on which labels differ, and those that this person has settled."""
    cases, labels = _said_in(folder, plan.answers)
    others = [one for one in labels if not (one.settles and one.by == plan.reviewer)]
    return [
        ReviewItem(
            case, tuple(one for one in others if one.case == case.id and one.kind != "model")
        )
        for case in sorted(differing(cases, others), key=lambda case: case.id)
    ]


def _candidates(
    folder: RunFolder, stage: Literal["evaluation", "synthesis", "sides"]
) -> Iterator[Candidate]:
    """The run's own answers, then those on other benchmarks."""
    if stage == "sides":
        yield from (Candidate(one.case) for one in pair_sides(folder, _rules(folder)))
        return
    yield from judged_candidates(folder, _rules(folder), stage)
    for path in sorted((folder / BENCHMARKS).glob("*")):
        if path.is_dir():
            part = folder.part(f"{BENCHMARKS}/{path.name}")
            yield from judged_candidates(part, part.read(Rule), stage)


def _rules(folder: RunFolder) -> Sequence[Rule]:
    return current_rules(folder) if folder.has(Rule) else ()
