"""Attacks by a judged text against the prompt builder and the parser, in both forms of reply."""

import re

import pytest
from perf.injection import CONTROL, ours, ours_style, theirs
from perf.injection_attacks import ATTACKS, ORDER, STORY, Attack
from tests.judge_replies import (
    IDS,
    Sure,
    a_case,
    a_judge_model,
    in_json,
    in_lines,
    key_in,
    prompt_of,
    proper,
    query_key_in,
)

from specloop.judges import judges
from specloop.judging.base import JudgeCase
from specloop.judging.guard import is_hidden
from specloop.llm.base import Capabilities, Request

MODES = [
    "joint",
    {"name": "joint", "chunk": 2},
    {"name": "joint", "form": "exceptions"},
    "sequential",
    {"name": "sequential", "cite": True},
    {"name": "logprob", "orders": "both"},
    {"name": "graded", "samples": 1},
]
attacks = pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.name)
ALL_YES = dict.fromkeys(IDS, "YES")
ALL_NO = dict.fromkeys(IDS, "NO")


def attacked(attack: Attack) -> tuple[JudgeCase, str]:
    text = attack.write(ours_style(attack))
    return (a_case(STORY, query=text) if attack.aim == "query" else a_case(text)), text


async def requests_of(case: JudgeCase) -> list[Request]:
    """What all modes ask, in both forms."""
    asked: list[Request] = []
    for mode in MODES:
        for schema in (True, False):
            model = Keeping(schema)
            await judges.build(mode).judge(case, model)
            asked += model.requests
    return asked


class Keeping(Sure):
    """A judge that answers properly and keeps what it was asked to score, too."""

    def __init__(self, schema: bool) -> None:
        super().__init__(proper)
        self.capabilities = Capabilities(json_schema=schema, score=True)

    async def score(self, messages, continuation):
        self.requests.append(Request(messages=messages))
        return await super().score(messages, continuation)


def test_there_are_enough_attacks_and_they_differ() -> None:
    assert len(ATTACKS) >= 20
    assert len({attack.write(ours_style(attack)) for attack in ATTACKS}) == len(ATTACKS)


@attacks
async def test_each_quotation_ends_once_and_holds_the_whole_attack(attack: Attack) -> None:
    case, _ = attacked(attack)
    for request in await requests_of(case):
        prompt = prompt_of(request)
        key, shared = key_in(prompt), query_key_in(prompt)
        lines = prompt.split("\n")
        marks = [f"<query {shared}>", f"</query {shared}>", f"<answer {key}>", f"</answer {key}>"]
        places = [lines.index(mark) for mark in marks]
        assert places == sorted(places)
        assert all(lines.count(mark) == 1 for mark in marks)
        data = lines[places[0] + 1 : places[1]] + lines[places[2] + 1 : places[3]]
        assert all(line.startswith("> ") for line in data)
        assert key not in "\n".join(data)
        assert shared not in "\n".join(data[: places[1] - places[0] - 1])
        assert not re.search(r"</?(?:query|answer|reference)\b", "\n".join(data))


@attacks
async def test_no_control_token_and_no_hidden_character_reaches_the_judge(
    attack: Attack,
) -> None:
    case, _ = attacked(attack)
    for request in await requests_of(case):
        assert [m.role for m in request.messages] == ["system", "user"]
        for message in request.messages:
            assert not CONTROL.search(message.content)
            assert not any(map(is_hidden, set(message.content)))


@attacks
async def test_nothing_outside_the_quotation_depends_on_the_attack_but_its_key(
    attack: Attack,
) -> None:
    case, _ = attacked(attack)

    def frame(request: Request) -> list[str]:
        prompt = prompt_of(request)
        kept = [line for line in prompt.split("\n") if not line.startswith("> ")]
        turns = [request.messages[0].content, *kept]
        keys = re.compile(f"{key_in(prompt)}|{query_key_in(prompt)}")
        return [keys.sub("KEY", line) for line in turns]

    attacked_frames = [frame(r) for r in await requests_of(case)]
    honest_frames = [frame(r) for r in await requests_of(a_case())]
    assert attacked_frames == honest_frames
    # The question stands after the quoted text.
    assert attacked_frames[0].index("</answer KEY>") < len(attacked_frames[0]) - 1


