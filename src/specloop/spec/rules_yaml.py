"""Write the rules as a file to edit by hand, and read it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import yaml
from rapidfuzz import fuzz, process

from specloop.checking import build
from specloop.config.yamltext import parse_yaml, yaml_text
from specloop.errors import InputError
from specloop.records import CheckCall, Edit, Rule, Section

EDITABLE = ("text", "category", "type", "direction", "party", "check")
_SIGNED = ("author", "reason")
_KEYS = (*EDITABLE, "drop", *_SIGNED)
_NEAR = 60
"""The least likeness, of 100, for naming a rule as the possible successor of a lost one."""

_HEADER = """\
# The rules that were read out of the document. Edit and save; the next command uses this file.
#
#   text, category, type, direction   may be changed
#   party                             whom it binds, if not the assistant: user, operator, author,
#                                     third_party; by default only the assistant's rules are used
#   check                             {name: ..., options: {...}}; null if code cannot decide
#   drop: true                        leaves the rule out
#   reason, author                    why, and by whom, the entry was edited (both may be left out)
#
# A new entry without an id, `- text: ...`, adds a rule to the section it stands in. Keep each id:
# it ties the rule to its place in the document. A value that is set back to what the document gives
# is no edit any more, and so is an entry that is removed; to leave a rule out, write `drop: true`.
# A new text gets the check that its wording stands for, unless you give one.
"""
_LOST_HEADER = """
# ==== Edits that lost their rule ====
# The document does not say any more what these entries changed, so they are not in force. To make
# an edit again, change the rule that it belongs to now. Then delete the entry here.
"""


class RuleEntry(NamedTuple):
    """One entry of the file, with the right form but unchecked values."""

    where: str
    """File and line, for messages."""
    rule: str
    """The id; empty for an added rule."""
    lost: str
    """The id of a removed rule, if the entry only lists its edits."""
    changes: Mapping[str, Any]
    author: str
    reason: str


def write_rules(
    rules: Sequence[Rule],
    sections: Sequence[Section] = (),
    name: str = "",
    edits: Sequence[Edit] = (),
    lost: str = "",
) -> str:
    """The rules as YAML, with their edits.

    Comments name the section, the quotation if it differs, and what was edited; `lost` are the
    entries of edits that lost their rule.
    """
    paths = {section.id: " > ".join(section.path) for section in sections}
    parts = [_HEADER + (f"# Document: {_one_line(name)}\n" if name else "")]
    by_rule, section = edits_by_rule(edits), None
    for rule in rules:
        if rule.section != section:
            section = rule.section
            parts.append(
                f"\n# ---- {_one_line(paths.get(section, '') or 'before the first heading')}\n"
            )
        parts.append(_entry(rule, by_rule.get(rule.id, ())))
    return "".join([*parts, lost]) if rules or lost else parts[0] + "[]\n"


def write_lost(edits: Sequence[Edit], rules: Sequence[Rule], document: str) -> str:
    """Edits that lost their rule, as entries below the rules."""
    parts = [_LOST_HEADER] if edits else []
    for rule, rule_edits in edits_by_rule(edits).items():
        place = " > ".join(rule_edits[0].path) or "before the first heading"
        notes = [
            f"was: {rule_edits[0].wording}",
            f"in: {place}",
            near(rule_edits[0], rules, document),
        ]
        notes += map(_edit_note, rule_edits)
        parts.append(_noted(notes, {"lost": rule} | changes_of(rule_edits) | _reason(rule_edits)))
    return "".join(parts)


def near(edit: Edit, rules: Sequence[Rule], document: str) -> str:
    """What the document now says in the place of an edit that lost its rule, with its line."""
    texts = [rule.text for rule in rules]
    best = process.extractOne(edit.wording, texts, scorer=fuzz.ratio, score_cutoff=_NEAR)
    if best is None:
        return "the document says nothing like it now"
    rule = rules[best[2]]
    line = document.count("\n", 0, rule.start) + 1
    return f"line {line} of the document reads now: {rule.text} (rule {rule.id})"


def edits_by_rule(edits: Iterable[Edit]) -> dict[str, list[Edit]]:
    """Rule id -> its edits."""
    by_rule: dict[str, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_rule[edit.rule].append(edit)
    return dict(by_rule)


def changes_of(edits: Iterable[Edit]) -> dict[str, Any]:
    """Field -> what it was changed to."""
    return {edit.field: edit.after for edit in edits if edit.field != "added"}


def values_of(rule: Rule) -> dict[str, Any]:
    """The values that may be edited in a rule, in the form of the file and the edits."""
    values = rule.model_dump(mode="json", include=set(EDITABLE))
    check = rule.check and rule.check.model_dump(mode="json", exclude_defaults=True)
    return values | {"check": check}


def _entry(rule: Rule, edits: Sequence[Edit]) -> str:
    changes = changes_of(edits)
    entry = {"id": rule.id} | values_of(rule) | changes | _reason(edits)
    if entry["party"] == "assistant" and "party" not in changes:
        del entry["party"]
    if any(edit.field in ("text", "added") for edit in edits) and "check" not in changes:
        del entry["check"]
    quoted = _one_line(rule.quote)
    notes = [f"says: {quoted}"] if quoted not in ("", rule.text) else []
    notes += [f"exception to {rule.exception_to}"] if rule.exception_to else []
    notes += [_part_note(rule.part)] if rule.part and "text" not in changes else []
    notes += map(_edit_note, edits)
    return _noted(notes, {key: entry[key] for key in ("id", *_KEYS) if key in entry})


def _noted(notes: Sequence[str], entry: Mapping[str, Any]) -> str:
    return "\n" + "".join(f"# {_one_line(note)}\n" for note in notes) + yaml_text(dict(entry))


def _reason(edits: Sequence[Edit]) -> dict[str, str]:
    return dict([("reason", edit.reason) for edit in edits if edit.reason][:1])


def done_by(edit: Edit) -> str:
    """What was done, by whom and when."""
    action = {"drop": "dropped", "added": "added"}.get(edit.field, f"{edit.field} edited")
    by = f" by {edit.author}" if edit.author else ""
    return f"{action}{by}, {edit.time}"


def _edit_note(edit: Edit) -> str:
    original = "" if edit.field in ("drop", "added") else f"; the document gives: {edit.before}"
    return f"{done_by(edit)}{original}"


def _part_note(part: CheckCall) -> str:
    return f"code decides a part only: {build(part).describe()}; left to judgement: {part.leaves}"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    if not line.isprintable():
        line = " ".join("".join(c if c.isprintable() else " " for c in line).split())
    return line if len(line) <= 160 else line[:157] + "..."


@lru_cache(maxsize=2)
def entries_of(text: str, name: str) -> tuple[RuleEntry, ...]:
    """The entries of a file; InputError names the line of the first one with a wrong form.

    Cached, because a command reads the file several times.
    """
    root, content = parse_yaml(text, name)
    if content is None:
        return ()
    if not isinstance(root, yaml.SequenceNode) or not isinstance(content, list):
        raise InputError(f"{name}: the file must be a list of rules, each beginning with '- id:'")
    entries: list[RuleEntry] = []
    seen: set[str] = set()
    for node, entry in zip(root.value, content, strict=True):
        where = f"{name}: line {node.start_mark.line + 1}"
        if not isinstance(entry, dict):
            raise InputError(f"{where}: a rule must have the form '- id: ...'")
        entries.append(_read_entry(where, entry))
        if (key := entries[-1].rule or entries[-1].lost) in seen:
            raise InputError(f"{where}: rule {key} stands here twice; keep one entry")
        seen |= {key} - {""}
    return tuple(entries)


def _read_entry(where: str, entry: Mapping[str, Any]) -> RuleEntry:
    rule, lost = (str(entry.get(key) or "") for key in ("id", "lost"))
    where = f"{where} (rule {rule or lost})" if rule or lost else where
    key = "lost" if lost else "id"
    for odd in (key_ for key_ in entry if key_ not in (*_KEYS, key)):
        raise InputError(f"{where}: {str(odd)!r} cannot be edited; known: {', '.join(_KEYS)}")
    if not isinstance(entry.get("drop", False), bool):
        raise InputError(f"{where}: drop must be true or false")
    signed = {key: entry.get(key) or "" for key in _SIGNED}
    for key, value in signed.items():
        if not isinstance(value, str):
            raise InputError(f"{where}: {key} must be a text; put it in quotes")
    changes = {key: entry[key] for key in (*EDITABLE, "drop") if key in entry}
    if not (lost or rule or "text" in changes):
        raise InputError(f"{where}: neither an id nor, for a rule to be added, a text")
    text = changes.get("text", "-")
    if not str(text or "").strip():
        raise InputError(f"{where}: text is empty; write `drop: true` to leave the rule out")
    if isinstance(text, str) and "text" in changes:
        changes["text"] = text.strip()
    return RuleEntry(where, rule, lost, changes, **signed)
