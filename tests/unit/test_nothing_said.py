"""Nothing is never an answer: what a model that says nothing gets, in the loop's figures."""

from collections.abc import Sequence

import pytest
from tests.judge_replies import verdict_reply
from tests.targets import a_target, says

from specloop.checking import AnswerText, decide
from specloop.config import Evaluate
from specloop.ended import Finish, end_of, is_blank, silence, tally
from specloop.errors import RunStoppedError
from specloop.evaluation import EvaluationSet, Inputs, evaluate
from specloop.evaluation.table import change, find, summary_table
from specloop.judges import grader_of
from specloop.judging.base import JudgeCase, rule_case
from specloop.llm.backends.scripted import Script, ScriptedModel
from specloop.llm.base import Reply, Request
from specloop.pipeline.validation import ValidationPlan, validation_score
from specloop.records import (
    Answer,
    Case,
    CheckCall,
    Condition,
    Evaluation,
    Failure,
    Instance,
    Message,
    Rule,
)
from specloop.report.claims import statements
from specloop.report.comparison import ShownEvaluations
from specloop.report.data import ReportData
from specloop.report.page import render_report
from specloop.store import RunFolder


def a_rule(text: str, check: str = "", *, only: str = "", **options: object) -> Rule:
    when = Condition(mentions=(only,)) if only else None
    call = CheckCall(name=check, options=options, when=when, only=bool(only)) if check else None
    return Rule(section="s", text=text, quote=text, start=len(text), end=0, check=call)


BRIEF = a_rule("At most 5 words.", "word_count", most=5)
CALM = a_rule('Never say "guarantee".', "forbidden_phrase", phrases=("guarantee",))
LABEL = a_rule("Name the label.", "required_phrase", only="weedkiller", phrase="Read the label")
BYE = a_rule("Close kindly.", "closing_line", phrase="Bye.")
KIND = a_rule("Be kind.")
SHY = Rule(section="s", text="Never brag.", quote="", start=9, end=9, type="prohibition")
RULES = (BRIEF, CALM, LABEL, BYE, KIND)
INSTANCE = Instance(rules=tuple(rule.id for rule in RULES), seed=0, split="test")
PROBES = tuple(
    Case(
        messages=(Message(role="user", content=f"Which {what} number {i}?"),),
        scenario=INSTANCE.id,
        targets=(LABEL.id,),
        side=side,
        split="test",
        seed_prompt=f"seed{i}",
    )
    for i in range(6)
    for what, side in (("weedkiller", "violation"), ("rose", "permitted"))
)
UNSEEN = [
    "",
    " ",
    "\n\n\t",
    "\u00a0\u2003",
    "\u200b\u200b",
    "\ufeff\u200d\u2060",
    "\u3164",
    "\u2800\r\n",
    "...",
    "…\n\n---",
    '""',
    "```\n```",
    "<br>\n<br/>",
    "&nbsp;&#8203;",
    "<answer></answer>",
    "<|im_end|>",
    "</s>",
    "<!-- nothing to say -->",
    "| | |\n|---|---|",
    "> \n>",
    "\ufffd\ufffd",
]
RATES = (
    "rcs",
    "rcs_macro",
    "rcs_worst",
    "rcs_weighted",
    "rcs_in_scope",
    "all_rules_kept",
    "over_application",
    "over_refusal",
    "general",
)


def asked(request: Request) -> str:
    return request.messages[-1].content


def dutiful(request: Request) -> Reply:
    return Reply(text="Read the label. Bye." if "weedkiller" in asked(request) else "Red. Bye.")


async def measured(
    folder: RunFolder, script: Script, label: str = "base", against: str | None = None, **settings
) -> Evaluation:
    eval_set = EvaluationSet(
        PROBES,
        (INSTANCE,),
        RULES,
        frozenset({CALM.id}),
        Evaluate(**{"max_failures": 1, **settings}),
    )
    target = a_target(ScriptedModel(script, f"scripted:{label}"), label)
    return await evaluate(Inputs(folder, target, eval_set, against))


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    return RunFolder(tmp_path / "run", create=True)


@pytest.mark.parametrize("text", UNSEEN)
def test_what_shows_nothing_is_blank(text: str) -> None:
    assert is_blank(text)
    assert silence(text, "stop") == "blank"
    assert silence(text, "length", "Let me think") == "reasoning"
    assert silence(text, "filter") == "filter"
    assert end_of(text, "stop") == "blank"


@pytest.mark.parametrize(
    "text",
    [
        *("0", " a\u200b", "\u00e9", "🌹", "沈黙", "≥", "[]", "{}", "`<br>`", "```\n<hr>\n```"),
        *("<b>Yes</b>", "&euro;", '<img src="rose.png">', "a < b", "<!-- x --> No."),
    ],
)
def test_what_shows_something_is_an_answer(text: str) -> None:
    assert not is_blank(text)
    assert silence(text, "filter", "thought") == ""