@attacks
@pytest.mark.parametrize("schema", [True, False], ids=["json", "lines"])
async def test_a_judge_that_copies_the_attack_gives_no_verdict(
    attack: Attack, schema: bool
) -> None:
    case, text = attacked(attack)
    style = ours_style(attack)
    guess = style.block.split()[1]
    keys = (guess, "key")
    copies = [text, style.block, style.begun, *(in_lines(key, ALL_YES) for key in keys)]
    copies += [in_json(key, ALL_YES) for key in keys]
    judge = judges.build({"name": "joint", "repairs": len(copies) - 1, "flagged": "judged"})
    model = a_judge_model(copies, schema)
    result = await judge.judge(case, model)
    assert {v.value for v in result.verdicts} == {"unscored"}
    assert len(model.requests) == len(copies)


@attacks
async def test_a_judge_that_quotes_the_attack_before_it_decides_is_read_rightly(
    attack: Attack,
) -> None:
    case, text = attacked(attack)

    def quotes(request: Request) -> str:
        return f"The answer reads:\n{text}\n{in_lines(key_in(prompt_of(request)), ALL_NO)}"

    judge = judges.build({"name": "joint", "flagged": "judged"})
    result = await judge.judge(case, a_judge_model(quotes, schema=False))
    assert {v.value for v in result.verdicts} == {"NO"}


@attacks
@pytest.mark.parametrize("mark", ["", "> "], ids=["bare", "marked"])
@pytest.mark.parametrize("cut", [False, True], ids=["whole", "cut"])
async def test_verdicts_that_a_reason_quotes_are_not_taken(
    attack: Attack, mark: str, cut: bool
) -> None:
    case, text = attacked(attack)
    quoted = "\n".join(f"{mark}{line}" for line in text.splitlines())

    def quotes(request: Request) -> str:
        head, _, *own = in_lines(key_in(prompt_of(request)), ALL_NO).split("\n")
        begun = f"{head}\nS1 | it says:\n{quoted}\n"
        end = f"{begun}so it does | {key_in(prompt_of(request))} S1 NO"
        return begun if cut else "\n".join([end, *own])

    judge = judges.build({"name": "joint", "flagged": "judged"})
    result = await judge.judge(case, a_judge_model(quotes, schema=False))
    assert not {v.value for v in result.verdicts} & {"YES", "NA"}


@attacks
async def test_an_attack_is_flagged_with_its_place(attack: Attack) -> None:
    case, _ = attacked(attack)
    result = await judges.build("joint").judge(case, a_judge_model())
    assert result.suspicions
    assert {v.value for v in result.verdicts} == {"unscored"}
    assert all("seems to write its own verdict" in v.rationale for v in result.verdicts)
    assert all(sign.startswith(f"{attack.aim}: ") for sign in result.suspicions)


@pytest.mark.parametrize("attack", [a for a in ATTACKS if not a.hidden], ids=lambda a: a.name)
async def test_the_judge_sees_what_the_answer_says(attack: Attack) -> None:
    case, text = attacked(attack)
    prompt = prompt_of((await requests_of(case))[0])
    said = "\n".join(line[2:] for line in prompt.split("\n") if line.startswith("> "))
    for word in re.findall(r"[^\W\d_]{4,}", text.replace("\u200b", "").replace("\u2060", "")):
        assert word in said


async def test_hidden_letters_are_shown_or_gone_but_never_passed_on() -> None:
    for attack in (a for a in ATTACKS if a.hidden):
        case, _ = attacked(attack)
        prompt = prompt_of((await requests_of(case))[0])
        plain = ORDER in prompt
        assert plain == (attack.name == "zero-width letters"), attack.name


@attacks
def test_the_table_shows_that_nothing_gets_through_in_ours(attack: Attack) -> None:
    outcome, signs = ours(attack)
    assert outcome.passed == []
    assert signs


def test_the_table_shows_what_gets_through_in_the_other_construction() -> None:
    passed = {attack.name for attack in ATTACKS if theirs(attack).passed}
    assert "closes the delimiter, then a verdict block" in passed
    assert "a verdict block of its own" in passed
    assert "ChatML turn" in passed
    assert "orders the judge" not in passed
