"""Certificates in the terminal, and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.table import Table

from specloop.calibration.belief import undecided
from specloop.calibration.heads import advice
from specloop.calibration.measures import (
    CONSISTENCY,
    HALF_FOR_TIES,
    IDENTITY_BIAS,
    LEAN,
    MEASUREMENTS,
    OF_SOME,
    THRESHOLD,
    TOKENS,
)
from specloop.records import Certificate, Figure

_TITLES = {"auc": "AUC", "auc_within": "AUC within rules", "unscored": "Unscored", LEAN: "Lean"}


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
    table.add_row("Tokens a verdict", *(f"{tokens(one):.0f}" for one in shown))
    return table


def groups_table(certificate: Certificate) -> Table:
    """One judge by family, authority and section, and by the answers' length and model."""
    every = ("accuracy", "sensitivity", "specificity", "auc", LEAN, IDENTITY_BIAS)
    of_groups = {figure.name for figure in certificate.figures if figure.group}
    names = [name for name in every if name in of_groups]
    table = Table(title=f"{certificate.label}, by group", show_lines=True)
    table.add_column("")
    for name in names:
        table.add_column(figure_title(name))
    groups = dict.fromkeys(figure.group for figure in certificate.figures if figure.group)
    for group in groups:
        table.add_row(group, *(figure_cell(certificate.figure(name, group)) for name in names))
    return table


def remarks(certificate: Certificate) -> Iterator[str]:
    """On whose labels it rests, and what was left out."""
    by = (f"{one.by} ({one.kind}, {one.n} labels)" for one in certificate.labellers)
    yield f"labels by {', '.join(by)}"
    if certificate.intervals:
        yield f"with {certificate.intervals} (calibrate.confidence)"
    best = certificate.figure(THRESHOLD)
    if best and certificate.part == "choose":
        yield (
            f"best on these labels: YES from a probability of {best.value:.3f} on (`threshold` of"
            " the judge logprob, likelihood or weighted); certify it with --part certify"
        )
    yield from advice(certificate)
    if always := _always(certificate):
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
    if certificate.n_left_out:
        yield (
            f"{certificate.n_left_out} labelled answers or pairs are left out: their labels differ,"
            " or do not decide"
        )


def _always(certificate: Certificate) -> str:
    """What the judge says of all answers alike; empty where it tells them apart."""
    kept, broken = (certificate.figure(name) for name in ("sensitivity", "specificity"))
    match kept and kept.value, broken and broken.value:
        case 1.0, 0.0:
            return "says YES of every answer"
        case 0.0, 1.0:
            return "says NO of every answer"
        case None, None:
            return "says neither YES nor NO of any answer"
        case _:
            return ""


def certificate_data(certificate: Certificate) -> dict[str, Any]:
    """A certificate as JSON."""
    more = {"confidence": certificate.confidence, "tokens_a_verdict": tokens(certificate)}
    return certificate.model_dump(mode="json") | more


def cheapest_first(certificates: Iterable[Certificate]) -> list[Certificate]:
    """Certificates by the tokens that a verdict takes."""
    return sorted(certificates, key=lambda one: (tokens(one), one.label))


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
    if figure.ci_low is None or figure.ci_high is None:
        return f"{figure.value:.2f}\nn={figure.n}"
    return f"{figure.value:.2f} [{figure.ci_low:.2f}, {figure.ci_high:.2f}]\nn={figure.n}"
