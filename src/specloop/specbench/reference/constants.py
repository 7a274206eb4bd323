"""String constants of a folder of Python files, read with `ast`: nothing is imported or run."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from specloop.errors import InputError

_LARGE = 4_000_000
"""Bytes from which a file is no source anyone wrote."""


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
