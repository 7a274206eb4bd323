"""Records as data that hang together: each with what it was made from and the rules it names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from specloop.checking import build
from specloop.records import (
    Answer,
    Case,
    Certificate,
    Decision,
    Edit,
    Evaluation,
    Exchange,
    Failure,
    GoldCase,
    GoldLabel,
    Instance,
    Judgement,
    PairTriage,
    PreferencePair,
    QualityScore,
    Record,
    RefusalVerdict,
    ReviewedItem,
    Rubric,
    Rule,
    Section,
    SeedPrompt,
    SetAside,
    TrainingRun,
    content_id,
)
from specloop.spec.rules_yaml import done_by

KINDS = (
    "document",
    "section",
    "rule",
    "edit",
    "rubric",
    "instance",
    "seed prompt",
    "probe",
    "exchange",
    "answer",
    "verdicts",
    "quality",
    "refusal",
    "pair",
    "triage",
    "training",
    "evaluation",
    "certificate",
    "labelled case",
    "label",
    "reviewed item",
    "decision",
    "failure",
    "set aside",
)
"""In the order in which one is made from another."""
_MOST = 160
"""Characters of a text that are shown."""


class Datum(NamedTuple):
    """A record, or a place of the document, with what it was made from."""

    kind: str
    id: str
    text: str
    """What it is, in a line."""
    made_from: tuple[str, ...] = ()
    """Ids."""
    rules: tuple[str, ...] = ()
    """Ids of the rules that it names."""
    details: tuple[tuple[str, str], ...] = ()
    """Ids of rules with what it says of them."""

    def as_data(self, about: Iterable[str] = ()) -> dict[str, Any]:
        """As JSON, with what it says of some rules."""
        rules = set(about)
        said = [{"rule": rule, "says": text} for rule, text in self.details if rule in rules]
        made = {"kind": self.kind, "id": self.id, "text": self.text}
        return made | ({"verdicts": said} if said else {})


class Joined(NamedTuple):
    """What joins records besides their ids."""

    document: str
    """The document's text."""
    name: str
    rules: Mapping[str, str]
    """Text of a rule -> its id."""
    trained: Mapping[str, str]
    """Path of a trained model within the run -> id of the training."""
    seeds: Mapping[str, str]
    """Text of a seed prompt -> its id."""
    pairs: tuple[str, ...]
    """Ids of the pairs to train on."""

    @classmethod
    def of(cls, records: Iterable[Record], document: str, name: str) -> Joined:
        """Of all records of a run."""
        every = list(records)
        trainings = [one for one in every if isinstance(one, TrainingRun)]
        return cls(
            document,
            name,
            {one.text: one.id for one in every if isinstance(one, Rule)},
            {
                path: one.id
                for one in trainings
                for path in (one.gguf_path, one.model_path, one.adapter_path)
                if path
            },
            {one.text: one.id for one in every if isinstance(one, SeedPrompt)},
            tuple(
                one.id for one in every if isinstance(one, PreferencePair) and one.split == "train"
            ),
        )

    def place(self, start: int) -> str:
        """File, line and column of an offset."""
        line = self.document.count("\n", 0, start) + 1
        return f"{self.name}:{line}:{start - self.document.rfind(chr(10), 0, start)}"

    def training_of(self, model: str) -> tuple[str, ...]:
        """The training of a model; none for one that was not trained here."""
        return tuple(id_ for path, id_ in self.trained.items() if model.endswith(path))


def data_of(record: Record, joined: Joined) -> Iterator[Datum]:
    """The data that a record is; one set aside is what it was."""
    if isinstance(record, SetAside):
        yield from _aside(record, joined)
    elif made := MAKERS.get(type(record)):
        yield from made(record, joined)


def _section(one: Section, joined: Joined) -> Iterator[Datum]:
    place = joined.place(one.start)
    yield Datum("section", one.id, " > ".join(one.path) or "before the first heading", (place,))
    yield Datum("document", place, _short(one.text.strip().partition("\n")[0]))


