"""A checkout of SpecBench: its texts, found by digest, else by the name of their constant.

Its Python files are read with `ast`: nothing is imported or run.
"""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from specloop.errors import InputError
from specloop.specbench.reference.texts import COMMIT, WANTED, Key, Wanted, digest

_LARGE = 4_000_000
"""Bytes from which a file is no source anyone wrote."""


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
    known = constants(path)
    texts = [_find(one, known) for one in wanted]
    missing = [one for one, text in zip(wanted, texts, strict=True) if text is None]
    if missing:
        listed = "; ".join(f"{w.what} ({w.name})" if w.name else w.what for w in missing)
        raise InputError(
            f"{path}: these texts of SpecBench are not in its Python files: {listed}. Give a "
            f"checkout of github.com/zzzhr97/SpecBench, best at commit {COMMIT}"
        )
    return Checkout(path, tuple(text for text in texts if text is not None))


def _find(wanted: Wanted, known: Sequence[Constant]) -> CheckoutText | None:
    for one in known:
        if digest(one.text) == wanted.digest:
            return CheckoutText(wanted, one.text, one.place)
    named = [one for one in known if wanted.name and one.name == wanted.name]
    if len({one.text for one in named}) > 1:
        places = " and ".join(one.place for one in named)
        raise InputError(
            f"{wanted.name}: two texts of that name, in {places}, and neither is that of SpecBench "
            f"at {COMMIT}; take one out of the checkout"
        )
    return CheckoutText(wanted, named[0].text, named[0].place) if named else None


class Constant(NamedTuple):
    """One string, with the name it is assigned to, class or function first; empty for none."""

    name: str
    text: str
    place: str
    """File and line."""


def constants(folder: Path) -> list[Constant]:
    """Every string constant of the folder's Python files, parts of f-strings included.

    Adjacent literals are one string. Files that are not valid Python are passed over, and so are
    hidden folders and virtual environments. InputError where the folder is none.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give a checkout of SpecBench")
    return [one for path in _sources(folder) for one in _of_file(path, folder)]


def _sources(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if _is_wanted(Path(place) / name))
        yield from (Path(place) / name for name in sorted(files) if name.endswith(".py"))


def _is_wanted(folder: Path) -> bool:
    hidden = folder.name.startswith(".") or folder.name in ("site-packages", "node_modules")
    return not hidden and not (folder / "pyvenv.cfg").exists()


def _of_file(path: Path, folder: Path) -> Iterator[Constant]:
    try:
        source = path.read_bytes() if path.stat().st_size < _LARGE else b""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    where = path.relative_to(folder)
    for name, node in _strings(tree):
        yield Constant(name, str(node.value), f"{where}:{node.lineno}")


def _strings(tree: ast.Module) -> Iterator[tuple[str, ast.Constant]]:
    waiting: list[tuple[ast.AST, str, str]] = [(tree, "", "")]
    while waiting:
        node, scope, name = waiting.pop()
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                yield name, node
            continue
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            scope = f"{scope}{node.name}."
        named = f"{scope}{target}" if (target := _target(node)) else ""
        children = list(ast.iter_child_nodes(node))
        waiting.extend((child, scope, named) for child in reversed(children))


def _target(node: ast.AST) -> str:
    """What an assignment of one value to one plain name calls it."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case _:
            return ""
