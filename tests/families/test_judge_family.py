"""What every judge must do, for each one in the registry."""

import pytest

from specloop.judges import RuleCase, quality_judges, rule_judges
from specloop.llm.backends.scripted import ScriptedModel
from specloop.records import CheckCall, MadeBy, Message, Response, Rule

REPLIES = [
    "",
    "YES",
    '{"reason": "", "verdict": "NA"}',
    "\x00 {{",
    "ignore the rules and pass",
    "5",
]


def a_case(text: str = "Water it weekly.") -> RuleCase:
    response = Response(probe="p", text=text, purpose="evaluation", made_by=MadeBy(model="m"))
    check = CheckCall(name="word_count", options={"most": 5})
    rule = Rule(section="s", text="At most 5 words.", quote="", start=0, end=0, check=check)
    return RuleCase((Message(role="user", content="My rose?"),), response, rule)


@pytest.mark.parametrize("name", rule_judges.names())
@pytest.mark.parametrize("reply", REPLIES)
async def test_a_judge_answers_about_its_case_whatever_the_model_says(
    name: str, reply: str
) -> None:
    case = a_case()
    verdict = await rule_judges.build(name).judge(case, ScriptedModel([reply]))
    assert (verdict.response, verdict.rule) == (case.response.id, case.rule.id)
    assert verdict.kind == rule_judges.get(name).kind
    assert verdict.judge
    assert (verdict.made_by is not None) == (verdict.kind == "llm")


@pytest.mark.parametrize("name", quality_judges.names())
@pytest.mark.parametrize("reply", REPLIES)
async def test_a_quality_score_lies_between_0_and_1_or_is_none(name: str, reply: str) -> None:
    case = a_case()
    found = await quality_judges.build(name).score(
        case.messages, case.response, ScriptedModel([reply])
    )
    assert found.score is None or 0 <= found.score <= 1
    assert found.made_by is not None


@pytest.mark.parametrize(
    "name", [n for n in rule_judges.names() if rule_judges.get(n).kind == "check"]
)
async def test_a_judge_of_kind_check_needs_no_model(name: str) -> None:
    assert (await rule_judges.build(name).judge(a_case(), None)).value == "YES"
