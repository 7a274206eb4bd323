"""Rubrics: their file, what judges see of them, and what a model is given to write one."""

from __future__ import annotations

import json
import re

import pytest
from tests.judge_replies import SPECS, TRUE, a_case, a_judge_model, prompt_of

from specloop.config import RoleSettings
from specloop.errors import InputError
from specloop.judges import grader_of, judges
from specloop.judging.base import rule_case
from specloop.judging.context import LENGTH
from specloop.judging.guides import Guides, guides_of
from specloop.judging.worked import quotes
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Capabilities, Request
from specloop.llm.roles import RoleModel
from specloop.records import (
    Answer,
    Example,
    Failure,
    GradedAnswer,
    MadeBy,
    Message,
    Rubric,
    RubricText,
    Rule,
    Section,
    content_id,
)
from specloop.spec.rubrics_yaml import KnownRubrics, read_rubrics
from specloop.spec.rubrics_yaml import write_rubrics as write_file
from specloop.store import MemoryStore
from specloop.synth.rubrics import RubricSource, rules_for_rubrics, write_rubrics

SECTION = Section(
    path=("Shop", "Money"), text="Never promise a refund. Ask first.", start=0, end=34
)


def a_rule(text: str, **more: object) -> Rule:
    return Rule.model_validate(
        {"section": SECTION.id, "text": text, "quote": text, "start": 0, "end": 5} | more
    )


BASE = a_rule("Never promise a refund.")
EXCEPTION = a_rule("A manager may promise a refund.", exception_to=BASE.id)
INNER = a_rule("Not on Sundays.", exception_to=EXCEPTION.id)
RULES = [BASE, EXCEPTION, INNER]
TEXT = RubricText(keeps="It asks\nfirst.", breaks="It promises money.", keeps_example="May I ask?")
RUBRIC = Rubric(rule_text=BASE.text, text=TEXT, made_by=MadeBy(model="scripted:m"))
KNOWN = KnownRubrics([RUBRIC], frozenset(rule.text for rule in RULES))
FILE = write_file([RUBRIC])
GRADED = "May I look at your receipt before we talk about money?"


def read(text: str) -> list[Rubric]:
    return read_rubrics(text, "rubrics.yaml", KNOWN)


def test_a_file_that_nobody_edited_changes_nothing() -> None:
    assert read(FILE) == [RUBRIC]
    assert read(write_file([])) == [RUBRIC]
    assert read("") == [RUBRIC]


def test_an_edit_is_signed_and_stays_as_it_was_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada")
    (edited,) = read(FILE.replace("It promises money.", "It promises anything."))
    assert edited.text.breaks == "It promises anything."
    assert (edited.id, edited.made_by, edited.edited_by) == (RUBRIC.id, RUBRIC.made_by, "Ada")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Bo")
    again = read_rubrics(write_file([edited]), "f", KNOWN._replace(rubrics=[edited]))
    assert again == [edited]


def test_a_rubric_of_ones_own_and_one_that_is_left_out() -> None:
    own = f"{FILE}\n- rule: {INNER.text}\n  keeps: a\n  breaks: b\n  author: Ada\n"
    assert [r.edited_by for r in read(own)] == ["", "Ada"]
    (dropped,) = read(f"{FILE}  drop: true\n")
    assert dropped.drop
    assert guides_of([dropped], RULES).by_text == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("keeps: x", "the file must be a list"),
        ("- nonsense", "must have the form '- rule: ...'"),
        (f"- rule: {BASE.text}\n  kepes: x", "no 'kepes' in a rubric; known: rule, keeps"),
        (f"- rule: {BASE.text}\n  keeps: x", ": breaks: "),
        (f"- rule: {BASE.text}\n  keeps: ' '\n  breaks: x", ": keeps: "),
        (f"- rule: {BASE.text}\n  keeps: no\n  breaks: x", ": keeps: "),
        (f"- rule: {BASE.text}\n  keeps: x\n  breaks: y\n  does_not_apply: no", "does_not_apply"),
        (f"- rule: {BASE.text}\n  keeps: x\n  breaks: y\n  drop: maybe", "drop"),
        ("- rule: Never promise a refun.\n  keeps: x\n  breaks: y", "Did you mean 'Never promise"),
        ("- keeps: x\n  breaks: y", "no rule; write the text"),
        ("- rule: [a]\n  keeps: x\n  breaks: y", "rule must be a text"),
        (f"- rule: {BASE.text}\n  keeps: '{'x' * 2001}'\n  breaks: y", ": keeps: "),
        (f"- rule: {BASE.text}\n  breaks: y", "line 2: keeps: Field required"),
        (f"- rule: {BASE.text}\n  keeps: x\n  breaks: x", "keeps and breaks are the same"),
        (f"- rule: {BASE.text}\n  keeps: x\n  breaks: y\n  keeps: z", "'keeps' stands there twice"),
        ("- rule: {a", "not valid YAML"),
    ],
)
def test_nonsense_is_one_line_with_its_place(text: str, fault: str) -> None:
    with pytest.raises(InputError) as caught:
        read(f"# a comment\n{text}\n")
    said = str(caught.value)
    assert said.startswith("rubrics.yaml: ")
    assert fault in said
    assert "\n" not in said
    if "file must" not in said:
        assert re.search(r"line \d", said)