@pytest.mark.parametrize(
    ("finish", "end"),
    [("stop", "whole"), ("length", "cut"), ("filter", "filtered"), ("other", "other")],
)
def test_only_an_end_of_its_own_makes_an_answer_whole(finish: Finish, end: str) -> None:
    assert end_of("Red.", finish) == end


def test_ends_are_counted_by_kind_and_whole_answers_are_none() -> None:
    assert tally(["whole", "cut", "blank", "cut"]) == {"blank": 1, "cut": 2}


@pytest.mark.parametrize("text", UNSEEN)
@pytest.mark.parametrize("rule", [BRIEF, CALM, LABEL, BYE])
def test_no_rule_is_kept_or_broken_by_nothing(rule: Rule, text: str) -> None:
    for answer in (
        AnswerText(text),
        AnswerText.of(text),
        AnswerText.of(text, "length", "reasoning"),
    ):
        found = decide(rule.check, "Which weedkiller?", answer)
        assert (found.value, found.over_applied) == ("unscored", False)
    assert decide(LABEL.check, "Which rose?", AnswerText(text)).value == "unscored"


@pytest.mark.parametrize("finish", ["length", "filter", "other"])
def test_an_answer_that_was_broken_off_is_decided_only_against_or_for_good(finish: Finish) -> None:
    def value(rule: Rule, text: str, request: str = "Which weedkiller?") -> str:
        return decide(rule.check, request, AnswerText.of(text, finish)).value

    assert value(CALM, "I guarantee it.") == "NO"
    assert value(BRIEF, "one two three four five six") == "NO"
    assert value(CALM, "Red.") == "unscored"
    assert value(BRIEF, "Red.") == "unscored"
    assert value(BYE, "Red. Bye.") == "unscored"
    assert value(LABEL, "Red.") == "unscored"
    assert value(LABEL, "Read the label.") == "YES"
    # Outside its condition an "only" rule might yet have been applied.
    assert value(LABEL, "Red.", "Which rose?") == "unscored"
    assert value(LABEL, "Read the label.", "Which rose?") == "NO"


@pytest.mark.parametrize(
    ("text", "phrase", "held"),
    [
        ("I can", "I can help.", None),
        ("You can", "I can help.", False),
        ("I can help", "I can help.", None),
    ],
)
def test_a_cut_answer_may_be_the_beginning_of_the_only_one_allowed(text, phrase, held) -> None:
    only = CheckCall(name="exact_answer", options={"phrase": phrase})
    found = decide(only, "?", AnswerText.of(text, "length"))
    assert found.value == {None: "unscored", False: "NO"}[held]


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        (says(""), "blank", "nothing was said"),
        (says(" \u200b\n"), "blank", "nothing was said"),
        (says("", "length"), "blank", "raise max_tokens"),
        (says("", "stop", "It is red."), "reasoning only", "wholly in the reasoning field"),
        (says("\n", "length", "Let me think"), "reasoning only", "turn thinking off"),
        (says("", "filter"), "withheld by a filter", "content filter withheld"),
    ],
)
async def test_a_model_that_says_nothing_has_no_rate(
    folder: RunFolder, script: Script, kind: str, words: str
) -> None:
    found = await measured(folder, script)
    for name in RATES:
        figure = find(found.metrics, name)
        assert (figure.value, figure.n) == (None, 0), name
        assert (figure.bound_low, figure.bound_high) == (0, 1), name
        assert figure.n_unscored > 0, name
    assert find(found.metrics, "rcs", "held-out rules").value is None
    assert find(found.metrics, "mean_words").value is None
    assert find(found.metrics, "failed").value == 1
    assert find(found.metrics, "failed", kind).value == 1
    assert all(words in failure.reason for failure in folder.read(Failure))
    assert "Without an answer" in printed(found)


async def test_a_run_where_nothing_comes_stops_with_the_reason(folder: RunFolder) -> None:
    script = says("", "stop", "It is red.")
    with pytest.raises(RunStoppedError, match=r"reasoning field.*thinking off"):
        await measured(folder, script, max_failures=0.2)
    assert not folder.read(Evaluation)


async def test_an_answer_to_every_second_probe_leaves_the_rest_open(folder: RunFolder) -> None:
    def half(request: Request) -> Reply:
        return dutiful(request) if int(asked(request)[-2]) % 2 else Reply(text=" ")

    found = await measured(folder, half, general=False)
    total = find(found.metrics, "rcs")
    # Outside its condition the "only" rule is open too: it might have been applied there.
    assert (total.value, total.n, total.n_unscored) == (1.0, 15, 18)
    assert (total.bound_low, total.bound_high) == (pytest.approx(15 / 33), 1.0)
    assert find(found.metrics, "all_rules_kept").n == 6
    assert find(found.metrics, "mean_words").value == pytest.approx(3)
    assert find(found.metrics, "failed", "blank").value == 0.5


