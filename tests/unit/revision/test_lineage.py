"""Which models belong to which version of a document, and what has changed since."""

from specloop.records import Revision, Rule, RuleChange, TrainingRun
from specloop.revision.lineage import changed_by, replaced_by, since, trained_models


def rule(name: str) -> Rule:
    return Rule(id=name, section="s", text=name, quote=name, start=0, end=1)


def revision(old: str, new: str, *changes: RuleChange, rules: tuple[str, ...] = ()) -> Revision:
    return Revision(old=old, new=new, changes=changes, rules=tuple(map(rule, rules)))


def reworded(old: str, new: str) -> RuleChange:
    return RuleChange(kind="reworded", old=(old,), new=(new,))


def training(document: str, parent: str = "", trainer: str = "dpo") -> TrainingRun:
    return TrainingRun(
        trainer=trainer,
        title="t",
        preferences=True,
        base="hf:base",
        settings={"former": parent},
        pairs_digest=document,
        n_pairs=9,
        document=document,
        parent=parent,
        model_path="m",
        best_step=1,
        best_score=1.0,
    )


FIRST = revision(
    "a",
    "b",
    RuleChange(kind="kept", old=("same",), new=("same",)),
    reworded("words", "words 2"),
    RuleChange(kind="gone", old=("order",)),
    RuleChange(kind="new", new=("hello",)),
    rules=("words", "order"),
)
SECOND = revision(
    "b",
    "c",
    reworded("words 2", "words 3"),
    RuleChange(kind="gone", old=("hello",)),
    rules=("words 2", "hello"),
)


def test_a_way_leads_from_the_older_version_to_the_newer_one_over_all_updates() -> None:
    assert since("a", [FIRST, SECOND], "c") == [FIRST, SECOND]
    assert since("b", [FIRST, SECOND], "c") == [SECOND]
    assert since("c", [FIRST, SECOND], "c") == []
    assert since("c", [FIRST, SECOND], "b") == []
    assert since("", [FIRST, SECOND], "c") == [FIRST, SECOND], "noted by nobody: from before"
    assert since("", [], "c") == []
    assert since("z", [FIRST, SECOND], "c") == []


def test_what_changed_is_named_as_the_document_is_now() -> None:
    changed = changed_by([FIRST])
    assert changed.rules == {"words 2", "hello"}
    assert [one.id for one in changed.gone] == ["order"]
    both = changed_by([FIRST, SECOND])
    assert both.rules == {"words 3"}
    assert {one.id for one in both.gone} == {"order", "hello"}
    assert not changed_by([])


def test_only_rules_that_the_first_version_had_are_old_ones() -> None:
    assert [(old.id, now) for old, now in replaced_by([FIRST, SECOND])] == [
        ("words", ("words 3",)),
        ("order", ()),
    ]


def test_a_rule_that_came_back_is_not_gone() -> None:
    back = revision("b", "c", RuleChange(kind="new", new=("order",)))
    changed = changed_by([FIRST, back])
    assert "order" in changed.rules
    assert changed.gone == ()


def test_models_are_called_by_what_they_were_trained_on() -> None:
    old, anew = training("a"), training("b")
    on = training("b", parent=old.id)
    assert list(trained_models([old], [], "a")) == ["dpo"]
    assert list(trained_models([old], [FIRST], "b")) == ["dpo former"]
    labelled = trained_models([old, on, anew], [FIRST], "b")
    assert labelled == {"dpo former": old, "dpo": anew, "dpo continued": on}
    later = trained_models([old, on, anew], [FIRST, SECOND], "c")
    assert list(later.values()) == [anew], "of several older ones the last"
    # Where nobody updated the run, a training for other words is the run's own.
    assert list(trained_models([training("z")], [FIRST], "b")) == ["dpo"]
