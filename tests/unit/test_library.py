"""The library: plain Python in, values out, inside a running event loop and without one."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.library_model import CALM, LOUD, reply
from tests.scripted_server import ScriptedServer
from tests.specbench_data import write_data

import specloop
from specloop import InputError, ScriptedModel, aio
from specloop.aio.evaluating import AnyCase, AnyEntrant
from specloop.blocking import blocking
from specloop.errors import RunStoppedError, SpecloopError
from specloop.llm.base import Reply, Request

POLICY = Path(__file__).parents[1] / "data" / "shop_policy.md"
RULES = ["Never use exclamation marks.", "Be kind to everybody."]
NAMED = "scripted:tests.library_model.reply"
TEACHABLE = [*RULES, 'End every answer with the line "Bye now."']
PLANTS = ["roses", "asparagus", "potatoes", "ivy", "bamboo", "lavender", "a cherry tree", "mint"]
REQUESTS = [f"{ask} {plant}?" for plant in PLANTS for ask in ("How do I water", "Where to plant")]
SMALL = {"waves": 1, "exchanges_per_wave": 8, "defender_rules": False, "direct_share": 1.0}

Here = Callable[[Callable[[], Any]], Any]


@pytest.fixture(params=["in a running loop", "without a loop"])
def here(request: pytest.FixtureRequest) -> Here:
    """Calls something as a notebook does, or as a script."""
    if request.param == "without a loop":
        return lambda work: work()

    async def main(work: Callable[[], Any]) -> Any:
        return work()

    return lambda work: asyncio.run(main(work))


def test_a_document_becomes_rules_that_print_themselves(here: Here) -> None:
    spec = here(lambda: specloop.read(POLICY))
    assert [rule.text for rule in spec] == [rule.text for rule in spec.rules]
    assert [row["rule"] for row in spec.rows()] == [rule.text for rule in spec]
    assert any(rule.check for rule in spec.rules)
    assert f"{len(spec)} rules" in str(spec)
    assert spec.cost.n_calls == 0


def test_a_model_answers_under_rules_through_a_method(here: Here) -> None:
    answer = here(lambda: specloop.answer(NAMED, "Roses?", RULES, method="align3", max_tokens=50))
    assert str(answer) == CALM
    assert answer.record.steps[-1].purpose == "answer"
    assert answer.cost.n_calls == len(answer.record.steps)
    assert answer.record.method == "align3"


def test_without_rules_a_model_is_asked_as_it_is() -> None:
    model = ScriptedModel(reply)
    turns = [
        {"role": "user", "content": "Roses?"},
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": "When?"},
    ]
    assert specloop.answer(model, turns).text == LOUD
    assert [m.content for m in model.requests[0].messages] == ["Roses?", "Yes.", "When?"]


def test_an_answer_is_judged_by_code_and_by_a_model(here: Here) -> None:
    verdicts = here(lambda: specloop.judge(LOUD, [RULES[1], RULES[0]], model=NAMED, judge="joint"))
    assert [v.value for v in verdicts] == ["YES", "NO"]
    assert [row["judge"] for row in verdicts.rows()] == ["joint:" + NAMED, "check"]
    assert verdicts.compliance == 0.5
    assert verdicts.cost.n_calls == 1
    assert "1 NO, 1 YES" in repr(verdicts)


def test_a_judge_is_shown_rubrics_and_what_rules_depend_on() -> None:
    base, other = (
        specloop.Rule(section="s", text=text, quote=text, start=0, end=8)
        for text in ("Be kind.", "Be shy.")
    )
    exception = other.model_copy(update={"exception_to": base.id})
    model = ScriptedModel([""])
    rubrics = {base.text: {"keeps": "It is gentle.", "breaks": "It is rude."}}
    specloop.judge("Hm.", [base, exception], model=model, judge="joint", rubrics=rubrics)
    asked = model.requests[0].messages[-1].content
    assert "  Kept: It is gentle." in asked
    assert f"  Exception to it: {other.text}" in asked
    plain = ScriptedModel([""])
    specloop.judge("Hm.", [base, exception], model=plain, judge={"name": "joint", "context": 0})
    assert "Exception to it" not in plain.requests[0].messages[-1].content
    with pytest.raises(specloop.InputError, match="rubric of 'Be kind'"):
        specloop.judge("Hm.", "Be kind", model=plain, rubrics={"Be kind": {"kepes": "x"}})


def test_without_a_model_code_judges_and_the_rest_is_unscored() -> None:
    answer = specloop.answer(NAMED, "Roses?", RULES)
    verdicts = specloop.judge(answer)
    assert [v.value for v in verdicts] == ["YES", "unscored"]
    assert verdicts.compliance == 1.0


class Tracked(ScriptedModel):
    """Knows whether it was closed, and on which loops it was used."""

    def __init__(self) -> None:
        super().__init__(reply)
        self.n_closed, self.loops = 0, set[int]()

    async def generate(self, request: Request) -> Reply:
        self.loops.add(id(asyncio.get_running_loop()))
        return await super().generate(request)

    async def aclose(self) -> None:
        self.n_closed += 1


def test_a_model_of_your_own_stays_open_and_on_one_loop() -> None:
    model = Tracked()
    for _ in range(2):
        specloop.answer(model, "Roses?")
    assert (model.n_closed, len(model.loops)) == (0, 1)
    specloop.close(model)
    assert model.n_closed == 1


def test_a_model_that_is_named_is_closed_with_the_call(here: Here, server: ScriptedServer) -> None:
    table = {"model": "openai:m", "options": {"base_url": server.url}}
    assert here(lambda: specloop.answer(table, "Roses?")).text
    gc.collect()  # An open connection would warn here, and a warning is an error.


def test_finished_calls_are_kept_where_a_cache_is_named(tmp_path: Path) -> None:
    model = ScriptedModel(reply)
    costs = [specloop.answer(model, "Roses?", cache=tmp_path).cost for _ in range(2)]
    assert len(model.requests) == 1
    assert [(cost.n_calls, cost.n_cached) for cost in costs] == [(1, 0), (1, 1)]
    for _ in range(2):
        specloop.answer(model, "Roses?")
    assert len(model.requests) == 3


async def test_calls_at_once_share_a_cache(tmp_path: Path) -> None:
    model = ScriptedModel(reply)
    asked = (aio.answer(model, "Roses?", cache=tmp_path) for _ in range(3))
    assert {str(answer) for answer in await asyncio.gather(*asked)} == {LOUD}
    assert len(model.requests) == 1


def test_limits_stop_a_call() -> None:
    with pytest.raises(RunStoppedError, match="--max-calls 1"):
        specloop.answer(NAMED, "Roses?", RULES, method="align3", limits={"max_calls": 1})


def test_pairs_are_made_of_the_targets_own_violations(here: Here) -> None:
    made = here(lambda: specloop.pairs(NAMED, TEACHABLE, REQUESTS, synthesis=SMALL))
    assert len(made) > 4
    assert {row["rejected"] for row in made.rows()} >= {LOUD}
    assert all("!" not in row["chosen"] for row in made.rows())
    assert {p.messages[0].content for p in made.validation}.isdisjoint(p.request for p in made)
    assert (made.target, len(made.validation)) == (NAMED, 2)
    assert made.cost.n_calls > 16
    assert f"{len(made)} pairs" in str(made)


ENTRANTS: list[AnyEntrant] = [NAMED, {"model": NAMED, "told": "rules", "label": "mine"}]


def test_entrants_are_measured_side_by_side(here: Here) -> None:
    table = here(lambda: specloop.evaluate(ENTRANTS, ["Roses?", "Ivy?", "Mint?"], rules=TEACHABLE))
    kept = {row["entrant"]: row for row in table.rows() if row["metric"] == "rcs"}
    assert [one.label for one in table.evaluations] == [NAMED, "mine"]
    totals = [row for row in table.rows() if (row["metric"], row["group"]) == ("rcs", "")]
    assert [row["value"] for row in totals] == [0.0, 0.5]
    assert [row["against"] for row in totals] == ["", NAMED]
    assert totals[1]["difference"] == 0.5
    assert kept.keys() == {NAMED, "mine"}
    assert (len(table.answers), table.cost.n_calls) == (6, 6)
    assert "Rule compliance" in str(table)


def test_a_judge_on_a_model_stands_apart_and_methods_are_entrants() -> None:
    entrants = [NAMED, {"model": NAMED, "method": {"name": "align3", "steps": ["both"]}}]
    cases: list[AnyCase] = [
        {"messages": "Ivy?", "rules": RULES, "side": "permitted"},
        [{"role": "user", "content": "Mint?"}],
    ]
    table = specloop.evaluate(entrants, cases, "joint", judge_model=NAMED, rules=RULES[1])
    values = {(row["metric"], row["judge"]): row["value"] for row in table.rows()}
    assert values["rcs_judged", f"joint:{NAMED}"] == 1.0
    assert "over_refusal" in {row["metric"] for row in table.rows()}
    kinds = {verdict.kind for one in table.judgements for verdict in one.verdicts}
    assert kinds == {"check", "model"}


def test_each_entrant_is_compared_with_its_own_model_and_that_with_the_first() -> None:
    other = ScriptedModel(reply, "scripted:other")
    entrants: list[AnyEntrant] = [NAMED, {"model": other, "told": "rules"}, other]
    table = specloop.evaluate(entrants, "Roses?", rules=RULES)
    against = [(one.label, one.against) for one in table.evaluations]
    assert against == [
        (NAMED, None),
        ("scripted:other prompt-only", "scripted:other"),
        ("scripted:other", NAMED),
    ]
    alone = specloop.evaluate(NAMED, ["Roses?"], rules=RULES)
    assert [one.label for one in alone.evaluations] == [NAMED]


def test_cases_and_rules_may_come_from_a_benchmark(tmp_path: Path) -> None:
    write_data(tmp_path / "Garden")
    benchmark = specloop.load_benchmark(f"folder:{tmp_path}")
    table = specloop.evaluate(ENTRANTS, benchmark, "joint", judge_model=NAMED)
    totals = {(r["entrant"], r["metric"]): r for r in table.rows() if not r["group"]}
    assert totals["mine", "sar"]["value"] == 1.0
    assert (totals["mine", "sar"]["n"], totals["mine", "sar"]["against"]) == (6, NAMED)
    assert "general" in table.evaluations[0].left_out
    assert f"folder:{tmp_path}" in "".join(str(table).split())
    with pytest.raises(InputError, match="has rules of its own"):
        specloop.evaluate(NAMED, benchmark, rules=RULES)


def test_an_evaluation_draws_a_plot(tmp_path: Path) -> None:
    plot = specloop.evaluate(ENTRANTS, ["Roses?"], rules=TEACHABLE).plot()
    drawn = ElementTree.parse(plot.save(tmp_path / "plot.svg")).getroot()
    texts = [text.text or "" for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "Rule compliance, higher is better" in texts
    assert "mine" in texts
    assert plot._repr_svg_() == plot.svg


def test_an_evaluation_is_bound_by_one_limit() -> None:
    with pytest.raises(RunStoppedError, match="--max-calls 3"):
        specloop.evaluate(
            ENTRANTS, ["Roses?", "Ivy?"], rules=RULES, limits={"max_calls": 3}, max_failures=1
        )


async def test_the_same_names_await() -> None:
    answer = await aio.answer(NAMED, "Roses?", RULES)
    assert (await aio.judge(answer)).compliance == 1.0
    made = await aio.pairs(NAMED, TEACHABLE, REQUESTS, synthesis=SMALL)
    assert len(made) > 4


WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: specloop.read("none.md"), "no such file"),
    (lambda: specloop.read(POLICY, format="doc"), "format"),
    (lambda: specloop.answer("embeded:x", "?"), "Did you mean 'embedded:x'"),
    (lambda: specloop.answer(NAMED, 5), "messages: a text"),  # type: ignore[arg-type]
    (lambda: specloop.answer(NAMED, ""), "nothing is asked"),
    (lambda: specloop.answer(NAMED, [{"role": "usr", "content": "?"}]), "messages.0.role"),
    (lambda: specloop.answer(NAMED, "?", [3]), "a rule is a sentence"),  # type: ignore[list-item]
    (lambda: specloop.answer(NAMED, "?", RULES, "align4"), "Did you mean 'align3'"),
    (lambda: specloop.answer(NAMED, "?", RULES, "best_of_n"), "scorer"),
    (lambda: specloop.answer(NAMED, "?", method="align3"), "works on rules"),
    (lambda: specloop.answer(NAMED, "?", max_tokens=0), "max_tokens"),
    (lambda: specloop.answer(NAMED, "?", tokens=5), "max_tokens"),  # type: ignore[call-arg]
    (lambda: specloop.answer(NAMED, "?", limits={"calls": 5}), "limits.calls"),
    (lambda: specloop.judge("x", RULES, judge="joint"), "asks a model"),
    (lambda: specloop.judge("x"), "no rules"),
    (lambda: specloop.judge(5, RULES), "give a text"),  # type: ignore[arg-type]
    (lambda: specloop.pairs(NAMED, [RULES[1]], REQUESTS), "0 of 1 rules"),
    (lambda: specloop.pairs(NAMED, RULES, "roses"), "list of texts"),
    (lambda: specloop.pairs(NAMED, RULES), "give requests"),
    (lambda: specloop.pairs(NAMED, RULES, REQUESTS, synthesis={"wave": 1}), "Did you mean 'waves'"),
    (lambda: specloop.evaluate([], ["?"], rules=RULES), "name an entrant"),
    (lambda: specloop.evaluate([NAMED, NAMED], ["?"], rules=RULES), "two entrants are called"),
    (lambda: specloop.evaluate([{"model": NAMED, "told": "x"}], ["?"], rules=RULES), "told is"),
    (lambda: specloop.evaluate([NAMED], [], rules=RULES), "no cases"),
    (lambda: specloop.evaluate([NAMED], 5, rules=RULES), "cases: a list"),  # type: ignore[arg-type]
    (lambda: specloop.evaluate(5, ["?"], rules=RULES), "entrants: a list"),  # type: ignore[arg-type]
    (lambda: specloop.evaluate([NAMED], ["?"]), "no rules"),
    (lambda: specloop.evaluate([NAMED], [{"message": "?"}], rules=RULES), "no 'message'"),
    (lambda: specloop.evaluate([NAMED], ["?"], "joint", rules=RULES), "asks a model"),
    (lambda: specloop.evaluate([NAMED], ["?"], rules=RULES, max_tokens=3), "max_tokens"),
    (lambda: specloop.answer({}, "?"), "table names it"),
    (lambda: specloop.answer(NAMED, "?", RULES, 5), "a method is a name"),  # type: ignore[arg-type]
    (lambda: specloop.judge("x", RULES, judge=["x"]), "a judge is a name"),  # type: ignore[arg-type]
    (lambda: specloop.resolve(5), "named by a text"),  # type: ignore[arg-type]
    (lambda: specloop.close(NAMED), "a model of your own"),  # type: ignore[arg-type]
    (lambda: specloop.pairs("plain", RULES, REQUESTS), "name the target"),
    (lambda: specloop.pairs(NAMED, RULES, 5), "list of texts"),  # type: ignore[arg-type]
    (lambda: specloop.pairs(NAMED, RULES, REQUESTS, roles=[]), "a table"),  # type: ignore[arg-type]
    (lambda: specloop.train([], "out", target=5), "a model's name"),  # type: ignore[typeddict-item]
    (lambda: specloop.train([], "out"), "name the model as target"),
    (lambda: specloop.train([], "out", target="openai:x"), "cannot be trained"),
]


@pytest.mark.parametrize(("call", "told"), WRONG)
def test_what_is_wrong_is_told_with_a_remedy(call: Callable[[], object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        call()


def test_a_notebook_completes_the_public_names() -> None:
    assert {"answer", "evaluate", "judge", "pairs", "read", "train"} <= set(dir(specloop))


def test_a_notebook_shows_the_message_alone() -> None:
    assert SpecloopError("so it is")._render_traceback_() == ["SpecloopError: so it is"]


def test_a_call_from_within_the_librarys_own_loop_is_refused() -> None:
    def script(_: Request) -> str:
        return specloop.answer(NAMED, "Roses?").text

    with pytest.raises(InputError, match=r"await specloop\.aio\.answer"):
        specloop.answer(ScriptedModel(script), "Roses?")


def test_ctrl_c_ends_what_is_waited_for() -> None:
    ended = threading.Event()

    async def forever() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)  # as models take to close
            ended.set()

    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        blocking(forever)()
    assert ended.is_set()


def test_the_package_loads_at_once_and_without_torch() -> None:
    code = (
        "import sys, time; start = time.process_time(); import specloop\n"
        "assert time.process_time() - start < 1\n"
        "specloop.judge('Hi!', 'Never use exclamation marks.')\n"
        "assert not {'torch', 'transformers', 'datasets', 'openvino'} & sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(specloop.__all__) >= {"read", "answer", "judge", "evaluate", "pairs", "train"}
