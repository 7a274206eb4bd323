"""A benchmark before and after a revision, side by side."""

from __future__ import annotations

from specloop.records import Answer, Case, Evaluation, Figure, Judgement, Message, Verdict
from specloop.report.bench_data import BenchVersion, BenchVersions
from specloop.report.bench_versions import versions_grid


def version(**kept: tuple[str, ...]) -> BenchVersion:
    """Two scenarios; `kept` are the requests by scenario, with `!` where the rule is broken."""
    cases, answers, judgements = list[Case](), list[Answer](), list[Judgement]()
    for scenario, requests in kept.items():
        for text in requests:
            turn = Message(role="user", content=text)
            case = Case(messages=(turn,), scenario=scenario, side="permitted")
            answer = Answer(case=case.id, model="m", entrant="base", text="Yes.")
            verdict = Verdict(rule="r", value="NO" if "!" in text else "YES", kind="check")
            judgements.append(
                Judgement.of([verdict], answer=answer.id, judge="check", model="code")
            )
            cases.append(case)
            answers.append(answer)
    total = Figure(name="rcs", value=0.5, n=len(cases))
    evaluation = Evaluation.model_validate(
        {
            "label": "base",
            "of": "base",
            "model": "m",
            "benchmark": "b",
            "source": "desk",
            "metrics": (total,),
        }
    )
    return BenchVersion(tuple(cases), tuple(answers), tuple(judgements), (evaluation,))


def test_figures_of_unchanged_and_replaced_rows_stand_side_by_side_for_each_scenario() -> None:
    old = version(tone=("a", "b!", "c!"), form=("d", "e"))
    new = version(tone=("a", "b!", "f"), form=("d", "g!"))
    grid = versions_grid(BenchVersions(old, new))
    assert grid is not None
    assert [head.title for head in grid.heads] == ["base, before", "base, now"]
    rows = {row.title: [cell and (cell.value, cell.n) for cell in row.cells] for row in grid.rows}
    by_code = "Rule compliance by code, "
    assert {k.removeprefix(by_code): v for k, v in rows.items() if k.startswith(by_code)} == {
        "unchanged rows": [("66.7%", 3), ("66.7%", 3)],
        "replaced rows": [("50.0%", 2), ("50.0%", 2)],
        "unchanged rows, tone": [("50.0%", 2), ("50.0%", 2)],
        "replaced rows, tone": [("0.0%", 1), ("100.0%", 1)],
        "unchanged rows, form": [("100.0%", 1), ("100.0%", 1)],
        "replaced rows, form": [("100.0%", 1), ("0.0%", 1)],
    }
    assert grid.notes == (
        "tone: 2 rows unchanged, 1 gone, 1 new",
        "form: 1 rows unchanged, 1 gone, 1 new",
    )


def test_one_scenario_has_no_rows_of_its_own() -> None:
    grid = versions_grid(BenchVersions(version(tone=("a", "c!")), version(tone=("a", "f"))))
    assert grid is not None
    assert not any("tone" in row.title for row in grid.rows)
