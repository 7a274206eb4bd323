import pytest

from specloop.config import Evaluate, build
from specloop.errors import InputError
from specloop.evaluation.inputs import EvaluationSet
from specloop.evaluation.judged import JudgedAnswer, evidence_of
from specloop.measuring.figures import figure_from
from specloop.metrics import cases_in
from specloop.metrics.rcs_weighted import priority_weight
from specloop.records import Answer, Case, CheckCall, Figure, Message, Rule, Verdict
from specloop.stats import DEFAULT

RULES = tuple(
    Rule(
        section="s",
        text=f"Rule {i}.",
        quote="",
        start=i,
        end=i,
        check=CheckCall(name="word_count", options={"most": 5}),
        authority=authority,
        stage=stage,
    )
    for i, (authority, stage) in enumerate([("root", "understand"), ("guideline", "present")])
)
EVAL_SET = EvaluationSet((), (), RULES, frozenset(), Evaluate())


def graded(number: int, *values: str, text: str = "Two words", cut: bool = False) -> JudgedAnswer:
    probe = Case(
        messages=(Message(role="user", content=f"q{number}"),),
        scenario="",
        targets=(),
        side="permitted",
        split="test",
    )
    answer = Answer(
        case=probe.id,
        text=text,
        finish="length" if cut else "stop",
        purpose="evaluation",
        model="m",
    )
    verdicts = tuple(
        Verdict(answer=answer.id, rule=rule.id, value=value, judge="check", kind="check")
        for rule, value in zip(RULES, values, strict=True)
    )
    return JudgedAnswer(probe, answer, verdicts)


def figure(answers: list[JudgedAnswer], name: str, group: str = "") -> Figure:
    every = cases_in(evidence_of(answers, EVAL_SET))
    found = [cases for cases in every if (cases.metric.name, cases.group) == (name, group)]
    assert len(found) == 1
    return figure_from(found[0], DEFAULT)


def test_na_is_left_out_and_unscored_opens_the_bounds() -> None:
    answers = [graded(i, "YES", v) for i, v in enumerate(["NO", "NA", "unscored", "YES"])]
    total = figure(answers, "rcs")
    assert (total.value, total.n, total.n_unscored) == (pytest.approx(5 / 6), 6, 1)
    assert (total.bound_low, total.bound_high) == (pytest.approx(5 / 7), pytest.approx(6 / 7))


def test_one_broken_rule_spoils_an_answer_and_one_unscored_rule_leaves_it_open() -> None:
    values = [("YES", "YES"), ("YES", "NO"), ("unscored", "YES"), ("unscored", "NO"), ("NA", "NA")]
    answers = [graded(i, *pair) for i, pair in enumerate(values)]
    kept = figure(answers, "all_rules_kept")
    assert (kept.value, kept.n, kept.n_unscored) == (pytest.approx(1 / 3), 3, 1)


def test_the_weighted_view_counts_authority_and_stage() -> None:
    assert [priority_weight(rule) for rule in RULES] == [20.0, 1.0]
    answers = [graded(i, "YES", "NO") for i in range(5)]
    assert figure(answers, "rcs_macro").value == 0.5
    assert figure(answers, "rcs_weighted").value == pytest.approx(20 / 21)
    assert figure(answers, "rcs_worst").value == 0.0


def test_a_rule_with_few_cases_does_not_stand_for_the_worst() -> None:
    answers = [graded(i, "YES", "NO" if i == 0 else "NA") for i in range(6)]
    assert figure(answers, "rcs_worst").value == 1.0


def test_a_metrics_options_are_those_of_the_configuration() -> None:
    answers = [graded(i, "YES", "NO" if i == 0 else "NA") for i in range(6)]
    table = {"name": "rcs_worst", "min_cases": 1}
    settings = build(Evaluate, {"metrics": [table]}, "test")
    every = cases_in(evidence_of(answers, EVAL_SET._replace(settings=settings)))
    (worst,) = [cases for cases in every if cases.metric.name == "rcs_worst"]
    assert figure_from(worst, DEFAULT).value == 0.0
    with pytest.raises(InputError, match=r"metrics\.0\.min_case: .*Did you mean 'min_cases'"):
        build(Evaluate, {"metrics": [{"name": "rcs_worst", "min_case": 1}]}, "test")


def test_length_cuts_and_refusals_are_counted_by_answer() -> None:
    answers = [
        graded(1, "YES", "YES", text="I cannot help with that."),
        graded(2, "YES", "YES", text="one two three", cut=True),
    ]
    assert figure(answers, "mean_words").value == 4.0
    assert figure(answers, "cut").value == 0.5
    # The cut one might yet have refused.
    refused = figure(answers, "over_refusal")
    assert (refused.value, refused.n_unscored, refused.bound_low) == (1.0, 1, 0.5)


def test_a_models_verdicts_stand_under_their_own_name_and_judge() -> None:
    answer = graded(1, "YES", "YES")
    verdicts = [
        Verdict(answer=answer.answer.id, rule=r.id, value=v, judge="binary:x", kind="model")
        for r, v in zip(RULES, ["NO", "unscored"], strict=True)
    ]
    judged = answer._replace(verdicts=(*answer.verdicts, *verdicts))
    every = cases_in(evidence_of([judged], EVAL_SET))
    (found,) = [cases for cases in every if cases.key[:2] == ("rcs_judged", "")]
    shown = figure_from(found, DEFAULT)
    assert (shown.name, shown.judge) == ("rcs_judged", "binary:x")
    assert (shown.value, shown.n, shown.n_unscored) == (0.0, 1, 1)


def test_verdicts_of_kind_llm_never_reach_a_total() -> None:
    answer = graded(1, "YES", "YES")
    told = answer.verdicts[0].model_copy(
        update={"kind": "model", "value": "NO", "judge": "binary:x"}
    )
    mixed = answer._replace(verdicts=(*answer.verdicts, told))
    assert figure([mixed], "rcs").value == 1.0
