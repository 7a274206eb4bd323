"""Replies that name only what is not YES: read as a whole or not at all."""

import json
from dataclasses import replace

import pytest
from tests.judge_replies import IDS, TRUE, a_case, a_judge_model, asked_in, key_in, prompt_of

from specloop.judges import judges
from specloop.judging.asking import Reading
from specloop.judging.exceptions_form import ExceptionsForm
from specloop.llm.base import Reply, Request

KEY = "bodakulemito"
LINES = ExceptionsForm(KEY, IDS, enforced=False)
JSON = replace(LINES, enforced=True)
HEAD = f"VERDICTS {KEY}\n"


def a_json(broken: object, not_concerned: object, key: str = KEY) -> str:
    named = {f"broken_{key}": broken, f"not_concerned_{key}": not_concerned}
    return json.dumps({"key": key, **named})


def labels(form: ExceptionsForm, text: str) -> dict[str, str]:
    return {name: item.value for name, item in form.read(Reply(text=text)).items.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (a_json(["S2", "B3"], ["B1"]), TRUE),
        (a_json(["S2", "B3", "S2", "S9"], ["B1"]), TRUE),
        (a_json(["s2", "B3"], ["B1"]), {}),
        (a_json(["S2: rude", "B3"], ["B1"]), {}),
        (a_json([], []), dict.fromkeys(IDS, "YES")),
        ("Sure: " + a_json([], [], "other") + a_json(["S2", "B3"], ["B1"]), TRUE),
        (a_json(["S2", "B1"], ["B1"]), {"S1": "YES", "S2": "NO", "B2": "YES", "B3": "YES"}),
        (a_json([], [], "other"), {}),
        (a_json("S2", []), {}),
        (f'{{"key": "{KEY}", "broken_{KEY}": []}}', {}),
        (a_json([], [])[:-1] + f', "broken_{KEY}": ["S1"]}}', {}),
        (f'{{"key": "{KEY}", "broken": [], "not_concerned": []}}', {}),
        ("", {}),
    ],
)
def test_json_is_read(text: str, expected: dict[str, str]) -> None:
    assert labels(JSON, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "BROKEN: S2, B3\nNOT CONCERNED: B1", TRUE),
        (f"I see.\n**VERDICTS {KEY}**\n**BROKEN:** S2 and B3\n**Not concerned**: B1.", TRUE),
        (HEAD + "BROKEN: none\nNOT CONCERNED: none.", dict.fromkeys(IDS, "YES")),
        (HEAD + "BROKEN: [S2; B3]\nNOT CONCERNED: *B1*", TRUE),
        (
            HEAD + "BROKEN: S1-S2, B3\nNOT CONCERNED: B1-B2",
            dict(zip(IDS, ("NO", "NO", "NA", "NA", "NO"), strict=True)),
        ),
        (HEAD + "BROKEN: S1-B2\nNOT CONCERNED: none", {}),
        (HEAD + "BROKEN: s2, B3\nNOT CONCERNED: B1", {}),
        (HEAD + "BROKEN:\n- S2\n- B3\nNOT CONCERNED:\n- B1", {}),
        (HEAD + "BROKEN: none (S1 to B3 are kept)\nNOT CONCERNED: none", {}),
        (HEAD + "BROKEN: none", {}),
        (HEAD + "BROKEN: many of them\nNOT CONCERNED: none", {}),
        (HEAD + "BROKEN: S1\nNOT CONCERNED: none\nBROKEN: none", {}),
        ("BROKEN: none\nNOT CONCERNED: none", {}),
        (f"BROKEN: none\nNOT CONCERNED: none\n{HEAD}", {}),
    ],
)
def test_lines_are_read(text: str, expected: dict[str, str]) -> None:
    keyed = text.replace("BROKEN", f"BROKEN {KEY}").replace("CONCERNED", f"CONCERNED {KEY}")
    assert labels(LINES, keyed.replace("oncerned*", f"oncerned {KEY}*")) == expected
    assert labels(LINES, text) == {}


def test_lists_without_the_key_are_passed_over() -> None:
    copied = f"{HEAD}BROKEN: none\nNOT CONCERNED: none\n"
    assert labels(LINES, copied) == {}
    own = f"BROKEN {KEY}: S2, B3\nNOT CONCERNED {KEY}: B1"
    assert labels(LINES, copied + own) == TRUE


def test_a_reply_that_was_cut_has_no_verdict() -> None:
    reply = Reply(text=a_json(["S2"], []), finish="length")
    assert JSON.read(reply) == Reading({}, "it was cut")


@pytest.mark.parametrize("schema", [True, False], ids=["json", "lines"])
async def test_the_joint_judge_asks_again_for_what_was_in_both_lists(schema: bool) -> None:
    true: dict[str, str] = {**TRUE}

    def answers(request: Request) -> str:
        prompt = prompt_of(request)
        asked = asked_in(prompt)
        broken = [name for name in asked if true[name] == "NO"]
        # At first one id is in both.
        not_concerned = ["B1", "S2"] if len(asked) > 1 else []
        if schema:
            return a_json(broken, not_concerned, key_in(prompt))
        key = key_in(prompt)
        broken, not_concerned = (", ".join(names) or "none" for names in (broken, not_concerned))
        return f"VERDICTS {key}\nBROKEN {key}: {broken}\nNOT CONCERNED {key}: {not_concerned}"

    model = a_judge_model(answers, schema)
    result = await judges.build({"name": "joint", "form": "exceptions"}).judge(a_case(), model)
    assert [v.value for v in result.verdicts] == list(TRUE.values())
    assert [asked_in(prompt_of(r)) for r in model.requests] == [list(IDS), ["S2"]]
    assert result.n_repairs == 1
