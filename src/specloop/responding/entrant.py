"""An entrant: a model, how it answers at test time, and what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self, TypeVar

from specloop.config import PROMPT_ONLY
from specloop.errors import InputError
from specloop.records import PLAIN, Evaluation, ProtocolName, Told
from specloop.responding.base import Method, method_known, methods

T = TypeVar("T")

BASE = "base"
"""What tables call the model that others are trained from."""


class Entrant(NamedTuple):
    """One column of the tables."""

    label: str
    model: str
    """Its name, as in [roles]."""
    method: Method
    told: Told
    of: str = ""
    """What tables call its model."""
    scorer: str = ""
    """What chooses among its answers, in words; empty where nothing does."""
    request_digest: str = ""
    """Digest of its wording and of its models' options that decide a reply."""
    protocol: ProtocolName = "specloop"
    plain: bool = False
    """It is put the prompts as they were before the attack on them."""

    @classmethod
    def make(
        cls,
        model: str,
        method: str | Mapping[str, Any] = "vanilla",
        told: Told | None = None,
        of: str = "",
    ) -> Self:
        """An entrant with its label; without `told`, what its method needs. InputError where there
        is no such method or option, or the method has nothing to work on."""
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
        """The method's options that are not the defaults, what chooses, and whether the prompts
        are plain."""
        options = self.method.model_dump(mode="json", exclude_defaults=True)
        options |= {"scorer": self.scorer} if self.scorer else {}
        return options | ({PLAIN: False} if self.plain else {})

    @property
    def in_full(self) -> Self:
        """The same under a label that has the method's options."""
        return self._replace(label=_label(self.of, with_options(self.name, self.settings), self))

    @property
    def is_bare(self) -> bool:
        """Whether it is the model alone: no method, and nothing told."""
        return self.method.adds_nothing and self.told == "nothing"


def has_method(evaluation: Evaluation) -> bool:
    """Whether a method other than asking once gave the answers that were evaluated."""
    return not method_known(evaluation.method).adds_nothing


def is_bare(evaluation: Evaluation) -> bool:
    """Whether it is of a model alone: no method, and nothing told."""
    return not has_method(evaluation) and evaluation.told == "nothing"


def with_options(name: str, options: Mapping[str, Any]) -> str:
    """A strategy's name with the options that are not the defaults."""
    told = ", ".join(f"{key}={_short(value)}" for key, value in options.items())
    return f"{name}({told})" if told else name


def pairs(
    entrants: Sequence[T],
    model: Callable[[T], str],
    base: Callable[[Sequence[T]], T],
    against: T | None = None,
) -> Iterator[tuple[T, T]]:
    """Who is compared with whom: each with `against` where it is given; else with the base of the
    entrants of the same model, and the bases of several models with the first's."""
    if against is not None:
        yield from ((one, against) for one in entrants if one is not against)
        return
    groups: dict[str, list[T]] = {}
    for one in entrants:
        groups.setdefault(model(one), []).append(one)
    bases = [base(group) for group in groups.values()]
    for first, group in zip(bases, groups.values(), strict=True):
        yield from ((one, first) for one in group if one is not first)
    yield from ((one, bases[0]) for one in bases[1:])


def _label(of: str, method: str, entrant: Entrant) -> str:
    """`base`, `prompt-only`, `align3`, `dpo`, `dpo align3`, `dpo align3 document`."""
    told = entrant.told
    parts = [] if entrant.method.adds_nothing else [method]
    parts += [] if told == entrant.method.usually_told else [{"rules": PROMPT_ONLY}.get(told, told)]
    return " ".join([of] * (of != BASE or not parts) + parts)


def _short(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)