def _rule(one: Rule, joined: Joined) -> Iterator[Datum]:
    decided = "left to judgement"
    if one.check or one.part:
        what = build(one.check or one.part).describe()  # pyright: ignore[reportArgumentType]
        decided = f"decided by code: {what}" if one.check else f"decided by code in part: {what}"
    place = joined.place(one.start)
    about = ((one.id, decided),)
    yield Datum("rule", one.id, one.text, (place, one.section), details=about)
    yield Datum("document", place, one.quote)


def _edit(one: Edit, _: Joined) -> Iterator[Datum]:
    what = "" if one.field in ("drop", "added") else f": {one.before} -> {one.after}"
    reason = f" ({one.reason})" if one.reason else ""
    yield Datum("edit", one.id, f"{done_by(one)}{what}{reason}", (), (one.rule,))


def _rubric(one: Rubric, joined: Joined) -> Iterator[Datum]:
    by = one.edited_by or (one.made_by.model if one.made_by else "")
    rule = joined.rules.get(one.rule_text, "")
    text = f"kept: {one.text.keeps}; broken: {one.text.breaks} (by {by})"
    yield Datum("rubric", one.id, _short(text), (), (rule,) if rule else ())


def _instance(one: Instance, _: Joined) -> Iterator[Datum]:
    yield Datum("instance", one.id, f"{len(one.rules)} rules, {one.split}", (), one.rules)


def _seed(one: SeedPrompt, joined: Joined) -> Iterator[Datum]:
    rules = tuple(joined.rules[text] for text in one.rules if text in joined.rules)
    by = f" (by {one.made_by.model})" if one.made_by else ""
    yield Datum("seed prompt", one.id, f"{_short(one.text)}{by}", (), rules)


def _case(one: Case, joined: Joined) -> Iterator[Datum]:
    seed = joined.seeds.get(one.seed_prompt, "")
    above = tuple(filter(None, (one.scenario, one.twin_of or "", seed)))
    how = ", ".join(filter(None, (one.split, one.side, one.attack, one.strategy)))
    by = f", by {one.made_by.model}" if one.made_by else ""
    yield Datum("probe", one.id, f"{_short(one.request)} ({how}{by})", above, one.targets)


def _answer(one: Answer, joined: Joined) -> Iterator[Datum]:
    above = tuple(filter(None, (one.case, one.source or "", *joined.training_of(one.model))))
    how = ", ".join(filter(None, (one.purpose, one.entrant, one.method, one.model)))
    yield Datum("answer", one.id, f"{_short(one.text)} ({how})", above)


def _exchange(one: Exchange, _: Joined) -> Iterator[Datum]:
    how = f"wave {one.wave}, round {one.round}{', switched' if one.switched else ''}"
    n = len(one.violated)
    text = f"{how}, {n} rules broken" if n != 1 else f"{how}, one rule broken"
    yield Datum("exchange", one.id, text, (one.probe, one.answer), one.violated)


def _judgement(one: Judgement, _: Joined) -> Iterator[Datum]:
    reasons = {v.rule: f": {_short(v.rationale)}" if v.rationale else "" for v in one.verdicts}
    details = tuple(
        (v.rule, f"{v.value} by {v.judge or one.judge}{reasons[v.rule]}") for v in one.verdicts
    )
    text = f"{len(details)} by {one.judge} {one.model}"
    yield Datum("verdicts", one.id, text, (one.answer,), tuple(reasons), details)


def _quality(one: QualityScore, _: Joined) -> Iterator[Datum]:
    score = "not scored" if one.score is None else f"{one.score:.2f}"
    yield Datum("quality", one.id, f"{score} by {one.judge}", (one.answer,))


def _refusal(one: RefusalVerdict, _: Joined) -> Iterator[Datum]:
    yield Datum("refusal", one.id, f"{one.refusal or 'open'} by {one.judge}", (one.answer,))


def _pair(one: PreferencePair, _: Joined) -> Iterator[Datum]:
    above = (one.instance, one.probe, one.exchange, one.rejected_id, one.chosen_id)
    says = {"chosen": "the chosen answer keeps it", "rejected": "the rejected answer breaks it"}
    details = tuple(
        (v.rule, f"{says[v.side]}, by {v.judge} ({v.level}{f', also {v.also}' if v.also else ''})")
        for v in one.verdicts
    )
    text = f"{one.pairing}, {one.split}, {one.side}"
    yield Datum("pair", one.id, text, tuple(filter(None, above)), one.violated, details)


