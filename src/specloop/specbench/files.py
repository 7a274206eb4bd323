"""Writing SpecBench's result files from our records.

`generate.json` holds the answers, `generate_usage.json` their tokens, `<judge>_evaluate.json` the
verdicts, `<judge>_score.json` the nine averages; all of one scenario, method and model, the first
and third with an entry for each row in the data's order. An answer that is not there is `null`; so
is `eval` where a verdict is unscored, for which SpecBench has no form. An
answer whose tokens are not known has no `usage`. `old_results` reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from specloop.measuring.scores import values_of
from specloop.methods import PaperTokens, methods
from specloop.records import PLAIN, Answer, Case, Judgement, Scenario, ScenarioRow, Specs
from specloop.specbench.load import FIELDS, write_json
from specloop.specbench.reference.scores import ALPHA, Aggregate, aggregates, scores
from specloop.specbench.reference.verdicts import plain_na
from specloop.specbench.tokens import paper


class GradedScenario(NamedTuple):
    """Answers to a scenario by one method, model and seed, with one judge's verdicts."""

    scenario: Scenario
    answers: Sequence[Answer]
    judgements: Sequence[Judgement] = ()

    def by_row(self) -> dict[str, Answer]:
        """By row; ValueError for two answers to one."""
        answers: dict[str, Answer] = {}
        for one in self.answers:
            if answers.setdefault(one.case, one) is not one:
                raise ValueError(f"two answers to row {one.case}: a file holds one method and seed")
        return answers

    def by_answer(self) -> dict[str, Judgement]:
        """By answer."""
        return {judgement.answer: judgement for judgement in self.judgements}


def write_generate(folder: Path, graded: GradedScenario) -> None:
    """`generate.json`, and `generate_usage.json` where tokens are known."""
    answers = graded.by_row()
    entries = [_answer_entry(row, answers.get(row.id)) for row in graded.scenario.rows]
    usages = [entry["usage"] for entry in entries if entry and "usage" in entry]
    write_json(folder / "generate.json", entries)
    if usages:
        sums = {key: sum(usage[key] for usage in usages) for key in _usage(0, 0)}
        write_json(folder / "generate_usage.json", sums)


def write_evaluate(
    path: Path,
    graded: GradedScenario,
    prompt: Callable[[Case, Answer], str] = lambda row, answer: "",
) -> None:
    """The verdicts; `prompt` gives what the joint judge was sent for an answer."""
    answers, verdicts = graded.by_row(), graded.by_answer()
    entries: list[dict[str, Any] | None] = []
    for row in graded.scenario.rows:
        answer = answers.get(row.id)
        entry = _answer_entry(row, answer)
        if entry and answer:
            entry.pop("usage", None)
            judgement = verdicts.get(answer.id)
            entry["eval"] = (
                _eval_entry(judgement, graded.scenario.specs, prompt(row, answer))
                if judgement
                else None
            )
        entries.append(entry)
    write_json(path, entries)


def write_scores(path: Path, graded: GradedScenario) -> None:
    """The nine averages, over the answers without an unscored verdict."""
    nine = reference_scores(graded)
    content = {one.key: {"avg": one.avg, "total": one.total, "count": one.count} for one in nine}
    write_json(path, content)


def reference_scores(graded: GradedScenario) -> tuple[Aggregate, ...]:
    """The nine averages of the rows that have an answer and all its verdicts."""
    answers, verdicts = graded.by_row(), graded.by_answer()
    return aggregates(
        (row.label, scored)
        for row in graded.scenario.rows
        if (answer := answers.get(row.id))
        and (judgement := verdicts.get(answer.id))
        and (scored := scores(values_of(judgement.verdicts, graded.scenario.specs)))
    )


def _answer_entry(row: Case, answer: Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    plain = answer.settings.get(PLAIN) is False
    entry = {
        "data": ScenarioRow.of(row).model_dump(include=set(FIELDS)),
        "prompt": row.query if plain else row.request,
        "response": answer.text,
        "thought": answer.thought,
    }
    known = paper(answer) is not None
    return entry | ({"usage": _usage(*_paper_tokens(answer))} if known else {})


def _paper_tokens(answer: Answer) -> PaperTokens:
    if not answer.steps:
        return PaperTokens(answer.cost.prompt_tokens, answer.paper_tokens)
    fields = methods.get(answer.method).model_fields
    options = {key: value for key, value in answer.settings.items() if key in fields}
    return methods.build({"name": answer.method, **options}).paper_tokens(answer.steps)


def _usage(prompt: int, completion: int) -> dict[str, int]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def _eval_entry(judgement: Judgement, specs: Specs, prompt: str) -> dict[str, Any] | None:
    values = values_of(judgement.verdicts, specs)
    scored = scores(values)
    if scored is None:
        return None
    score = {**scored._asdict(), "alpha": ALPHA}
    cost = judgement.read_cost or judgement.cost
    usage = _usage(cost.prompt_tokens, cost.completion_tokens)
    said = values._asdict()
    if judgement.judge == "sequential":
        tags = {category: [f"<{value}>" for value in said[category]] for category in said}
        return {"result": {**tags, "score": score}, "usage": usage}
    numbered = {c: {str(n): value for n, value in enumerate(said[c], 1)} for c in said}
    result = {"eval_response": plain_na(judgement.raw), **numbered, "score": score}
    return {"eval_prompt": prompt, "result": result, "usage": usage}
