"""Second looks at the violations that an evaluation's judge found, and how alike judges are."""

# pyright: basic
from pathlib import Path

import pytest
from tests.judge_replies import verdict_reply
from tests.unit.test_evaluate import an_eval_set, find, measured, obedient, role

from specloop.config import Config, Evaluate, build
from specloop.errors import ModelError
from specloop.evaluation.table import remarks
from specloop.judges import grader_of
from specloop.judging.base import JudgeCase
from specloop.judging.grader import OpenJudge
from specloop.judging.likeness import JudgeId, likeness, own_answers
from specloop.judging.second_look import SecondLook, is_second_look
from specloop.llm.backends import resolve
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Request
from specloop.pipeline.judge_models import grader_in, judges_note
from specloop.records import Evaluation, Failure, Judgement, Rule, Spec, Verdict, verdicts_of
from specloop.spec import read_spec
from specloop.spec.source import SourceDocument
from specloop.store import RunFolder


def a_look(script, name: str = "scripted:look") -> tuple[SecondLook, ScriptedModel]:
    model = ScriptedModel(script, name=name)
    return SecondLook(OpenJudge(grader_of("sequential", model), model)), model


async def looked(folder: RunFolder, look: SecondLook, judged: str = "NO") -> Evaluation:
    judge = ScriptedModel(verdict_reply(judged), name="scripted:judge")
    eval_set = an_eval_set(Evaluate(general=False, judged_share=1.0))
    return await measured(
        folder, obedient, eval_set=eval_set, compliance=role(judge), second_look=look
    )


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run", create=True)


def every_third(request: Request) -> str:
    """NO to answers on two thirds of the requests, by what they ask."""
    n = sum(map(ord, request.messages[-1].content))
    return verdict_reply("YES" if n % 3 == 0 else "NO")(request)


async def test_false_alarms_are_kept_and_counted_and_change_no_figure(folder: RunFolder) -> None:
    alone = await looked(folder, None)
    look, model = a_look(every_third)
    found = await looked(folder, look)
    assert [one.value for one in found.metrics] == [one.value for one in alone.metrics]
    looks, judgements = found.second_look, folder.read(Judgement)
    kept = [v.value for v in verdicts_of(j for j in judgements if is_second_look(j))]
    assert (looks.confirmed, looks.false_alarms) == (kept.count("NO"), kept.count("YES"))
    assert looks.confirmed + looks.false_alarms == len(kept) == len(model.requests)
    assert looks.kept == 0.0
    assert looks.kept_without_alarms == looks.false_alarms / len(kept)
    (line,) = (one for one in remarks([found]) if "second look" in one)
    assert f"violations confirmed {looks.confirmed} of {len(kept)}" in line
    assert Evaluation.model_validate_json(found.model_dump_json()) == found
    assert alone.second_look is None
    assert "second_look" not in alone.model_dump()


async def test_nothing_is_looked_at_twice(folder: RunFolder) -> None:
    look, model = a_look(verdict_reply("NO"))
    first = await looked(folder, look)
    again, silent = a_look(["asked although all is stored"])
    assert (await looked(folder, again)).second_look == first.second_look
    assert model.requests
    assert silent.requests == []


async def test_where_nothing_is_broken_nothing_is_looked_at(folder: RunFolder) -> None:
    look, model = a_look(verdict_reply("NO"))
    assert (await looked(folder, look, judged="YES")).second_look is None
    assert model.requests == []


async def test_a_second_look_that_fails_leaves_the_violation_and_is_told(folder: RunFolder) -> None:
    def failing(request: Request) -> str:
        raise ModelError("not today")

    look, _ = a_look(failing)
    found = await looked(folder, look)
    assert found.second_look.confirmed == found.second_look.false_alarms == 0
    assert found.second_look.not_looked_at > 0
    assert find(found.metrics, "rcs").value is not None
    assert {one.item.partition(":")[0] for one in folder.read(Failure)} == {"second look"}


def test_a_second_look_is_shown_the_rubric_that_a_request_has_for_its_rule() -> None:
    rule = Rule(section="s", text="Be kind.", quote="", start=0, end=8)
    found, look = [Verdict(rule=rule.id, value="NO")], a_look("x")[0]
    spec = Spec("behavioral", 1, rule.text, rule=rule.id, guide="Kept: It greets.")
    case = JudgeCase((spec,), "Question?", "Answer.")
    own = look.about(case, found, [rule]).grader
    assert "Kept: It greets." in own.guides.by_text["Be kind."]
    plain = look.about(case._replace(specs=(spec._replace(guide=""),)), found, [rule]).grader
    bare = look.about(case._replace(specs=()), found, [rule]).grader
    assert plain.request_digest == bare.request_digest


POLICY = """# Shop

## Tone

- Be kind.

**Example**: nine

~~~xml
<user>
Open at nine?
</user>
<comparison>
<assistant> <!-- GOOD: it greets -->
Good morning, we do.
</assistant>
<assistant> <!-- BAD: it is cold -->
No idea.
</assistant>
</comparison>
~~~

**Example**: ten

~~~xml
<user>
Open at ten?
</user>
<comparison>
<assistant> <!-- BAD: rude -->
Read the sign.
</assistant>
</comparison>
~~~

Greet first.
"""


