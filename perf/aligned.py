"""How many rules `specloop diff` finds again in a document that a program has changed.

    python perf/aligned.py DOCUMENT [--shares 0.1 0.5 0.9] [--seeds 3]

Of a share of the rules some are gone, reworded (a tenth to three tenths of the words), moved to
another section, or split in two; new ones that borrow their words stand between. Prints a line a
share: precision and recall of the links of what was changed, and of each kind how many are right.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from pathlib import Path

from specloop.records import Rule
from specloop.revision.alignment import align
from specloop.revision.comparison import DocumentVersion
from specloop.spec.edits import DocumentRules
from specloop.spec.identity import rule_id

OTHERS = ("clearly", "often", "their", "relevant", "service", "person", "matter", "case", "detail")


class Changing:
    """A document's rules, changed, with what became of each."""

    def __init__(self, given: DocumentRules, share: float, seed: int) -> None:
        self.draw = random.Random(seed)
        self.given, self.rules = given, list[Rule]()
        self.became: dict[str, list[str]] = {}
        self.kinds: dict[str, str] = {}
        for rule in given.rules:
            changed = self.draw.random() < share
            kind = self.draw.choice(("gone", "reworded", "reworded", "moved", "split", "kept"))
            kind = kind if changed else "kept"
            if kind == "split" and len(rule.text.split()) < 14:
                kind = "reworded"
            new = getattr(self, f"_{kind}")(rule)
            self.became[rule.id], self.kinds[rule.id] = [one.id for one in new], kind
            self.rules += new
            if changed and kind == "kept":
                words = self.draw.choice(given.rules).text
                self.rules.append(_other(rule, self._changed(words, 0.6)))
        for rule in [one for one in self.rules if self._is_moved(one)]:
            self.rules.remove(rule)
            self.rules.insert(self.draw.randrange(len(self.rules) + 1), rule)

    def _is_moved(self, rule: Rule) -> bool:
        return any(self.became[old] == [rule.id] for old, k in self.kinds.items() if k == "moved")

    def _kept(self, rule: Rule) -> list[Rule]:
        return [rule]

    def _gone(self, rule: Rule) -> list[Rule]:
        return []

    def _reworded(self, rule: Rule) -> list[Rule]:
        return [_other(rule, self._changed(rule.text, self.draw.choice((0.1, 0.2, 0.3))))]

    def _moved(self, rule: Rule) -> list[Rule]:
        sections = [one.id for one in self.given.sections if one.id != rule.section]
        return [_other(rule, rule.text, self.draw.choice(sections))]

    def _split(self, rule: Rule) -> list[Rule]:
        words = rule.text.split()
        half = len(words) // 2
        rest = f"The assistant should {self._changed(' '.join(words[half:]), 0.1)}"
        return [_other(rule, " ".join(words[:half]) + "."), _other(rule, rest)]

    def _changed(self, text: str, share: float) -> str:
        words = text.split()
        for _ in range(max(1, int(share * len(words)))):
            at, way = self.draw.randrange(len(words)), self.draw.choice("dis")
            if way == "d" and len(words) > 5:
                del words[at]
            elif way == "i":
                words.insert(at, self.draw.choice(OTHERS))
            else:
                words[at] = self.draw.choice(OTHERS)
        return " ".join(words)


def _other(rule: Rule, text: str, section: str = "") -> Rule:
    section = section or rule.section
    update = {"id": rule_id(section, f"{rule.id} {text}"), "text": text, "quote": text}
    return rule.model_copy(update=update | {"section": section})


def _measure(given: DocumentRules, share: float, seeds: int) -> None:
    right, found, wanted, seconds = 0, 0, 0, 0.0
    kinds, all_kinds = Counter[str](), Counter[str]()
    for seed in range(seeds):
        changed = Changing(given, share, seed)
        began = time.process_time()
        changes = align(given, DocumentRules(changed.rules, given.sections))
        seconds += time.process_time() - began
        gold = {(old, new) for old, to in changed.became.items() for new in to if old != new}
        links = {(old, new) for c in changes for old in c.old for new in c.new if old != new}
        right, found, wanted = right + len(gold & links), found + len(links), wanted + len(gold)
        said = {old: change.kind for change in changes for old in change.old}
        all_kinds.update(changed.kinds.values())
        kinds.update(kind for old, kind in changed.kinds.items() if said[old] == kind)
    by_kind = ", ".join(f"{kind} {kinds[kind]}/{n}" for kind, n in sorted(all_kinds.items()))
    print(
        f"{share:.0%} changed: precision {right / max(1, found):.1%}, "
        f"recall {right / max(1, wanted):.1%} of {wanted} links; {by_kind}; {seconds / seeds:.1f} s"
    )


def main() -> None:
    """Measure a document."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("document", type=Path)
    options.add_argument("--shares", type=float, nargs="+", default=[0.1, 0.5, 0.9])
    options.add_argument("--seeds", type=int, default=3)
    chosen = options.parse_args()
    given = DocumentVersion.at(chosen.document).given
    for share in chosen.shares:
        _measure(given, share, chosen.seeds)


if __name__ == "__main__":
    main()
