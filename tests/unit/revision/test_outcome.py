"""What a revision has come to, by code on the same answers."""

from __future__ import annotations

from specloop.checking import compile_check
from specloop.config import Evaluate
from specloop.ended import Finish
from specloop.evaluation import EvaluationSet, Results
from specloop.evaluation.judged import check_answers
from specloop.records import Answer, Case, Message, Revision, RevisionFigure, Rule, RuleChange
from specloop.revision.outcome import RevisedModels, revision_figures
from specloop.revision.table import outcome_text, revision_grids, revision_tables
from specloop.terminal import console


def rule(text: str) -> Rule:
    return Rule(
        id=text, section="s", text=text, quote=text, start=0, end=1, check=compile_check(text)
    )


LONG, SHORT = rule("Keep every answer to at most 9 words."), rule("Use at most 5 words.")
BLOOM, NEVER = rule('End every answer with "Bloom."'), rule('Never write "Bloom."')
ORDER = rule('Only when the customer mentions an order, include the sentence "Which one?"')
HELLO, CALM = rule('Begin every answer with "Hello"'), rule("Never use exclamation marks.")
WAY = [
    Revision(
        old="a",
        new="b",
        changes=(
            RuleChange(kind="kept", old=(CALM.id,), new=(CALM.id,)),
            RuleChange(kind="reworded", old=(LONG.id,), new=(SHORT.id,)),
            RuleChange(kind="reworded", old=(BLOOM.id,), new=(NEVER.id,)),
            RuleChange(kind="gone", old=(ORDER.id,)),
            RuleChange(kind="new", new=(HELLO.id,)),
        ),
        rules=(LONG, BLOOM, ORDER),
    )
]
REQUESTS = [f"How tall is plant {n}?" for n in range(12)] + [f"My order {n}?" for n in range(8)]
PROBES = tuple(
    Case(messages=(Message(role="user", content=text),), side="violation", seed_prompt=text)
    for text in REQUESTS
)
EVAL_SET = EvaluationSet(
    PROBES, (), (SHORT, NEVER, HELLO, CALM), frozenset(), Evaluate(general=False)
)


def results(*texts: str, finish: Finish = "stop") -> Results:
    """To plants the first answer, to orders the second."""
    answers = [
        Answer(case=probe.id, model="m", text=texts["order" in probe.request], finish=finish)
        for probe in PROBES
    ]
    return Results(check_answers(answers, EVAL_SET))


FOLLOWS_OLD = results("It grows two metres in all. Bloom.", "Which one? It comes. Bloom.")
FOLLOWS_NEW = results("Hello, two metres.", "Hello, it comes.")
WORSE = results("Hello, two metres!", "Hello, it comes!")


def figures(continued: Results) -> dict[tuple[str, str], RevisionFigure]:
    every = {"dpo former": FOLLOWS_OLD, "dpo continued": continued}
    models = RevisedModels("dpo", every, [("dpo continued", "dpo former")])
    return {(one.part, one.group): one for one in revision_figures(models, EVAL_SET, WAY)}


def value(figure: RevisionFigure, label: str) -> float | None:
    return figure.values[label].value


def test_the_new_rules_are_followed_and_the_old_ones_no_longer() -> None:
    every = figures(FOLLOWS_NEW)
    for new in (SHORT, NEVER, HELLO):
        assert value(every["new", new.id], "dpo continued") == 1
    assert value(every["new", HELLO.id], "dpo former") == 0
    assert value(every["new", ""], "dpo continued") == 1
    assert every["new", ""].values["dpo continued"].n == 60
    for old in (LONG, BLOOM, ORDER):
        assert value(every["old", old.id], "dpo continued") == 0
    assert value(every["old", BLOOM.id], "dpo former") == 1
    # Seven words keep the old number and break the new one; five or fewer keep both.
    assert value(every["old", LONG.id], "dpo former") == 12 / 20
    assert value(every["old", ORDER.id], "dpo former") == 1
    assert every["old", ORDER.id].values["dpo former"].n == 8, "only where it applied"
    (new,), (old,) = every["new", ""].compared, every["old", ""].compared
    assert (new.difference.outcome, new.is_no_worse) == ("better", True)
    assert (old.difference.outcome, old.is_no_worse) == ("better", True)


def test_the_rest_is_no_worse_where_the_whole_interval_says_so() -> None:
    (same,) = figures(FOLLOWS_NEW)["rest", ""].compared
    assert same.difference.value == 0
    assert same.difference.n == 20
    assert same.is_no_worse is False, "twenty answers do not show that it is within 0.05"
    (worse,) = figures(WORSE)["rest", ""].compared
    assert (worse.difference.value, worse.difference.outcome) == (-1, "worse")
    assert worse.is_no_worse is False


def test_an_answer_that_leaves_a_rule_open_is_counted_as_open() -> None:
    every = figures(results("Hello, two metres", "Hello, it comes", finish="length"))
    of_never = every["new", NEVER.id].values["dpo continued"]
    assert (of_never.value, of_never.n_unscored) == (None, 20)
    old = every["old", BLOOM.id].values["dpo continued"]
    assert old.n_unscored == 20


def test_the_table_says_each_value_and_what_the_differences_say() -> None:
    every = list(figures(FOLLOWS_NEW).values())
    (grid,) = revision_grids(every)
    assert grid.labels == ("dpo former", "dpo continued")
    assert grid.compared == ("dpo continued against dpo former",)
    assert [row.part for row in grid.rows] == sorted(
        (row.part for row in grid.rows), key=["new", "old", "rest"].index
    )
    rest = next(one for one in every if one.part == "rest")
    assert outcome_text(rest.compared[0]) == "open"
    full, short = (table_of(every, in_full=in_full) for in_full in (True, False))
    assert "Only when the customer mentions an order, include" in full
    assert "n 20" in full
    assert "n 20" not in short
    assert "Only when the customer mentions an or…" in short
    assert "better" in short


def table_of(figures: list[RevisionFigure], *, in_full: bool) -> str:
    (table,) = revision_tables(figures, in_full=in_full)
    with console.capture() as shown:
        console.print(table)
    return " ".join(shown.get().split())