def text_shown(request: str, policy: str = POLICY) -> str:
    """What a second look is shown of the section of a rule that an answer broke."""
    spec = read_spec(SourceDocument.of(policy, format="markdown"))
    (rule,) = (one for one in spec.rules if one.text == "Be kind.")
    sections = {one.id: one for one in spec.sections}
    look = a_look("x")[0]._replace(sections=sections, examples=spec.examples)
    case = JudgeCase((Spec("behavioral", 1, rule.text, rule=rule.id),), request, "No idea.")
    found = [Verdict(rule=rule.id, value="NO", rationale="cold")]
    return look.about(case, found, [rule]).grader.guides.by_text["Be kind."]


@pytest.mark.parametrize("request_", ["Open at nine?", "open  at NINE?", "Say: Open at nine? Now."])
def test_a_second_look_is_not_shown_the_example_of_the_judged_request(request_: str) -> None:
    shown = text_shown(request_)
    for words in ("Open at nine?", "GOOD: it greets", "Good morning", "BAD: it is cold"):
        assert words not in shown
    for words in ("Be kind.", "Open at ten?", "BAD: rude", "Read the sign.", "Greet first."):
        assert words in shown
    assert shown.count("(an example is left out here)") == 1


def test_a_second_look_at_another_request_is_shown_the_whole_section() -> None:
    shown = text_shown("Open at noon?")
    assert "GOOD: it greets" in shown
    assert "BAD: rude" in shown
    assert "left out" not in shown


def test_an_example_is_left_out_of_the_part_of_a_long_section_too() -> None:
    filling = "\n".join(f"Sentence {n} says nothing that matters here." for n in range(60))
    shown = text_shown("Open at nine?", POLICY.replace("**Example**: nine", filling))
    assert "Sentence 3 " in shown
    assert "it is cold" not in shown
    near_end = text_shown("Open at ten?", POLICY.replace("- Be kind.", f"{filling}\n\n- Be kind."))
    assert "GOOD: it greets" in near_end
    assert "rude" not in near_end


def an_id(judge: str = "joint", model: str = "m", digest: str = "d") -> JudgeId:
    return JudgeId(judge, "{}", model, digest)


def test_judges_are_the_same_ask_the_same_model_or_another() -> None:
    assert likeness([an_id()], [an_id("graded"), an_id()]) == "same judge"
    assert likeness([an_id()], [an_id(digest="other")]) == "same model"
    assert likeness([an_id(model="a+b")], [an_id("graded", model="b")]) == "same model"
    assert likeness([an_id()], [an_id(model="n")]) == "another model"
    assert likeness([], [an_id()]) == "another model"


@pytest.mark.parametrize(
    ("judge", "model", "who"),
    [
        ("openai:m", "openai:m", "the model that wrote them"),
        ("openai:m", "openai:n", ""),
        ("openai:m", "openai:m2", ""),
        ("scripted:a+openai:m", "openai:m", "the model that wrote them"),
        ("hf:m#0123abcd", "hf:m#0123abcd", "the model that wrote them"),
        (
            "hf:m#0123abcd",
            "hf:m#0123abcd+lora#4567abcd",
            "hf:m#0123abcd, which it was trained from",
        ),
        ("hf:m+lora#4567abcd", "hf:m+lora#4567abcd", "the model that wrote them"),
        ("embedded:m", "hf:dpo/merged#4567abcd", "embedded:m, which it was trained from"),
    ],
)
def test_a_judge_of_its_own_models_answers_is_known(judge: str, model: str, who: str) -> None:
    trained = {"hf:dpo/merged#4567abcd": "embedded:m"}
    told = list(own_answers(judge, [model, model], trained))
    assert told == (
        [f"the answers of {model} are judged by {who}: it may like them better than people do"]
        if who
        else []
    )


def test_a_judge_on_a_checkpoint_is_known_by_the_name_that_its_verdicts_have(
    tmp_path: Path,
) -> None:
    """Otherwise its certificate would be one of another judge."""
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_text("x")
    model = resolve(f"hf:{tmp_path}")
    roles = build(Config, {"roles": {"compliance": f"hf:{tmp_path}"}}, "x").roles
    planned = grader_in(roles, "sequential", "compliance").blank("")
    asked = grader_of("sequential", model).blank("")
    assert "#" in planned.model
    assert planned.model == asked.model


@pytest.mark.parametrize(
    ("synthesis", "evaluate", "alike"),
    [({}, {}, "same model"), ({"judge": "sequential"}, {}, "same judge")],
)
def test_the_manifest_says_how_alike_the_judges_are(
    synthesis: dict, evaluate: dict, alike: str
) -> None:
    raw = {
        "roles": {"compliance": "scripted:tests.judge_replies.proper"},
        "synthesis": synthesis,
        "evaluate": {"judged_share": 1.0, **evaluate},
    }
    assert judges_note(build(Config, raw, "x"))["likeness"] == alike
    assert judges_note(Config()) == {}


def test_the_manifest_says_how_alike_the_judge_of_checkpoints_is() -> None:
    raw = {
        "roles": {"compliance": "scripted:tests.judge_replies.proper"},
        "synthesis": {"trust_judge": "never"},
        "evaluate": {"judged_share": 1.0},
        "train": {"name": "dpo", "validation_judge": "sequential"},
    }
    note = judges_note(build(Config, raw, "x"))
    assert note.keys() == {"validation", "evaluation", "validation_likeness"}
    assert note["validation_likeness"] == "same judge"
