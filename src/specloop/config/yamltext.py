"""Read YAML without aliases, which can make a few lines endless, and without long numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from specloop.errors import InputError
from specloop.jsontext import cleaned

MAX_CHARS = 50_000_000
_MAX_DEPTH = 100
_MAX_DIGITS = 300

_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Reads a file of many rules ten times as fast, where PyYAML was built with libyaml."""


class _Loader(_FAST):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read a mapping, in which no key may stand twice: all but the last would be lost."""
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                fault = f"{key.value[:60]!r} stands there twice"
                raise ConstructorError(None, None, fault, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """Read a number, but not in base 60, which takes time with the square of its length."""
        if len(node.value) > _MAX_DIGITS:
            raise ConstructorError(None, None, "a number of too many digits", node.start_mark)
        return super().construct_yaml_int(node)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)


def parse_yaml(text: str, name: str) -> tuple[yaml.Node | None, Any]:
    """The document of a YAML text, as a node with line numbers and as values; InputError names the
    line."""
    if len(text) > MAX_CHARS:
        raise InputError(
            f"{name}: {len(text):,} characters are more than the {MAX_CHARS:,} read; check that it"
            " is the right file"
        )
    try:
        _refuse_depth(text)
        loader = _Loader(text)
        root = loader.get_single_node()
        return root, cleaned(loader.construct_document(root) if root else None)
    except RecursionError:
        raise InputError(
            f"{name}: nested too deeply, or by an alias (*name); write out what it stands for"
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "cannot be read"
        raise InputError(
            f"{name}: not valid YAML: {line}{problem}; repair or delete the line"
        ) from None
    except (ValueError, OverflowError) as error:
        raise InputError(f"{name}: {error}; repair the file") from None


_PLAIN = re.compile(
    r"(?!(?:yes|no|on|off|true|false|null|y|n)$)[a-z]\w*|[1-9][0-9]*[a-f][0-9a-f]*"
    r"|(?=.{3,85}$)[A-Z][A-Za-z]* [\w,.'()/ -]*[\w,.')]",
    re.A,
)
"""A value that YAML writes as it is, on the line of its key: a word, an id, a short sentence."""


def yaml_text(entry: Mapping[str, str | Mapping[str, Any] | None]) -> str:
    """A list of one entry, as a person may edit it."""
    return "- " + "  ".join(map(_pair, entry.items()))


def _pair(pair: tuple[str, Any]) -> str:
    key, value = pair
    if value is None or (isinstance(value, str) and _PLAIN.fullmatch(value)):
        return f"{key}: {value or 'null'}\n"
    form: Any = {"sort_keys": False, "allow_unicode": True, "width": 100}
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump([{key: value}], Dumper=dumper, **form)[2:]


def _refuse_depth(text: str) -> None:
    """RecursionError for an alias, which makes nesting without end possible, and for nesting deeper
    than any of our files has."""
    depth = 0
    for event in yaml.parse(text, Loader=_FAST):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH or isinstance(event, yaml.AliasEvent):
            raise RecursionError