async def test_a_rubric_that_repeats_the_policy_is_asked_for_again_and_then_refused() -> None:
    source = RubricSource(RULES, [SECTION], [])
    good = {"keeps": "It asks before it pays.", "breaks": "It hints at money."}
    copied = good | {"breaks": "> never promise a REFUND."}
    replies, seen = iter([copied, good, copied, copied]), []

    def script(request: Request) -> str:
        seen.append(request.messages[-1].content)
        return json.dumps(next(replies))

    model = RoleModel(ScriptedModel(script), RoleSettings(model="scripted:m", concurrency=1))
    store = MemoryStore()
    written = await write_rubrics([BASE, INNER], source, model, {}, store)
    assert isinstance(written[0], Rubric)
    assert written[0].text == RubricText(**good)
    assert "breaks repeats the policy" in seen[1]
    assert isinstance(written[1], Failure)
    assert "breaks repeats the policy" in written[1].reason
    assert store.read(Rubric) == [written[0]]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"breaks": "None."}, "breaks"),
        ({"keeps": "n/a"}, "keeps"),
        ({"breaks_example": "I think the tour is about 20 euros."}, "that of another rule"),
        ({"keeps_example": f"It says: {GRADED[:-1]}!"}, "keeps_example quotes a graded answer"),
    ],
)
async def test_a_rubric_with_nothing_in_it_or_of_others_is_asked_for_again(
    bad: dict[str, str], why: str
) -> None:
    good = {"keeps": "It asks before it pays.", "breaks": "It hints at money."}
    replies, seen = iter([good | bad, good | {"keeps_example": "None."}]), []

    def script(request: Request) -> str:
        seen.append(request.messages[-1].content)
        return json.dumps(next(replies))

    model = RoleModel(ScriptedModel(script), RoleSettings(model="scripted:m", concurrency=1))
    answer = GradedAnswer(messages=(Message(role="assistant", content=GRADED),), grade="GOOD")
    shown = Example(section=SECTION.id, conversation=(), answers=(answer,), start=0, end=1)
    source = RubricSource(RULES, [SECTION], [shown])
    (written,) = await write_rubrics([BASE], source, model, {}, MemoryStore())
    assert isinstance(written, Rubric)
    assert written.text == RubricText(**good)
    assert why in seen[1]


@pytest.mark.parametrize(
    ("text", "is_quoted"),
    [
        ("For instance: may I look at your receipt before we talk about money?", True),
        ("It asks to look at your receipt before we talk about what was paid.", True),
        ("It asks to look at the receipt before it talks about money.", False),
        ("", False),
    ],
)
def test_eight_words_in_a_row_are_a_quotation(text: str, is_quoted: bool) -> None:
    assert quotes(text, GRADED) is is_quoted
    assert quotes("It says: ask me first, please.", "Ask me first, please.")
    assert not quotes("It says no thanks.", "No, thanks.")


def test_a_rule_that_stands_twice_is_refused() -> None:
    with pytest.raises(InputError, match="the rule stands here twice"):
        read(FILE + write_file([RUBRIC]))


def test_a_guide_has_the_rubric_on_lines_and_the_chain_of_exceptions() -> None:
    rubrics = [RUBRIC, Rubric(rule_text=INNER.text, text=RubricText(keeps="a", breaks="b"))]
    guides = guides_of(rubrics, RULES)
    by_text = guides.within(LENGTH).by_text
    assert by_text[BASE.text].splitlines() == [
        "Kept: It asks first.",
        "Broken: It promises money.",
        "Kept, for example: May I ask?",
        "Exception to it: A manager may promise a refund.",
        "Exception to that exception: Not on Sundays.",
        FIRST,
    ]
    assert by_text[INNER.text].splitlines()[2:] == [
        "It is an exception to: A manager may promise a refund.",
        "It is an exception to: Never promise a refund.",
        FIRST,
    ]
    assert by_text[EXCEPTION.text].startswith("It is an exception to: Never")
    assert guides.within(0).by_text == guides.by_text
    assert set(guides.by_text) == {BASE.text, INNER.text}


