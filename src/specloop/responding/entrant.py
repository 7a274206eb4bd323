"""An entrant: a model, its test-time method, and the rules in its prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self, TypeVar

from specloop.config import PROMPT_ONLY
from specloop.errors import InputError
from specloop.records import PLAIN, Answer, Evaluation, ProtocolName, Sampling, Told, strategy_text
from specloop.responding.base import Method, method_known, methods

T = TypeVar("T")

BASE = "base"
"""The name in tables of the model that others are trained from."""


class Entrant(NamedTuple):
    """One column of the tables."""

    label: str
    model: str
    """Its name, as in [roles]."""
    method: Method
    told: Told
    of: str = ""
    """The name of its model in tables."""
    scorer: str = ""
    """What chooses among its answers, in words; empty if nothing does."""
    request_digest: str = ""
    """A digest of its wording and of its models' options that decide a reply."""
    protocol: ProtocolName = "specloop"
    plain: bool = False
    """Whether it gets the prompts as they were before the attack on them."""

    @classmethod
    def make(
        cls,
        model: str,
        method: str | Mapping[str, Any] = "vanilla",
        told: Told | None = None,
        of: str = "",
    ) -> Self:
        """Make an entrant with its label; without `told`, it gets what its method needs.

        InputError if there is no such method or option, or the method has nothing to work on.
        """
        built, of = methods.build(method), of or model
        told = told or built.usually_told
        if told == "nothing" != built.usually_told:
            raise InputError(
                f"{methods.name_of(built)}: it works on rules, and is told nothing; tell it its"
                " case's rules, or the whole document"
            )
        made = cls("", model, built, told, of)
        return made._replace(label=_label(of, made.name, made))

    @property
    def name(self) -> str:
        """Its method's name."""
        return methods.name_of(self.method)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The method's options other than the defaults, the scorer, and whether the prompts are
        plain."""
        options = self.method.model_dump(mode="json", exclude_defaults=True)
        options |= {"scorer": self.scorer} if self.scorer else {}
        return options | ({PLAIN: False} if self.plain else {})

    def blank(self, case: str, sampling: Sampling, label: str = "") -> Answer:
        """The record of its answer before there is one: it has its id already."""
        return Answer(
            case=case,
            entrant=label,
            method=self.name,
            settings=dict(self.settings),
            model=self.model,
            protocol=self.protocol,
            sampling=sampling,
            request_digest=self.request_digest,
            text="",
        )

    @property
    def in_full(self) -> Self:
        """The same with a label that has the method's options."""
        return self._replace(label=_label(self.of, strategy_text(self.name, self.settings), self))

    @property
    def is_bare(self) -> bool:
        """Whether it is only the model, without a method and without rules in the prompt."""
        return self.method.adds_nothing and self.told == "nothing"


def has_method(evaluation: Evaluation) -> bool:
    """Whether a method other than asking once gave the answers that were evaluated."""
    return not method_known(evaluation.method).adds_nothing


def is_bare(evaluation: Evaluation) -> bool:
    """Whether it is of a model alone: no method, and nothing told."""
    return not has_method(evaluation) and evaluation.told == "nothing"


def pairs(
    entrants: Sequence[T],
    model: Callable[[T], str],
    base: Callable[[Sequence[T]], T],
    against: T | None = None,
) -> Iterator[tuple[T, T]]:
    """The pairs to compare: each with `against` if given; otherwise with the base of the same
    model's entrants, and the bases of further models with the first one."""
    if against is not None:
        yield from ((entrant, against) for entrant in entrants if entrant is not against)
        return
    groups: dict[str, list[T]] = {}
    for entrant in entrants:
        groups.setdefault(model(entrant), []).append(entrant)
    bases = [base(group) for group in groups.values()]
    for first, group in zip(bases, groups.values(), strict=True):
        yield from ((entrant, first) for entrant in group if entrant is not first)
    yield from ((entrant, bases[0]) for entrant in bases[1:])


def entrant_pairs(
    entrants: Sequence[Entrant], against: Entrant | None = None
) -> dict[Entrant, Entrant]:
    """What each entrant is compared with: `against`, or else its model alone."""
    return dict(pairs(entrants, lambda one: one.of, _alone, against))


def _alone(group: Sequence[Entrant]) -> Entrant:
    """The model alone, or the first if it is not there."""
    return next((one for one in group if one.is_bare), group[0])


def _label(of: str, method: str, entrant: Entrant) -> str:
    """`base`, `prompt-only`, `align3`, `dpo`, `dpo align3`, `dpo align3 document`."""
    told = entrant.told
    parts = [] if entrant.method.adds_nothing else [method]
    parts += [] if told == entrant.method.usually_told else [{"rules": PROMPT_ONLY}.get(told, told)]
    return " ".join([of] * (of != BASE or not parts) + parts)