def _triage(one: PairTriage, _: Joined) -> Iterator[Datum]:
    above = tuple(filter(None, (one.pair, one.made)))
    yield Datum("triage", one.id, f"{one.outcome}: {one.reason}", above, (*one.old, *one.new))


def _training(one: TrainingRun, joined: Joined) -> Iterator[Datum]:
    # Trainings of before did not note their pairs; those of now are theirs if nothing has changed.
    are_of_now = one.pairs_digest == content_id(list(joined.pairs))
    pairs = one.pairs or (joined.pairs if are_of_now else ())
    text = f"{one.title} on {one.n_pairs} pairs, from {one.base}: {one.model_path}"
    yield Datum("training", one.id, text, (*filter(None, [one.parent]), *pairs))


def _evaluation(one: Evaluation, joined: Joined) -> Iterator[Datum]:
    groups = tuple(dict.fromkeys(figure.group for figure in one.metrics if figure.group))
    details = tuple(
        (figure.group, f"{figure.name} {figure.value:.2f} (n={figure.n}, by {figure.judge})")
        for figure in one.metrics
        if figure.group and figure.value is not None
    )
    text = f"{one.label}: {one.model}" + (f" on {one.source}" if one.source else "")
    yield Datum("evaluation", one.id, text, joined.training_of(one.model), groups, details)


def _certificate(one: Certificate, _: Joined) -> Iterator[Datum]:
    rules = one.sample.rules if one.sample else ()
    yield Datum("certificate", one.id, f"{one.label} on {', '.join(one.gold)}", (), rules)


def _gold_case(one: GoldCase, _: Joined) -> Iterator[Datum]:
    what, _space, id_ = one.place.partition(" ")
    above = (id_,) if what in ("answer", "pair") else ()
    kind = "reviewed item" if isinstance(one, ReviewedItem) else "labelled case"
    yield Datum(kind, one.id, _short(one.answer or one.rule_text), above, one.rules)


def _said(one: GoldLabel | Decision, _: Joined) -> Iterator[Datum]:
    kind = "decision" if isinstance(one, Decision) else "label"
    comment = f": {_short(one.comment)}" if one.comment else ""
    text = f"{one.value} by {one.by} ({one.kind}), {one.time}{comment}"
    yield Datum(kind, one.id, text, (one.case,))


def _failure(one: Failure, _: Joined) -> Iterator[Datum]:
    above = tuple(filter(None, (one.item, one.record)))
    yield Datum("failure", one.id, f"{one.stage}: {_short(one.reason)}", above)


def _aside(one: SetAside, joined: Joined) -> Iterator[Datum]:
    """The record as it was; and where nothing is known of its kind, what stands in it."""
    yield Datum("set aside", one.id, f"{one.file}: {one.reason}", (), one.rules)
    kind = next((kind for kind in MAKERS if one.file == kind.FILE), None)
    try:
        record = kind.model_validate(one.content) if kind else None
    except ValidationError:
        return
    # The document that its place was in is not that of now.
    before = joined._replace(document="", name="an older version")
    for datum in data_of(record, before) if record else ():
        if datum.kind == "document":
            continue
        above = (*(id_ for id_ in datum.made_from if ":" not in id_), one.id)
        text = f"{datum.text} [set aside: {one.reason}]"
        yield datum._replace(text=text, made_from=above)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST else f"{line[: _MOST - 1]}…"


MAKERS: dict[type[Record], Callable[[Any, Joined], Iterator[Datum]]] = {
    Section: _section,
    Rule: _rule,
    Edit: _edit,
    Rubric: _rubric,
    Instance: _instance,
    SeedPrompt: _seed,
    Case: _case,
    Exchange: _exchange,
    Answer: _answer,
    Judgement: _judgement,
    QualityScore: _quality,
    RefusalVerdict: _refusal,
    PreferencePair: _pair,
    PairTriage: _triage,
    TrainingRun: _training,
    Evaluation: _evaluation,
    Certificate: _certificate,
    GoldCase: _gold_case,
    GoldLabel: _said,
    ReviewedItem: _gold_case,
    Decision: _said,
    Failure: _failure,
}
"""By the kinds of records that are told."""