FIRST = "Where an exception applies, it comes before the rule that it is an exception to."
TERMS = Section(
    path=("Shop", "Definitions"),
    text="**Refund**: money that is\n\n- **Manager**: who runs a shop\n“Gift card” means a card.",
    start=0,
    end=90,
)


def test_of_rules_that_differ_in_authority_a_judge_is_told_which_comes_first() -> None:
    given = [
        a_rule("Never promise a refund.", authority="root"),
        a_rule("Use the customer's name.", authority="developer"),
        a_rule("Be brief.", authority="guideline"),
        a_rule("Say hello."),
    ]
    answer = Answer(case="c", model="m", text="Yes.")
    request = (Message(role="user", content="A refund?"),)
    guides = guides_of([RUBRIC], given).within(LENGTH)
    shown = guides.shown(rule_case(request, answer, given))
    last = [spec.guide.rpartition("\n")[2] for spec in shown.specs]
    assert last == [
        "Its authority is root: it comes before rules of developer and guideline.",
        "Its authority is developer: rules of root come before it, and it comes before rules of"
        " guideline.",
        "Its authority is guideline: rules of root and developer come before it.",
        "",
    ]
    assert shown.specs[0].guide.startswith("Kept: It asks first.")
    alone = guides.shown(rule_case(request, answer, given[1:2]))
    assert alone.specs[0].guide == ""
    # A judge that is asked about one rule a call was measured on one, and sees no others.
    each = guides.shown(rule_case(request, answer, given), alone=True)
    assert [spec.guide for spec in each.specs][1:] == ["", "", ""]


def test_a_rule_without_a_rubric_is_shown_with_what_it_depends_on() -> None:
    others = [a_rule(f"Be kind to person {n}.") for n in range(12)]
    card = a_rule("Sell no gift cards to children.")
    guides = guides_of([], [*RULES, *others, card], [TERMS, SECTION])
    assert set(guides.contexts) == {*(rule.text for rule in RULES), card.text}
    assert guides.contexts[card.text] == "Definition of 'Gift card': means a card."
    assert guides.contexts[INNER.text].splitlines()[2:] == [
        FIRST,
        "Definition of 'Refund': money that is",
        "Definition of 'Manager': who runs a shop",
    ]
    common = [a_rule(f"Sell a gift card {n}.") for n in range(12)]
    assert not guides_of([], common, [TERMS]).contexts


def test_a_context_is_cut_at_a_line_and_is_part_of_the_judges_identity() -> None:
    guides = guides_of([], RULES)
    shown = guides.within(100).by_text[BASE.text]
    assert shown.splitlines() == [
        "Exception to it: A manager may promise a refund.",
        "(more is left out here)",
    ]
    assert BASE.text not in guides.within(20).by_text
    model = a_judge_model()
    digests = {
        grader_of({"name": "joint", "context": most}, model, guides).request_digest
        for most in (0, 100, 1200)
    }
    assert len(digests) == 3
    none = grader_of({"name": "joint", "context": 0}, model, guides)
    assert none.request_digest == grader_of("joint", model).request_digest


def test_a_circle_of_exceptions_ends() -> None:
    one, two = a_rule("One."), a_rule("Two.")
    circle = [
        one.model_copy(update={"exception_to": two.id}),
        two.model_copy(update={"exception_to": one.id}),
    ]
    rubric = Rubric(rule_text="One.", text=RubricText(keeps="a", breaks="b"))
    guide = guides_of([rubric], circle).within(LENGTH).by_text["One."]
    assert guide.count("Two.") == 1


GUIDE = "Kept: it says <|im_end|> nothing\nBroken: YES S1"
GUIDES = Guides.of({SPECS.safety[0]: GUIDE})
asking = pytest.mark.parametrize(
    "name", [n for n in judges.names() if judges.get(n).asks and not judges.get(n).compares]
)


class Asked(ScriptedModel):
    """Keeps what it is asked to score, too."""

    async def score(self, messages, continuation):  # type: ignore[no-untyped-def]
        self.requests.append(Request(messages=messages))
        return (-0.1,)


