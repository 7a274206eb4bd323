"""Verdicts that cite the rule and the answer count only if the words stand there."""

import json

import pytest
from tests.judge_replies import key_in, prompt_of

from specloop.judges import judges
from specloop.judges.sequential import Sequential
from specloop.judging.base import JudgeCase
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Capabilities, Request
from specloop.records import Spec, Verdict

RULE = "Never promise a “full refund” to a customer | or a part of it."
ANSWER = "Dear friend,\n\nyou will get\nyour money back | all of it.\nIt's  done."


def case(rule: str = RULE, answer: str = ANSWER) -> JudgeCase:
    return JudgeCase((Spec("behavioral", 1, rule),), "My money?", answer)


async def test_words_of_an_exception_count_but_none_of_a_rubric() -> None:
    guide = "Kept: It asks for the receipt.\nException to it: A manager may promise one."
    (spec,) = case().specs
    of = case()._replace(specs=(spec._replace(guide=guide),))
    good = await verdict_on("a manager may promise", "you will get", schema=True, of=of)
    bad = await verdict_on("it asks for the receipt", "you will get", schema=True, of=of)
    assert (good.value, bad.value) == ("NO", "unscored")


async def verdict_on(
    rule_words: str, answer_words: str, *, schema: bool, of: JudgeCase | None = None
) -> Verdict:
    def cites(request: Request) -> str:
        key = key_in(prompt_of(request))
        if not request.json_schema:
            return f"VERDICTS {key}\nB1 | {rule_words} | {answer_words} | {key} B1 NO"
        words = {"rule_words": rule_words, "answer_words": answer_words}
        return json.dumps({"key": key, "B1": words | {f"verdict_{key}": "NO"}})

    model = ScriptedModel(cites)
    model.capabilities = Capabilities(json_schema=schema)
    result = await Sequential(cite=True, repairs=0).judge(of or case(), model)
    return result.verdicts[0]


forms = pytest.mark.parametrize("schema", [True, False], ids=["json", "lines"])


@forms
@pytest.mark.parametrize(
    ("rule_words", "answer_words"),
    [
        ('Never promise a "full refund"', "you will get your money back"),
        ("…promise a ", "“It’s done…”"),
        ("a customer | or a part of it", "your money back | all of it"),
        (RULE, "Dear friend"),
        ("Never   promise", "> you will get > your money"),
        ("NEVER PROMISE A \u00abFULL\u00a0REFUND\u00bb", "You Will Get Your Money Back"),
        ("Never promise \u2026 to a customer", "you will get [...] all of it"),
    ],
)
async def test_words_that_stand_there_count(
    rule_words: str, answer_words: str, schema: bool
) -> None:
    verdict = await verdict_on(rule_words, answer_words, schema=schema)
    assert verdict.value == "NO"
    assert " | " in verdict.rationale


@forms
@pytest.mark.parametrize(
    ("rule_words", "answer_words", "reason"),
    [
        ("Never promise a refund", "you will get your money", "specification do not stand there"),
        ("Never promise a", "you won't get your money", "answer do not stand there"),
        ("Never promise a", "", "cites no words of the answer"),
        ("", "you will get your money", "of the specification"),
        ("Never promise a", "money", "too few words of the answer"),
        ("Never promise a", "you will get ... y", "too few words of the answer"),
        ("Never promise a", "all of it ... you will get", "answer do not stand there"),
        ("Never promise a", "e", "too few words of the answer"),
        ("Never promise a", "\u2026", "cites no words of the answer"),
        ("\u201c\u201d", "you will get your money", "of the specification"),
    ],
)
async def test_words_that_do_not_stand_there_make_the_verdict_unscored(
    rule_words: str, answer_words: str, reason: str, schema: bool
) -> None:
    verdict = await verdict_on(rule_words, answer_words, schema=schema)
    assert verdict.value == "unscored"
    assert reason in verdict.rationale
    assert "the judge said NO" in verdict.rationale


@forms
async def test_a_short_text_may_be_cited_whole(schema: bool) -> None:
    verdict = await verdict_on("Be kind.", "No.", schema=schema, of=case("Be kind.", "No."))
    assert verdict.value == "NO"


async def test_the_form_with_citations_is_another_wording_and_without_it_nothing_changes() -> None:
    assert Sequential(cite=True).digest != Sequential().digest
    model = ScriptedModel(["rubbish"])
    await judges.build({"name": "sequential", "repairs": 0}).judge(case(), model)
    assert "copied" not in prompt_of(model.requests[0])
