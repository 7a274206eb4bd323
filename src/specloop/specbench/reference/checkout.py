"""A checkout of SpecBench: its texts, found by digest, else by the name of their constant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from specloop.errors import InputError
from specloop.specbench.reference.constants import Constant, constants
from specloop.specbench.reference.texts import COMMIT, WANTED, Key, Wanted, digest


class CheckoutText(NamedTuple):
    """One of SpecBench's texts as this checkout has it."""

    wanted: Wanted
    text: str
    place: str
    """File and line in the checkout."""

    @property
    def is_known(self) -> bool:
        """Whether it is the known commit's, to the byte."""
        return digest(self.text) == self.wanted.digest


@dataclass(frozen=True)
class Checkout:
    """A checkout with all the texts that the protocol needs."""

    path: Path
    texts: tuple[CheckoutText, ...]

    def text(self, key: Key) -> str:
        """One text."""
        return self.found(key).text

    def found(self, key: Key) -> CheckoutText:
        """One text with its place."""
        return next(text for text in self.texts if text.wanted.key == key)

    def digest(self, keys: Iterable[Key]) -> str:
        """Of several texts together."""
        return digest("\0".join(self.text(key) for key in keys))

    @property
    def altered(self) -> tuple[CheckoutText, ...]:
        """Texts that are not the known commit's: scores are then not those of SpecBench."""
        return tuple(text for text in self.texts if not text.is_known)

    def warnings(self) -> tuple[str, ...]:
        """A line for each altered text."""
        return tuple(
            f"{one.place}: {one.wanted.what} is not that of SpecBench at {COMMIT}: scores made "
            "with it compare with none published"
            for one in self.altered
        )


def read_checkout(path: Path, wanted: Sequence[Wanted] = WANTED) -> Checkout:
    """The texts of a checkout; InputError names those that are not there."""
    found = constants(path)
    texts = [_find(one, found) for one in wanted]
    missing = [one for one, text in zip(wanted, texts, strict=True) if text is None]
    if missing:
        listed = "; ".join(f"{w.what} ({w.name})" if w.name else w.what for w in missing)
        raise InputError(
            f"{path}: these texts of SpecBench are not in its Python files: {listed}. Give a "
            f"checkout of github.com/zzzhr97/SpecBench, best at commit {COMMIT}"
        )
    return Checkout(path, tuple(text for text in texts if text is not None))


def _find(wanted: Wanted, found: Sequence[Constant]) -> CheckoutText | None:
    for one in found:
        if digest(one.text) == wanted.digest:
            return CheckoutText(wanted, one.text, one.place)
    named = [one for one in found if wanted.name and one.name == wanted.name]
    if len({one.text for one in named}) > 1:
        places = " and ".join(one.place for one in named)
        raise InputError(
            f"{wanted.name}: two texts of that name, in {places}, and neither is that of SpecBench "
            f"at {COMMIT}; take one out of the checkout"
        )
    return CheckoutText(wanted, named[0].text, named[0].place) if named else None
