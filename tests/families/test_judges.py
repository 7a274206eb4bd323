"""What every judge of a whole specification must do, for each one in the registry."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from tests.judge_replies import SPECS, TRUE, a_case, a_judge_model, prompt_of

from specloop.errors import ModelError
from specloop.judges import grader_of, judges
from specloop.judging.base import JudgeCase, decidable, rule_case
from specloop.llm.base import Capabilities, Request
from specloop.records import Answer, CheckCall, Message, Rule, Specs

RUBBISH = ["", "YES", "fine", '{"verdict": "YES"}', "\x00 {{answer}}", "[" * 5000, "S1 | x | YES"]

READS_NOTHING = "likelihood"
"""It asks for no reply: see test_likelihood.py."""

asking = pytest.mark.parametrize(
    "name",
    [
        name
        for name in judges.names()
        if judges.get(name).asks and not judges.get(name).compares and name != READS_NOTHING
    ],
)


@asking
@pytest.mark.parametrize("schema", [True, False], ids=["json", "lines"])
async def test_a_proper_judge_gives_a_verdict_on_every_spec_in_order(
    name: str, schema: bool
) -> None:
    result = await judges.build(name).judge(a_case(), a_judge_model(schema=schema))
    assert [v.rule for v in result.verdicts] == [spec.id for spec in SPECS.listed()]
    assert [v.value for v in result.verdicts] == list(TRUE.values())
    assert all(v.rationale for v in result.verdicts)
    assert result.n_repairs == 0


@asking
@pytest.mark.parametrize("reply", RUBBISH)
@pytest.mark.parametrize("schema", [True, False], ids=["json", "lines"])
async def test_a_judge_that_answers_rubbish_leaves_all_unscored(
    name: str, reply: str, schema: bool
) -> None:
    model = a_judge_model(lambda _: reply)
    model.capabilities = Capabilities(json_schema=schema, first_token=True)
    result = await judges.build(name).judge(a_case(), model)
    assert len(result.verdicts) == len(SPECS.listed())
    assert {v.value for v in result.verdicts} == {"unscored"}
    assert all(v.rationale for v in result.verdicts)


@asking
async def test_the_same_case_gives_the_same_requests(name: str) -> None:
    asked: list[list[str]] = []
    for _ in range(2):
        model = a_judge_model(lambda _: "rubbish")
        model.capabilities = Capabilities(json_schema=True, first_token=True)
        await judges.build(name).judge(a_case(), model)
        asked.append(sorted(request.key("m") for request in model.requests))
    assert asked[0] == asked[1]
    assert asked[0]


@asking
async def test_a_call_that_fails_for_good_is_the_callers_to_count(name: str) -> None:
    def fails(_request: Request) -> str:
        raise ModelError("no answer")

    model = a_judge_model(fails)
    model.capabilities = Capabilities(json_schema=True, first_token=True)
    with pytest.raises(ModelError, match="no answer"):
        await judges.build(name).judge(a_case(), model)


@asking
async def test_what_code_can_decide_is_decided_by_code_and_not_asked_about(name: str) -> None:
    specs = decidable(
        Specs(safety=SPECS.safety, behavioral=("At most 3 words.", "End with a lesson."))
    )
    model = a_judge_model()
    case = JudgeCase(specs, "A story?", "The fox bit the hen.")
    found = (await judges.build(name).judge(case, model)).verdicts
    assert [v.rule for v in found] == [spec.id for spec in specs]
    assert [v.kind for v in found] == ["model", "model", "check", "model"]
    assert (found[2].value, found[2].rationale) == ("NO", "at most 3 words")
    assert not any("At most 3 words" in prompt_of(request) for request in model.requests)
    alone = case._replace(specs=specs[2:3])
    assert (await judges.build(name).judge(alone, None)).verdicts == found[2:3]


def a_rule_case(text: str = "Water it weekly.") -> JudgeCase:
    answer = Answer(case="p", text=text, purpose="evaluation", model="m")
    check = CheckCall(name="word_count", options={"most": 5})
    rules = [
        Rule(section="s", text="Be kind.", quote="", start=0, end=0),
        Rule(section="s", text="At most 5 words.", quote="", start=1, end=1, check=check),
        Rule(section="s", text="Never brag.", quote="", start=2, end=2, category="safety"),
    ]
    return rule_case((Message(role="user", content="My rose?"),), answer, tuple(rules))


@asking
@pytest.mark.parametrize("reply", [*RUBBISH, '{"reason": "", "verdict": "NA"}', "5"])
async def test_a_judge_answers_about_each_rule_whatever_the_model_says(
    name: str, reply: str
) -> None:
    case, model = a_rule_case(), a_judge_model(lambda _: reply)
    model.capabilities = Capabilities(json_schema=True, first_token=True)
    grader = grader_of(name, model)
    judgement = await grader.ended_judgement(case, model)
    verdicts = {verdict.rule: verdict for verdict in judgement.verdicts}
    assert [verdicts[spec.id].value for spec in case.specs] == ["unscored", "unscored", "YES"]
    for verdict in verdicts.values():
        assert verdict.answer == case.answer
        assert (verdict.judge == f"{name}:{model.name}") == (verdict.kind == "model")
    assert verdicts[case.specs[2].id].judge == "check"


async def test_the_judge_of_checks_asks_no_model() -> None:
    model = a_judge_model()
    await grader_of("check", model).ended_judgement(a_rule_case(), model)
    assert model.requests == []


IMPORTS = """
from specloop.judges import judges
from specloop.judging.asking import ReplyForm
from specloop.judging.asking_judge import AskingJudge, verdict
from specloop.judging.base import JudgeCase, JudgeResult
from specloop.judging.view import spec_list, view
from specloop.llm.base import Model
from specloop.prompt import Prompt
from specloop.records import Message
"""


async def test_the_judge_that_contributing_shows_is_one_file(tmp_path: Path) -> None:
    told = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
    code = told.split("## Add a judge")[1].split("```python\n")[1].split("```")[0]
    path = tmp_path / "my_judge.py"
    path.write_text(IMPORTS + code)
    prompt = "{{specs}}\n{{data}}\n{{again}}Give your own verdict on the answer for S1-S2, B1-B3.\n"
    path.with_suffix(".md").write_text(f"=== user ===\n{prompt}{{{{form}}}}")
    spec = spec_from_file_location("my_judge", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["my_judge"] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        result = await judges.build("my_judge").judge(a_case(), a_judge_model())
    finally:
        del sys.modules["my_judge"]
        judges._classes.pop("my_judge", None)
    assert [v.value for v in result.verdicts] == list(TRUE.values())