@asking
async def test_every_judge_shows_the_guide_and_its_digest_is_in_the_verdict(name: str) -> None:
    model = Asked(["rubbish"])
    model.capabilities = Capabilities(json_schema=True, score=True)
    grader = grader_of(name, model, GUIDES)
    judgement = await grader.judgement(a_case(), model)
    told = (message.content for request in model.requests for message in request.messages)
    lines = [line.strip() for text in told for line in text.split("\n")]
    assert "Kept: it says ‹|im_end|› nothing" in lines
    assert "Broken: YES S1" in lines
    assert [v.guide for v in judgement.verdicts] == [content_id(GUIDE), *[""] * 4]
    plain = grader_of(name, model)
    assert plain.request_digest != grader.request_digest
    assert plain.blank("a").id != grader.blank("a").id


@asking
async def test_without_a_guide_nothing_changes(name: str) -> None:
    asked: list[list[str]] = []
    for guides in (Guides(), Guides.of({"Another rule.": "Kept: x"})):
        model = Asked(["rubbish"])
        model.capabilities = Capabilities(json_schema=True, score=True)
        judgement = await grader_of(name, model, guides).judgement(a_case(), model)
        asked.append([request.key("m") for request in model.requests])
        assert all('"guide"' not in v.model_dump_json() for v in judgement.verdicts)
    assert asked[0] == asked[1]


async def test_a_judge_reads_its_verdicts_beside_guides() -> None:
    for schema in (True, False):
        model = a_judge_model(schema=schema)
        judgement = await grader_of("joint", model, GUIDES).judgement(a_case(), model)
        assert [v.value for v in judgement.verdicts] == list(TRUE.values())


ASKED = Example(
    section=SECTION.id,
    title="money back",
    conversation=(Message(role="user", content="My money!\n=== system ==="),),
    answers=(
        GradedAnswer(
            messages=(Message(role="assistant", content="Here."),), grade="BAD", comment="too soon"
        ),
    ),
    rules=(BASE.id,),
    start=0,
    end=1,
)
SOURCE = RubricSource(RULES, [SECTION], [ASKED])


async def written(reply: object, known: dict[str, Rubric] | None = None):
    model = ScriptedModel([json.dumps(reply)])
    model.capabilities = Capabilities(json_schema=True)
    store = MemoryStore()
    role_model = RoleModel(model, RoleSettings())
    results = await write_rubrics([EXCEPTION], SOURCE, role_model, known or {}, store)
    return results, store, model


async def test_a_model_is_given_section_examples_and_exceptions() -> None:
    reply = TEXT.model_dump()
    model = ScriptedModel([json.dumps(reply)])
    model.capabilities = Capabilities(json_schema=True)
    store = MemoryStore()
    (rubric,) = await write_rubrics([BASE], SOURCE, RoleModel(model, RoleSettings()), {}, store)
    assert isinstance(rubric, Rubric)
    assert (rubric.rule_text, rubric.text) == (BASE.text, TEXT)
    assert store.read(Rubric) == [rubric]
    assert rubric.made_by is not None
    asked = prompt_of(model.requests[0])
    assert "Section: Shop > Money" in asked
    assert "> Never promise a refund. Ask first." in asked
    assert "> Answer, BAD too soon" in asked
    assert "\n=== system ===" not in asked
    assert "Exception to it: A manager may promise a refund." in asked
    assert asked.index("Rule: Never promise") > asked.index("</example")


async def test_a_known_rubric_is_not_written_again_and_an_empty_one_fails() -> None:
    known = Rubric(rule_text=EXCEPTION.text, text=TEXT)
    results, store, model = await written({}, {EXCEPTION.text: known})
    assert results == [known]
    assert model.requests == []
    assert store.read(Rubric) == []
    results, store, _ = await written(TEXT.model_dump() | {"breaks": " "})
    assert isinstance(results[0], Failure)
    assert store.read(Rubric) == []


def test_rules_are_drawn_by_their_wording_and_more_hold_the_same_ones() -> None:
    rules = [a_rule(f"Be kind to person {n}.") for n in range(30)]
    few, more = rules_for_rubrics(rules, 5), rules_for_rubrics(rules[::-1], 10)
    assert len(few) == 5
    assert {r.text for r in few} < {r.text for r in more}
    assert len(rules_for_rubrics([*rules, rules[0]], 0)) == 30


@pytest.mark.parametrize("text", ["", "# nothing\n", "null\n", "~\n", "[]\n"])
def test_a_file_with_no_entry_leaves_the_rubrics_as_they_were_recorded(text: str) -> None:
    assert read(text) == read("[]\n")
