"""Judges that are made of judges: a panel by majority, and a cascade that passes on."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.judge_replies import IDS, SPECS, a_case, in_form, prompt_of

from specloop.draws import drawing
from specloop.errors import InputError
from specloop.judges import grader_of, judges
from specloop.judges.cascade import Cascade
from specloop.judges.panel import PanelJudge
from specloop.judging.base import JudgeCase
from specloop.judging.role_models import ByRole
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Alternative, Capabilities, Reply, Request
from specloop.records import Spec

ONE = JudgeCase((Spec("behavioral", 1, "Be kind."),), "Hello?", "Hello, friend.", answer="a")
THREE = ({"name": "sequential"}, {"name": "sequential", "cite": True}, {"name": "graded"})


class Voting(ScriptedModel):
    """Answers every kind of judge: a reason, citations, a grade or a first token."""

    def __init__(self, **votes: str) -> None:
        super().__init__(self._vote)
        self.capabilities = Capabilities(json_schema=True, first_token=True)
        self.votes = votes

    def _vote(self, request: Request) -> str:
        prompt = prompt_of(request)
        kind = "grade" if "your own grade" in prompt else "cite" if "copied" in prompt else "plain"
        return in_form(request, self.votes[kind], "Be kind.") if self.votes[kind] else "hm"


def panel(members: Any = THREE, **options: Any) -> PanelJudge:
    judge = judges.build({"name": "panel", "members": members, **options})
    assert isinstance(judge, PanelJudge)
    return judge


QUICK = [{**one, "repairs": 0} for one in THREE]


@pytest.mark.parametrize(
    ("plain", "grade", "value", "n_split"),
    [
        ("YES", "7", "YES", 0),
        ("NO", "1", "NO", 0),
        ("NA", "NA", "NA", 0),
        ("YES", "1", "unscored", 1),
        ("", "7", "unscored", 0),
        ("", "", "unscored", 0),
    ],
)
async def test_two_members_have_to_agree(plain: str, grade: str, value: str, n_split: int) -> None:
    model = Voting(plain=plain, grade=grade)
    result = await panel([QUICK[0], QUICK[2]]).judge(ONE, model)
    assert result.verdicts[0].value == value
    assert result.n_split == n_split


async def test_the_majority_decides_and_who_differs_is_kept() -> None:
    model = Voting(plain="YES", grade="2")
    members = [QUICK[0], {**QUICK[0], "reason_chars": 50}, QUICK[2]]
    judgement = await grader_of({"name": "panel", "members": members}, model).judgement(ONE, model)
    (verdict,) = judgement.verdicts
    assert verdict.value == "YES"
    assert verdict.rationale.startswith("2 of 3: sequential YES, sequential YES, graded NO. ")
    assert "graded: grades 2, 2, 2, 2, 2: median 2" in verdict.rationale
    assert verdict.probability == pytest.approx(2 / 3)
    assert judgement.n_split == 1


async def test_a_member_that_cannot_be_read_is_no_vote_for_anything() -> None:
    model = Voting(plain="YES", grade="")
    result = await panel([QUICK[0], QUICK[0], QUICK[2]]).judge(ONE, model)
    assert (result.verdicts[0].value, result.n_split) == ("YES", 0)
    model = Voting(plain="", grade="7")
    result = await panel([QUICK[0], QUICK[0], QUICK[2]]).judge(ONE, model)
    assert result.verdicts[0].value == "unscored"
    assert result.verdicts[0].rationale.startswith("no majority: sequential unscored")


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"name": "panel", "members": ["joint"]}, "members"),
        ({"name": "panel", "members": ["joint", "jiont"]}, "Did you mean 'joint'"),
        ({"name": "panel", "members": ["joint", "check"]}, "check: it cannot be a member"),
        ({"name": "panel", "members": ["joint", {"name": "joint", "chunk": -1}]}, "chunk"),
        ({"name": "cascade", "cheap": "check"}, "check: it cannot be a member"),
        ({"name": "cascade", "low": 0.9, "high": 0.1}, "low (0.9) is above high (0.1)"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(table: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError) as caught:
        judges.build(table)
    assert fault in str(caught.value)


SHARES = dict(zip((*SPECS.safety, *SPECS.behavioral), (0.95, 0.6, 0.3, 0.1, 0.0), strict=True))


class Unsure(ScriptedModel):
    """Gives each spec another probability of YES as first token; in words it always says NO."""

    capabilities = Capabilities(json_schema=True, first_token=True)

    def __init__(self) -> None:
        super().__init__(lambda request: in_form(request, "NO"))

    async def generate(self, request: Request) -> Reply:
        if not request.first_token:
            return await super().generate(request)
        share = next(p for text, p in SHARES.items() if text in prompt_of(request))
        told = {"YES": share, "NO": 1 - share} if share else {"Well": 1.0}
        tokens = [Alternative(token=t, logprob=math.log(p)) for t, p in told.items()]
        return Reply(text="", first_token=tuple(tokens))


def written(model: ScriptedModel) -> list[str]:
    """The specs that the strong judge was asked about."""
    return [text for r in model.requests for text in SHARES if f": {text}" in prompt_of(r)]


async def test_only_what_the_cheap_judge_is_unsure_about_is_passed_on() -> None:
    model = Unsure()
    judgement = await grader_of("cascade", model).judgement(a_case(), model)
    assert written(model) == [SPECS.safety[1], SPECS.behavioral[0], SPECS.behavioral[2]]
    assert [v.value for v in judgement.verdicts] == ["YES", "NO", "NO", "NO", "NO"]
    assert judgement.n_passed_on == 3
    said = [v.rationale for v in judgement.verdicts]
    assert said[1] == "passed on by logprob (YES, probability of YES 0.60): since"
    assert said[4] == "passed on by logprob (unscored): since"
    assert "passed on" not in said[0] + said[3]


async def test_the_bounds_say_what_is_passed_on() -> None:
    model = Unsure()
    result = await Cascade(low=0.5, high=0.6).judge(a_case(), model)
    assert result.n_passed_on == 2
    with drawing(lambda what, *_: what == "passed on"):
        result = await Cascade().judge(a_case(), Unsure())
    assert result.n_passed_on == len(IDS)


async def test_a_cheap_judge_without_probabilities_passes_on_what_it_cannot_read() -> None:
    model = Voting(plain="YES", grade="")
    result = await Cascade(cheap={"name": "graded", "repairs": 0}).judge(ONE, model)
    assert (result.verdicts[0].value, result.n_passed_on) == ("YES", 1)
    sure = Voting(plain="NO", grade="7")
    result = await Cascade(cheap={"name": "graded", "samples": 1}).judge(ONE, sure)
    assert (result.verdicts[0].value, result.n_passed_on) == ("YES", 0)


def test_options_and_wordings_of_members_decide_who_a_judge_is() -> None:
    one, other = panel(), panel([THREE[0], THREE[2], THREE[1]])
    assert one.digest != other.digest
    assert one.at_best().repairs == 0
    assert one.repairs == 2
    assert Cascade().digest != Cascade(strong="joint").digest
    assert Cascade().at_best().repairs == 0


async def test_a_member_asks_the_model_of_its_role() -> None:
    own, other = Voting(plain="NO"), Voting(grade="7")
    other.name = "scripted:other"
    table = {
        "name": "cascade",
        "cheap": {"name": "sequential", "repairs": 0},
        "strong": {"name": "panel", "members": [{"name": "graded", "role": "judge"}] * 2},
    }
    judge = Cascade.model_validate({k: v for k, v in table.items() if k != "name"})
    assert judge.roles == ("judge",)
    assert judge.at_worst().roles == ("judge",)
    model = ByRole(own, {"judge": other})
    with drawing(lambda what, *_: what == "passed on"):
        judgement = await grader_of(table, model).judgement(ONE, model)
    assert judgement.verdicts[0].value == "YES"
    assert judgement.model == "scripted:test+scripted:other"
    assert (len(own.requests), len(other.requests)) == (1, 10)
    assert judgement.cost.n_calls == 11


@pytest.mark.parametrize(
    ("strong", "fault"),
    [
        ({"name": "joint", "role": "target"}, "'target'; known: judge, compliance, quality"),
        ({"name": "joint", "role": ["judge"]}, "known: judge, compliance, quality"),
        (
            {"name": "panel", "members": [{"name": "joint", "role": "judge"}] * 2, "role": "judge"},
            "its own members name theirs",
        ),
    ],
)
def test_a_role_that_makes_no_sense_is_refused(strong: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError) as caught:
        judges.build({"name": "cascade", "strong": strong})
    assert fault in str(caught.value)


async def test_a_role_that_is_not_open_is_said_before_anything_is_asked() -> None:
    model = Voting(plain="YES")
    member = {"name": "sequential", "role": "compliance"}
    with pytest.raises(InputError, match="'compliance', which is not open here"):
        await panel([member, member]).judge(ONE, model)
    assert model.requests == []