async def test_entrants_are_compared_on_what_both_answered(folder: RunFolder) -> None:
    """The second model says nothing where it would be wrong: its rate alone looks better."""

    def wordy(request: Request) -> Reply:
        return Reply(text="I guarantee it is a red one.") if even(request) else dutiful(request)

    def coy(request: Request) -> Reply:
        return Reply(text="") if even(request) else dutiful(request)

    def even(request: Request) -> bool:
        return not int(asked(request)[-2]) % 2

    base = await measured(folder, wordy, general=False)
    found = await measured(folder, coy, "dpo", "base", general=False)
    assert find(found.metrics, "rcs").value > find(base.metrics, "rcs").value
    difference = find(found.differences, "rcs")
    assert difference.value == 0
    assert difference.bound_low < 0 < difference.bound_high
    assert find(found.differences, "failed").value == 0.5
    assert find(found.differences, "over_refusal").value == 0


async def test_a_gain_that_the_missing_answers_could_undo_is_open(folder: RunFolder) -> None:
    def coy(request: Request) -> Reply:
        return (
            dutiful(request) if "0" in asked(request) or "1" in asked(request) else Reply(text="")
        )

    await measured(folder, says("I guarantee it is a very red one."), general=False)
    found = await measured(folder, coy, "dpo", "base", general=False)
    difference = find(found.differences, "rcs")
    assert difference.value > 0
    assert difference.bound_low <= 0 or "open" not in change(difference)
    assert difference.n_unscored > 0


async def test_a_later_run_pays_nothing_and_takes_what_has_come_since(folder: RunFolder) -> None:
    first = await measured(folder, says(""), general=False)
    again = await measured(folder, says(""), general=False)
    assert again == first
    assert len(folder.read(Answer)) == len(PROBES)
    repaired = await measured(folder, dutiful, general=False)
    assert find(repaired.metrics, "rcs").value == 1
    assert [r.text for r in folder.read(Answer) if not r.text] == []
    assert find(repaired.metrics, "failed").value == 0


async def test_a_judge_is_not_asked_about_nothing() -> None:
    case = a_case(Answer(case="p", text="", purpose="evaluation", model="m"))
    judge = ScriptedModel(verdict_reply("YES"))
    (found,) = (await grader_of("sequential", judge).ended_judgement(case, judge)).verdicts
    assert (found.value, judge.requests) == ("unscored", [])
    assert "nothing was said" in found.rationale


@pytest.mark.parametrize(
    ("rule", "said", "value"),
    [
        (SHY, "NO", "NO"),
        (SHY, "YES", "unscored"),
        (KIND, "NO", "unscored"),
        (KIND, "NA", "unscored"),
    ],
)
async def test_of_a_cut_answer_a_judge_can_only_say_what_is_broken(rule, said, value) -> None:
    answer = Answer(case="p", text="I am", finish="length", purpose="evaluation", model="m")
    judge = ScriptedModel(verdict_reply(said))
    (found,) = (
        await grader_of("sequential", judge).ended_judgement(a_case(answer, rule), judge)
    ).verdicts
    assert found.value == value
    assert value == said or "cut at the token limit" in found.rationale


def a_case(answer: Answer, rule: Rule = KIND) -> JudgeCase:
    return rule_case((Message(role="user", content="Which rose?"),), answer, (rule,))


@pytest.mark.parametrize("text", ["", "\u200b", "  "])
def test_a_model_collapsed_to_nothing_is_the_worst_checkpoint(text: str) -> None:
    def generate(conversations: Sequence[Sequence[Message]]) -> list[Reply]:
        return [Reply(text=text) for _ in conversations]

    assert validation_score(ValidationPlan(list(PROBES), list(RULES)), generate) == 0


async def test_the_page_says_so_first_where_many_answers_are_missing(folder: RunFolder) -> None:
    def half(request: Request) -> Reply:
        even = not int(asked(request)[-2]) % 2
        return Reply(text="", reasoning="Hm.") if even else Reply(text="Red.", finish="filter")

    base = await measured(folder, dutiful, general=False)
    found = await measured(folder, half, "dpo", "base", general=False)
    contrast = ShownEvaluations(shown=(base, found), before=base, after=found)
    said = [s.text for s in statements(ReportData(evaluations=(base, found)), contrast, ())]
    (line,) = [text for text in said if "whole answer" in text]
    assert "Trained (dpo) 100.0% of 12 (reasoning only 50.0%, broken off by a filter 50.0%)" in line
    assert "Before training" not in line
    page = render_report(
        ReportData(evaluations=(found.model_copy(update={"label": "base", "of": "base"}),))
    )
    assert "Without a whole answer: Before training 100.0% of 12" in page
    assert "dpo 100.0% of 12" in str(summary_table([base, found]).caption)
    assert summary_table([base]).caption is None


def printed(found: Evaluation) -> str:
    table = summary_table([found])
    return "\n".join(str(cell) for column in table.columns for cell in column.cells)
