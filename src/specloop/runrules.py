"""What a run folder holds about its document: text, rules with their edits, and rubrics."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from specloop.errors import InputError
from specloop.files import is_there, read_file, read_text
from specloop.judging.guides import NO_GUIDES, Guides, guides_of, holding, rubric_guides
from specloop.records import ASSISTANT_ONLY, Edit, Example, Party, Rubric, Rule, Section
from specloop.spec.edits import DocumentRules, Edits, RulesFile, in_force, with_added
from specloop.spec.party import bound
from specloop.spec.rubrics_yaml import KnownRubrics, read_rubrics
from specloop.spec.rules_yaml import write_rules
from specloop.spec.source import DOCUMENT_FILE
from specloop.store import RunFolder

RULES_FILE = "rules.yaml"
RUBRICS_FILE = "rubrics.yaml"


def current_rules(folder: RunFolder) -> list[Rule]:
    """The rules in force in a run."""
    folder.need(Rule, "rules DOC --out")
    read = document_rules(folder)
    return bound(in_force(read, read_edits(folder, read).kept), bound_parties(folder))


def bound_parties(folder: RunFolder) -> tuple[Party, ...]:
    """Whose rules a run uses, as its document was read for."""
    noted = folder.manifest().get("document", {}).get("parties", ASSISTANT_ONLY)
    return tuple(party for party in get_args(Party) if party in noted)


def document_rules(folder: RunFolder) -> DocumentRules:
    """The rules read from a run's document."""
    return DocumentRules(folder.read(Rule), folder.read(Section))


def read_edits(folder: RunFolder, given: DocumentRules) -> Edits:
    """The edits of a run; InputError names what is wrong with its file of rules, and where."""
    known, path = folder.read(Edit), folder / RULES_FILE
    if folder.has_file(RULES_FILE):
        text, name = read_text(path), str(folder.manifest().get("document", {}).get("name", ""))
        # Parsing takes four times as long as writing, and most files are as they were written.
        if not known and given.rules and text == write_rules(given.rules, given.sections, name):
            return Edits((), ())
        return RulesFile(str(path), _time(path), given, known).edits(text)
    ids = {rule.id for rule in with_added(given, known)}
    still_there = tuple(edit for edit in known if edit.rule in ids)
    return Edits(still_there, tuple(edit for edit in known if edit.rule not in ids))


def current_rubrics(folder: RunFolder) -> list[Rubric]:
    """The rubrics of a run with what a person changed; InputError names what is wrong with their
    file, and where."""
    recorded = folder.read(Rubric)
    if not folder.has_file(RUBRICS_FILE):
        return recorded
    # An edited or dropped rule keeps its rubric: it is in force again once that is taken back.
    texts = frozenset(rule.text for rule in (*current_rules(folder), *folder.read(Rule)))
    path = folder / RUBRICS_FILE
    return read_rubrics(read_text(path), str(path), KnownRubrics(recorded, texts))


def current_guides(folder: RunFolder) -> Guides:
    """What judges are shown with a run's rules."""
    if not folder.has(Rule):
        return NO_GUIDES
    rubrics, rules = current_rubrics(folder), current_rules(folder)
    return guides_of(rubrics, rules, folder.read(Section), folder.read(Example))


def rubrics_of_document(folder: RunFolder) -> dict[str, str]:
    """The rubrics of rules as the document has them, by their wording there, in lines; of a rule
    that was edited its own, or else the one that was written for its new wording."""
    given, in_force_now = document_rules(folder), current_guides(folder).by_text
    own = guides_of(current_rubrics(folder), given.rules, given.sections).by_text
    edited = {rule.id: rule.text for rule in current_rules(folder)}
    shown = dict(own)
    for rule in given.rules:
        now = edited.get(rule.id, rule.text)
        if rule.text not in shown and now in in_force_now:
            shown[rule.text] = f"Written for: {now}\n{in_force_now[now]}"
    return shown


def lapsed_rubrics(folder: RunFolder) -> list[Rubric]:
    """The rubrics that people wrote or accepted and that hold no more: their rule reads otherwise
    in the document, or depends on something else."""
    rubrics, sections = current_rubrics(folder), folder.read(Section)
    hold = {
        rubric.id
        for rules in (current_rules(folder), folder.read(Rule))
        for rubric in holding(rubrics, rules, sections)
        if rubric.rule_text in {rule.text for rule in rules}
    }
    return [one for one in rubrics if one.edited_by and not one.drop and one.id not in hold]


def rubrics_at(where: str) -> Guides:
    """The rubrics of a run, or of a file such as a run's `rubrics.yaml`, for rules that stand
    elsewhere; InputError if there are none."""
    path = Path(where)
    if path.is_dir():
        rubrics = current_rubrics(RunFolder(path))
    else:
        rubrics = read_rubrics(read_text(path), where, KnownRubrics([]))
    guides = rubric_guides(rubrics)
    if not guides.by_text:
        raise InputError(f"{where}: no rubrics there; `specloop rubrics RUN` writes them")
    return guides


def _time(path: Path) -> str:
    seconds = min(max(path.stat().st_mtime, 0), 253402300799)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def kept_text(run: RunFolder) -> str:
    """A run's copy of the document; empty if there is none.

    It is decoded without newline translation, which would move every offset."""
    path = run / DOCUMENT_FILE
    if not is_there(path):
        return ""
    try:
        return read_file(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: byte {error.start} is not UTF-8; run `specloop rules` on the document again"
        ) from None
