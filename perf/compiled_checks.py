"""Every rule of some documents that code decides, wholly or in part, to be read by a person.

    python perf/compiled_checks.py DOCUMENT... [--all]

Prints for each document how many rules were read and how many became checks; then each such rule
with what stands around it, and what the check does. `--all` prints the other rules too. A file of
JSON Lines or JSON is read text by text: each string of it is a document by itself.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specloop.checking import build, link_exceptions
from specloop.records import CheckCall, Rule
from specloop.spec import read_spec
from specloop.spec.edits import with_check
from specloop.spec.source import SourceDocument, read_document


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("documents", nargs="+", type=Path)
    parser.add_argument("--all", action="store_true", help="print rules without a check too")
    given = parser.parse_args()
    for path in given.documents:
        rules = link_exceptions([with_check(rule) for rule in rules_of(path)])
        whole = [rule for rule in rules if rule.check]
        parts = [rule for rule in rules if rule.part]
        print(f"\n## {path}: {len(rules)} rules, {len(whole)} checks, {len(parts)} in part")
        for rule in rules if given.all else (*whole, *parts):
            show(rule)


def rules_of(path: Path) -> list[Rule]:
    """The rules of a document, or of each text of a JSON file as a document by itself."""
    if path.suffix not in (".json", ".jsonl"):
        return list(read_spec(read_document(path)).rules)
    content = path.read_text(encoding="utf-8")
    rows = content.split("\n") if path.suffix == ".jsonl" else [content]
    read = (json.loads(row) for row in rows if row.strip())
    texts = dict.fromkeys(text for row in read for text in strings(row))
    return [rule for text in texts for rule in read_spec(SourceDocument.of(text)).rules]


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)


def show(rule: Rule) -> None:
    print(f"- {' '.join(rule.text.split())[:400]}")
    if rule.scope:
        print(f"    around it: {' | '.join(rule.scope)}")
    for call in (rule.check, rule.part):
        if call:
            print(f"    => {described(call)}")


def described(call: CheckCall) -> str:
    """The check in words, with its conditions and what it leaves."""
    words = build(call).describe()
    words += f"; when: {call.when}" if call.when else ""
    words += "; only then" if call.only else ""
    words += f"; unless: {call.unless}" if call.unless else ""
    return words + (f"; LEAVES: {call.leaves}" if call.leaves else "")


if __name__ == "__main__":
    main()
