"""Write rubrics as a file to edit by hand, and read it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import yaml
from pydantic import ValidationError

from specloop.config.yamltext import parse_yaml, yaml_text
from specloop.errors import InputError, did_you_mean
from specloop.jsontext import first_fault
from specloop.records import Rubric, RubricText
from specloop.spec.edits import author_name

_TEXTS = tuple(RubricText.model_fields)
_KEYS = ("rule", *_TEXTS, "drop", "author")
_HEADER = """\
# What judges are shown with each rule. Edit and save; the next command uses this file.
#
#   rule                          the rule's text, as in rules.yaml; it ties the entry to its rule
#   keeps, breaks                 what an answer does that keeps the rule, and one that breaks it
#   does_not_apply                when the rule asks for nothing (may be empty)
#   *_example                     an example of each (may be empty)
#   drop: true                    judges do not see the rubric
#   author                        who edited the entry (may be left out)
#
# A new entry is a rubric of your own. An entry that is removed is used as it was last recorded.
"""


_MOST_ALIKE = 2
"""Most rules that may have the same rubric written by hand."""


class KnownRubrics(NamedTuple):
    """What a file of rubrics is read against."""

    rubrics: Sequence[Rubric]
    """Those that are recorded."""
    texts: frozenset[str] | None = None
    """The texts of the rules in force; None: a rubric may be of any rule."""


def write_rubrics(rubrics: Iterable[Rubric]) -> str:
    """Rubrics as YAML."""
    parts = [_HEADER, *map(_entry, rubrics)]
    return "".join(parts) if len(parts) > 1 else f"{_HEADER}[]\n"


def _entry(rubric: Rubric) -> str:
    entry = {"rule": rubric.rule_text} | rubric.text.model_dump()
    entry |= {"drop": True} if rubric.drop else {}
    entry |= {"author": rubric.edited_by} if rubric.edited_by else {}
    return "\n" + yaml_text(entry)


def read_rubrics(text: str, name: str, known: KnownRubrics) -> list[Rubric]:
    """The recorded rubrics with what the file changes and adds; InputError names the line of the
    first entry that cannot be used."""
    rubrics = {rubric.id: rubric for rubric in known.rubrics}
    root, content = parse_yaml(text, name)
    if content is not None and not (
        isinstance(root, yaml.SequenceNode) and isinstance(content, list)
    ):
        raise InputError(f"{name}: the file must be a list of rubrics, each beginning '- rule:'")
    seen: set[str] = set()
    written: Counter[RubricText] = Counter()
    for node, entry in zip(root.value if root and content else (), content or (), strict=True):
        where = f"{name}: line {node.start_mark.line + 1}"
        rubric = _read(where, entry, rubrics, known.texts)
        if rubric.id in seen:
            raise InputError(f"{where}: the rule stands here twice; keep one entry")
        seen.add(rubric.id)
        written[rubric.text] += bool(rubric.edited_by) and not rubric.drop
        if written[rubric.text] > _MOST_ALIKE:
            raise InputError(
                f"{where}: {_MOST_ALIKE + 1} rules have this rubric word for word; a rubric says"
                " what keeps and breaks its own rule: write each for its rule, or drop it"
            )
        rubrics[rubric.id] = rubric
    return list(rubrics.values())


def _read(
    where: str, entry: Any, rubrics: Mapping[str, Rubric], texts: frozenset[str] | None
) -> Rubric:
    if not isinstance(entry, dict):
        raise InputError(f"{where}: a rubric must have the form '- rule: ...'")
    fields = cast(dict[Any, Any], entry)
    for key in (key for key in fields if key not in _KEYS):
        raise InputError(f"{where}: no {str(key)!r} in a rubric; known: {', '.join(_KEYS)}")
    rule, author = (_line(where, name, fields.get(name)) for name in ("rule", "author"))
    text = {name: fields[name] for name in _TEXTS if fields.get(name) is not None}
    try:
        rubric = Rubric.model_validate(
            {"rule_text": rule, "text": text, "drop": fields.get("drop", False)}, strict=True
        )
    except ValidationError as error:
        fault = first_fault(error, "the rubric").removeprefix("text.")
        raise InputError(f"{where}: {fault}") from None
    before = rubrics.get(rubric.id)
    if before is None and texts is not None and rule not in texts:
        raise InputError(f"{where}: no rule reads {rule[:80]!r}.{did_you_mean(rule, texts)}")
    return _signed(rubric, before, author)


def _line(where: str, name: str, value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise InputError(f"{where}: {name} must be a text; put it in quotes")
    if name == "rule" and not (value or "").strip():
        raise InputError(f"{where}: no rule; write the text of the rule that the rubric is for")
    return (value or "").strip()


def _signed(rubric: Rubric, before: Rubric | None, author: str) -> Rubric:
    """The recorded rubric where nothing was changed; otherwise the new one with its author."""
    before = before or rubric
    changes = {"text": rubric.text, "drop": rubric.drop}
    is_same = before is not rubric and before == before.model_copy(update=changes)
    if is_same and author in ("", before.edited_by):
        return before
    by = author or author_name() or "a person"
    return before.model_copy(update=changes | {"edited_by": by, "chain": None})
