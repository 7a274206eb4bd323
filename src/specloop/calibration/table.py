"""Certificates in the terminal, and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.table import Table

from specloop.calibration.belief import USUAL, small_families, undecided
from specloop.calibration.heads import advice
from specloop.calibration.measures import (
    CONSISTENCY,
    HALF_FOR_TIES,
    IDENTITY_BIAS,
    LEAN,
    MEASUREMENTS,
    OF_GROUP,
    OF_SOME,
    POSITION_LEAN,
    THRESHOLD,
    TIES,
    TOKENS,
    USD,
)
from specloop.calibration.refused import ALARMS, FOUND, OPEN
from specloop.records import Certificate, Figure, RefusalCertificate

_TITLES = {"auc": "AUC", "auc_within": "AUC within rules", USD: "USD a thousand verdicts"}


def certificates_table(certificates: Iterable[Certificate]) -> Table:
    """One row a figure, one column a judge, the cheapest judge first."""
    shown = cheapest_first(certificates)
    table = Table(title="Judges on labelled answers", show_lines=True)
    table.add_column("")
    for one in shown:
        table.add_column(one.label)
    table.add_row("Labels", *(_labels(one) for one in shown))
    for name in names_of(shown):
        table.add_row(figure_title(name), *(figure_cell(one.figure(name)) for one in shown))
    if any(one.intervals for one in shown):
        table.add_row("Intervals at", *(f"{100 * one.confidence:g}%" for one in shown))
    table.add_row("Tokens a verdict", *map(_tokens_cell, shown))
    return table


def groups_tables(certificate: Certificate) -> Iterator[Table]:
    """One judge by family, authority and section, and by the answers' length and model; figures
    that no group has are left out."""
    for title, names in (
        ("by group", (*OF_GROUP, HALF_FOR_TIES, TIES)),
        ("by answers", (LEAN, IDENTITY_BIAS)),
    ):
        known = [one for one in certificate.figures if one.group and one.name in names]
        shown = [name for name in names if any(one.name == name and one.n for one in known)]
        table = Table(title=f"{certificate.label}, {title}", show_lines=True)
        table.add_column("")
        for name in shown:
            table.add_column(figure_title(name))
        for group in dict.fromkeys(one.group for one in known):
            cells = (figure_cell(certificate.figure(name, group)) for name in shown)
            # The interval goes below its figure, so that more figures are side by side.
            table.add_row(group, *(cell.replace(" [", "\n[") for cell in cells))
        if table.row_count:
            yield table


def remarks(certificate: Certificate) -> Iterator[str]:
    """On whose labels it rests, and what was left out."""
    yield from _whose(certificate)
    if certificate.intervals:
        yield f"with {certificate.intervals} (calibrate.confidence)"
    best = certificate.figure(THRESHOLD)
    if best and certificate.part == "choose":
        yield (
            f"best on these labels: YES from a probability of {best.value:.3f} on (`threshold` of"
            " the judge logprob, likelihood or weighted); certify it with --part certify"
        )
    yield from advice(certificate)
    if always := _same_place(certificate) or _always(certificate):
        yield (
            f"this judge {always}: its verdicts tell nothing, and no rate can be corrected by them;"
            " take another judge, model or wording"
        )
    elif aside := undecided(certificate):
        yield (
            f"this judge says neither kept nor broken of {aside}: what it is right about are the"
            " other answers alone, so it is not certified and corrects no rate"
        )
    if certificate.figure(CONSISTENCY):
        yield (
            "consistency is over repeats with other seeds: of a judge that draws at temperature 0"
            " it only shows whether its server repeats itself"
        )
    if small := small_families(certificate):
        yield (
            f"measured together, as each has fewer than {USUAL.least} labels of kept rules or of"
            f" broken ones: the families {', '.join(small)}"
        )
    if certificate.n_left_out:
        yield (
            f"{certificate.n_left_out} labelled answers or pairs are left out: their labels differ,"
            " or do not decide"
        )


def _whose(certificate: Certificate) -> Iterator[str]:
    by = (f"{one.by} ({one.kind}, {one.n} labels)" for one in certificate.labellers)
    yield f"labels by {', '.join(by)}"
    if files := [one.by for one in certificate.labellers if one.kind == "unknown"]:
        yield (
            f"nobody says who gave the labels of {', '.join(files)}, so they are not called a"
            " person's: name the labeller in the columns by and kind (person or model)"
        )


def _always(certificate: Certificate) -> str:
    """What the judge says of all answers alike; empty where it tells them apart."""
    if isinstance(certificate, RefusalCertificate):
        said = {one.name: one.value for one in certificate.figures if not one.group}
        if said.get(OPEN) == 1.0:
            return "says neither full, partial nor none of any answer"
        return "says full of every answer" if said.get(FOUND) == said.get(ALARMS) == 1.0 else ""
    kept, broken = (certificate.figure(name) for name in ("sensitivity", "specificity"))
    if not (kept and broken):  # it compares two answers
        return ""
    match kept.value, broken.value:
        case 1.0, 0.0:
            return "says YES of every answer"
        case 0.0, 1.0:
            return "says NO of every answer"
        case None, None:
            return "says neither YES nor NO of any answer"
        case _:
            return ""


def _same_place(certificate: Certificate) -> str:
    """What a judge that compares does if the place decides all; empty where it does not."""
    lean = certificate.figure(POSITION_LEAN)
    place = {1.0: "first", -1.0: "second"}.get((lean and lean.value) or 0.0)
    return f"votes for the answer that is shown {place}, whichever it is" if place else ""


def certificate_data(certificate: Certificate) -> dict[str, Any]:
    """A certificate as JSON."""
    more = {"confidence": certificate.confidence, "tokens_a_verdict": tokens(certificate)}
    return certificate.model_dump(mode="json") | more


def cheapest_first(certificates: Iterable[Certificate]) -> list[Certificate]:
    """Certificates by what a verdict costs: in money if that is known of all, else in tokens."""
    every = list(certificates)
    paid = {one.id: found.value or 0.0 for one in every if (found := one.figure(USD))}
    costs = paid if len(paid) == len(every) else {one.id: tokens(one) for one in every}
    return sorted(every, key=lambda one: (costs[one.id], one.label))


def names_of(certificates: Iterable[Certificate]) -> list[str]:
    """The figures in the order of tables; those that only some kinds of judges have come last."""
    there = {one.name for certificate in certificates for one in certificate.figures}
    return [*MEASUREMENTS, LEAN, *(name for name in OF_SOME if name in there)]


def tokens(certificate: Certificate) -> float:
    """Tokens in and out of a verdict that a model gave, those of failed calls left aside."""
    taken = certificate.figure(TOKENS)
    return (taken.value if taken else None) or 0.0


def figure_title(name: str) -> str:
    """What tables call a figure of a certificate."""
    return _TITLES.get(name, name.capitalize())


def _tokens_cell(certificate: Certificate) -> str:
    found = certificate.figure(TOKENS)
    if found is None or found.ci_low is None or found.ci_high is None:
        return f"{tokens(certificate):.0f}"
    return f"{found.value:.0f} [{found.ci_low:.0f}, {found.ci_high:.0f}]\nn={found.n}"


def _labels(certificate: Certificate) -> str:
    pairs, unscored = certificate.figure(HALF_FOR_TIES), certificate.figure("unscored")
    if pairs and unscored:
        return f"{unscored.n} pairs\n{certificate.part}"
    return f"{labels_text(certificate)}\n{certificate.part}"


def labels_text(certificate: Certificate) -> str:
    """On how many labels of each kind it rests."""
    parts = (certificate.figure(name) for name in ("sensitivity", "specificity"))
    kept, broken = (figure.n + figure.n_unscored if figure else 0 for figure in parts)
    return f"{kept:,} kept, {broken:,} broken"


def figure_cell(figure: Figure | None) -> str:
    """A figure with its interval and its number of cases."""
    if figure is None or figure.value is None:
        return "-"
    places = figure_places(figure)
    if figure.ci_low is None or figure.ci_high is None:
        return f"{figure.value:.{places}f}\nn={figure.n}"
    interval = f"[{figure.ci_low:.{places}f}, {figure.ci_high:.{places}f}]"
    return f"{figure.value:.{places}f} {interval}\nn={figure.n}"


def figure_places(figure: Figure) -> int:
    """Decimals that show it: verdicts of a cheap model cost little."""
    return 4 if figure.name == USD else 2
