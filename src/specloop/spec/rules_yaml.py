"""Rules as a file to edit by hand, and the edits read back.

A rule keeps its id through every edit, so what other records say about it stays true of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from specloop.checks import checks
from specloop.config.yamltext import parse_yaml
from specloop.errors import InputError
from specloop.files import read_text
from specloop.records import CheckCall, Rule, Section

EDITABLE = ("text", "category", "type", "direction", "check")

_HEADER = """\
# The rules that were read out of the document. Edit and save; the next stage uses this file.
#
#   text, category, type, direction   may be changed
#   check                             {name: ..., options: {...}}; null if code cannot decide
#   drop: true                        leaves the rule out
#
# Keep each id: it ties the rule to its place in the document. A rule whose entry is removed stays
# as it was; to leave it out, write `drop: true`. A new text loses its check unless you give one.
"""


def write_rules(rules: Sequence[Rule], sections: Sequence[Section] = (), name: str = "") -> str:
    """The rules as YAML, with comments: the section and, where it differs, the quotation."""
    paths = {section.id: " > ".join(section.path) for section in sections}
    parts = [_HEADER + (f"# Document: {_one_line(name)}\n" if name else "")]
    section = None
    for rule in rules:
        if rule.section != section:
            section = rule.section
            parts.append(
                f"\n# ---- {_one_line(paths.get(section, '') or 'before the first heading')}\n"
            )
        parts.append(_entry(rule))
    return "".join(parts) if rules else parts[0] + "[]\n"


def _entry(rule: Rule) -> str:
    entry = {"id": rule.id} | rule.model_dump(
        mode="json", include=set(EDITABLE), exclude_defaults=False
    )
    ordered = {key: entry[key] for key in ("id", *EDITABLE)}
    if rule.check is not None:
        ordered["check"] = rule.check.model_dump(mode="json", exclude_defaults=True)
    body = yaml.safe_dump([ordered], sort_keys=False, allow_unicode=True, width=100)
    notes = [f"# says: {_one_line(rule.quote)}"] if _one_line(rule.quote) != rule.text else []
    notes += [f"# exception to {rule.exception_to}"] if rule.exception_to else []
    notes += [_part_note(rule.part)] if rule.part else []
    return "\n" + "".join(f"{note}\n" for note in notes) + body


def _part_note(part: CheckCall) -> str:
    decided = checks.build({"name": part.name, **part.options}).describe()
    return _one_line(f"# code decides a part only: {decided}; left to judgement: {part.leaves}")


def _one_line(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= 160 else line[:157] + "..."


def read_edits(rules: Sequence[Rule], path: Path) -> list[Rule]:
    """The rules with the edits of a file; InputError names what is wrong with it, and where."""
    return apply_edits(rules, read_text(path), str(path))


def apply_edits(rules: Sequence[Rule], text: str, name: str = "rules.yaml") -> list[Rule]:
    """The rules with the edits of a `write_rules` file; InputError names the line and the rule."""
    known = {rule.id: rule for rule in rules}
    edited: dict[str, Rule | None] = dict(known)
    seen: set[str] = set()
    for line, entry in _entries(text, name):
        where = f"{name}: line {line}"
        rule = known.get(str(entry.get("id", "")))
        if rule is None:
            raise InputError(
                f"{where}: {entry.get('id')!r} is no rule of this run; keep the ids as written"
            )
        if rule.id in seen:
            raise InputError(f"{where}: rule {rule.id} stands here twice; keep one entry")
        seen.add(rule.id)
        edited[rule.id] = _edited(rule, entry, f"{where} (rule {rule.id})")
    return [rule for rule in edited.values() if rule is not None]


def _entries(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    root, content = parse_yaml(text, name)
    if content is None:
        return
    if not isinstance(root, yaml.SequenceNode) or not isinstance(content, list):
        raise InputError(f"{name}: the file must be a list of rules, each beginning with '- id:'")
    for node, entry in zip(root.value, content, strict=True):
        line = node.start_mark.line + 1
        if not isinstance(entry, dict):
            raise InputError(f"{name}: line {line}: a rule must have the form '- id: ...'")
        yield line, entry


def _edited(rule: Rule, entry: dict[str, Any], where: str) -> Rule | None:
    odd = [str(key) for key in entry if key not in (*EDITABLE, "id", "drop")]
    if odd:
        raise InputError(
            f"{where}: {odd[0]!r} cannot be edited; known: {', '.join((*EDITABLE, 'drop'))}"
        )
    if not isinstance(entry.get("drop", False), bool):
        raise InputError(f"{where}: drop must be true or false")
    if entry.get("drop"):
        return None
    changes = {key: entry[key] for key in EDITABLE if key in entry}
    if not str(changes.get("text", rule.text) or "").strip():
        raise InputError(f"{where}: text is empty; write `drop: true` to leave the rule out")
    try:
        edited = Rule.model_validate(rule.model_dump() | changes)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{where}: {key}: {first['msg']}") from None
    return _checked(rule, edited, where)


def _checked(rule: Rule, edited: Rule, where: str) -> Rule:
    """An edited check must be one we have; an edited text leaves its old check behind."""
    if edited.text != rule.text and edited.check == rule.check:
        return edited.model_copy(update={"check": None})
    if edited.check is not None and edited.check.leaves:
        raise InputError(
            f"{where}: check: a check that leaves {edited.check.leaves!r} decides no rule; delete "
            "`leaves`, or write null"
        )
    if edited.check is not None and edited.check != rule.check:
        try:
            checks.build({"name": edited.check.name, **edited.check.options})
        except InputError as error:
            raise InputError(f"{where}: check: {error}") from None
    return edited
