"""What every metric must be, for each one in the registry."""

from pathlib import Path

import pytest
from tests.installed import install, printed

from specloop.ended import UNENDED
from specloop.measuring.evidence import Cell, Evidence, EvidenceKind, Measured
from specloop.metrics import every_metric, metric_of, metrics
from specloop.stats import Unit

DOCS = Path(__file__).parents[2] / "docs" / "measuring.md"
NEEDS: dict[EvidenceKind, str] = {
    "checks": "verdicts of code",
    "judge": "a judge",
    "verdicts": "a judge on every rule",
    "permitted": "permitted requests",
    "questions": "general questions",
    "passages": "plain passages",
    "calls": "tokens of calls",
    "safety": "a rule about safety",
}
EVIDENCE = Evidence(
    answers=tuple(
        Measured(
            f"c{i}",
            "I cannot help." if i % 2 else "Yes, of course.",
            UNENDED[0] if i == 3 else "whole",
            tuple(
                Cell(f"r{j}", "NO" if i == j else "YES", judge=judge, is_conditional=True)
                for j, judge in enumerate(["check", "check", "joint:m"])
            ),
            is_permitted=i % 2 == 0,
        )
        for i in range(6)
    ),
    has=frozenset(NEEDS),
    questions=(Unit("q", 1.0),),
    passages=(Unit("p", 2.0, weight=9.0),),
)
every = pytest.mark.parametrize("name", metrics.names())


@every
def test_a_metric_says_what_it_is(name: str) -> None:
    one = metrics.build(name)
    assert one.name == name
    assert one.title
    assert one.help.endswith(".")
    assert one.better in ("up", "down", "neither")


@every
def test_a_metrics_cases_are_shares_where_it_is_one(name: str) -> None:
    one = metrics.build(name)
    found = list(one.cases(EVIDENCE))
    assert all(cases.metric == one for cases in found)
    assert len({cases.key for cases in found}) == len(found)
    for unit in (unit for cases in found for unit in cases.units):
        assert one.format != "share" or unit.value is None or 0 <= unit.value <= 1


def test_no_two_metrics_share_a_title_or_a_place() -> None:
    found = every_metric()
    assert len({one.title for one in found}) == len({one.place for one in found}) == len(found)


def test_the_docs_list_every_metric_as_it_is_registered() -> None:
    ways = {"up": "higher", "down": "lower", "neither": "neither"}
    rows = [
        f"| `{one.name}` | {one.title} | {ways[one.better]} | {one.format} | "
        f"{', '.join(NEEDS[need] for need in one.needs) or 'answers'} | {one.help} |"
        for one in every_metric()
    ]
    text = DOCS.read_text()
    start = text.index("| name | title |")
    table = text[start : text.index("\n\n", start)].splitlines()[2:]
    assert table == rows, "\n".join(rows)


def test_a_metric_of_a_package_that_is_gone_is_a_plain_number() -> None:
    gone = metric_of("their_metric")
    assert (gone.title, gone.format, gone.better) == ("their metric", "number", "neither")


THEIRS = '''
from specloop.measuring.scores import Score
from specloop.metrics import AnswerMetric, metrics

@metrics.register("shouting")
class Shouting(AnswerMetric):
    """Share of answers with an exclamation mark."""

    title = "Shouted answers"
    better = "down"

    def score(self, answer):
        return Score.of(float("!" in answer.text))
'''
ASKED = """
import asyncio
import sys
from dataclasses import replace
from io import StringIO

from rich.console import Console
from tests.report_fixture import report_data
from tests.specbench_fixture import stored
from tests.targets import a_target
from tests.unit.test_evaluate import an_eval_set, obedient

from specloop.evaluation import Inputs, evaluate
from specloop.evaluation.table import headline_table
from specloop.evaluation.table import summary_table
from specloop.llm.backends.scripted import ScriptedModel
from specloop.report import render_report
from specloop.report.specbench import render_bench_report
from specloop.specbench import table
from specloop.specbench.comparison import comparison_of
from specloop.specbench.comparison_data import comparison_data
from specloop.store import RunFolder

folder = RunFolder(sys.argv[1], create=True)

def measured(label, script, against=None):
    target = a_target(ScriptedModel(script, name=f"scripted:{label}"), label)
    return asyncio.run(evaluate(Inputs(folder, target, an_eval_set(), against)))

found = [measured("base", ["No!"]), measured("dpo", obedient, "base")]
console = Console(width=200, file=StringIO(), record=True)
console.print(headline_table(found))
console.print(summary_table(found))
text = console.export_text()
print(*(line for line in text.splitlines() if "Shouted answers" in line), sep="\\n")
print("--")
page = render_report(replace(report_data(), evaluations=tuple(found)))
print(page.count("Shouted answers"), page.count("Share of answers with an exclamation mark."))

compared = comparison_of(stored(3))
console.print(table.summary_table(compared))
print(console.export_text().count("Shouted"))
page = render_bench_report(folder, compared)
print(page.count("Shouted answers"), page.count("Share of answers with an exclamation mark."))
print(str(comparison_data(compared)).count("'shouting'"))
"""


def test_a_metric_of_another_package_stands_in_tables_and_page_by_itself(tmp_path: Path) -> None:
    install(tmp_path, "metrics", "theirs", THEIRS)
    tables, counts = printed(tmp_path, ASKED, str(tmp_path / "run")).split("--")
    short, long = tables.strip().splitlines()
    assert "1.00" in short
    assert "-1.00 [" in short
    assert "1.00 [0.61, 1.00] n=12" in long
    assert len(counts.split()) == 6
    assert all(int(n) >= 1 for n in counts.split())
