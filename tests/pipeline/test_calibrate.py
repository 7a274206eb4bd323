"""A judge measured on labelled answers: what it asks, what is stored, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.commands import specloop
from tests.judge_replies import in_form, prompt_of
from tests.loop import SHOP_POLICY

from specloop.calibration.belief import belief
from specloop.calibration.certify import plan
from specloop.calibration.split import parts_of
from specloop.errors import InputError, ModelError
from specloop.gold import load_gold
from specloop.llm.base import Request
from specloop.llm.calls.cache import FILE
from specloop.llm.calls.ledger import read_ledger
from specloop.records import Certificate, GoldLabel, Judgement, Rule
from specloop.store import RunFolder

KIND, STRICT = (
    "scripted:tests.pipeline.test_calibrate.kind",
    "scripted:tests.pipeline.test_calibrate.sharp",
)


def kind(request: Request) -> str:
    """A judge that always says YES."""
    return in_form(request, "YES")


def sharp(request: Request) -> str:
    """A judge that is wrong about answers that hold `odd`."""
    text = prompt_of(request)
    is_kept, is_odd = "> polite" in text, "odd" in text
    return in_form(request, "YES" if is_kept != is_odd else "NO")


def evasive(request: Request) -> str:
    """A judge whose server fails on what it would be wrong about."""
    if "odd" in prompt_of(request):
        raise ModelError("not today")
    return sharp(request)


def nobody(request: Request) -> str:
    raise AssertionError("asked although all is stored")


def labels(path: Path, n: int = 20, **more: Any) -> str:
    """As many kept rules as broken ones, in sections of two; a fifth of the answers are odd."""
    lines = [
        {
            "rule": "Be polite.",
            "answer": f"{'polite' if kept else 'rude'} {'odd' if i % 5 == 0 else 'plain'} {i}",
            "label": "YES" if kept else "NO",
            "request": f"Question {i}?",
            "section": f"Shop > Part {i // 2}",
            "by": "Ada",
        }
        | more
        for i in range(n)
        for kept in (True, False)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"rows:{path}"


def calibrate(run: Path, gold: str, model: str, *more: str, check: bool = True) -> Any:
    return specloop("judge", "calibrate", run, "--gold", gold, "--model", model, *more, check=check)


def test_a_judge_is_measured_and_asked_about_nothing_twice(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    printed = json.loads(calibrate(run, gold, STRICT, "--json").stdout)
    figures = {one["name"]: one for one in printed["figures"] if not one["group"]}
    assert figures["sensitivity"]["value"] == pytest.approx(0.8)
    assert figures["specificity"]["value"] == pytest.approx(0.8)
    assert figures["sensitivity"]["ci_low"] < 0.8 < figures["sensitivity"]["ci_high"]
    assert printed["labellers"] == [{"by": "Ada", "kind": "person", "n": 40}]
    folder = RunFolder(run)
    assert len(folder.part("gold").read(Judgement)) == 40
    before = folder.read(Certificate)
    calibrate(run, gold, STRICT)
    assert folder.read(Certificate) == before


def test_a_certificate_says_at_what_level_its_intervals_are(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    usual = calibrate(run, gold, STRICT)
    assert "intervals" not in (usual.stdout + usual.stderr).casefold()
    narrow = calibrate(run, gold, STRICT, "--set", "calibrate.confidence=0.8")
    assert "with 80% intervals (calibrate.confidence)" in narrow.stderr
    assert "Intervals at" in narrow.stdout
    (made,) = RunFolder(run).read(Certificate)
    assert made.confidence == 0.8
    compared = json.loads(specloop("judge", "compare", run, "--json").stdout)["certificates"]
    assert [one["confidence"] for one in compared] == [0.8]


def test_judges_are_compared_and_the_groups_are_shown(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    calibrate(run, gold, STRICT)
    said = calibrate(run, gold, KIND, "--by-group").stdout
    assert "section: Shop > Part 0" in said
    titles = ("Accuracy", "Sensitivity", "Specificity", "Kappa", "Unscored")
    assert all(title in said for title in titles)
    assert "AUC" not in said, "no column of a figure that the judge does not have"
    (made,) = (one for one in RunFolder(run).read(Certificate) if one.model == KIND)
    unscored, kappa = (
        made.figure(name, "section: Shop > Part 0") for name in ("unscored", "kappa")
    )
    assert unscored
    assert kappa
    assert (unscored.n, unscored.value, kappa.value) == (4, 0.0, pytest.approx(0.0))
    assert unscored.ci_high is not None
    assert len(RunFolder(run).read(Certificate)) == 2
    compared = json.loads(specloop("judge", "compare", run, "--json").stdout)["certificates"]
    by_model = {one["model"]: one for one in compared}
    specificity = {
        model: figure["value"]
        for model, one in by_model.items()
        for figure in one["figures"]
        if figure["name"] == "specificity" and not figure["group"]
    }
    assert specificity == {STRICT: pytest.approx(0.8), KIND: 0.0}


def test_the_parts_share_no_section_and_do_not_depend_on_the_rest(tmp_path: Path) -> None:
    gold = load_gold([labels(tmp_path / "labels.jsonl")])
    each = parts_of(gold.cases)
    parts = {case.section: each[case.id] for case in gold.cases}
    assert set(each.values()) == {"choose", "certify"}
    assert all(each[case.id] == parts[case.section] for case in gold.cases)
    choose, certify = (plan(gold.cases, gold.labels, part=part) for part in ("choose", "certify"))
    assert len(choose.cases) + len(certify.cases) == len(gold.cases)
    assert not {one.case.section for one in choose.cases} & {
        one.case.section for one in certify.cases
    }
    fewer = load_gold([labels(tmp_path / "fewer.jsonl", n=6)])
    of_fewer = parts_of(fewer.cases)
    assert all(of_fewer[case.id] == parts[case.section] for case in fewer.cases)


def test_what_shares_a_request_over_sections_is_in_one_part(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    name = labels(path)
    joined = [
        json.loads(line) | {"request": "Question 0?", "section": f"Shop > Part {n}"}
        for n, line in enumerate(path.read_text().splitlines()[:10])
    ]
    path.write_text(path.read_text() + "".join(json.dumps(one) + "\n" for one in joined))
    gold = load_gold([name])
    each = parts_of(gold.cases)
    for shared in (lambda case: case.section, lambda case: case.messages):
        by_name: dict[Any, set[str]] = {}
        for case in gold.cases:
            by_name.setdefault(shared(case), set()).add(each[case.id])
        assert all(len(parts) == 1 for parts in by_name.values())
    assert set(each.values()) == {"choose", "certify"}


def test_rows_without_a_request_do_not_hang_together(tmp_path: Path) -> None:
    gold = load_gold([labels(tmp_path / "labels.jsonl", request="", section="")])
    assert {case.group for case in gold.cases} == {""}
    assert set(parts_of(gold.cases).values()) == {"choose", "certify"}


def test_cases_on_which_labellers_differ_are_left_out_and_counted(tmp_path: Path) -> None:
    first = labels(tmp_path / "ada.jsonl")
    second = labels(tmp_path / "bob.jsonl", by="Bob", label="YES")
    gold = load_gold([first, second])
    planned = plan(gold.cases, gold.labels)
    assert planned.n_left_out == 20
    assert len(planned.cases) == 20


def test_a_labeller_under_two_spellings_is_no_second_one(tmp_path: Path) -> None:
    both = [labels(tmp_path / "one.jsonl"), labels(tmp_path / "two.jsonl", by=" ADA")]
    with pytest.raises(InputError, match=r"two\.jsonl: line 1: 'ADA' is 'Ada' of .*one\.jsonl"):
        load_gold(both)


def test_bars_at_which_any_judge_would_be_certified_are_refused(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    done = calibrate(run, gold, KIND, "--set", "calibrate.specificity=0", check=False)
    assert done.returncode == 2
    assert "calibrate.specificity: Input should be greater than or equal to 0.5" in done.stderr


def test_a_dry_run_asks_and_writes_nothing(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    model = "scripted:tests.pipeline.test_calibrate.nobody"
    bill = json.loads(calibrate(run, gold, model, "--dry-run", "--json").stdout)
    assert bill["total"]["calls"]["low"] == 40
    assert not run.exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"label": "YES"}, "40 labels of kept and 0 of broken rules"),
        ({"label": "cannot tell"}, "0 labels of kept and 0 of broken rules"),
    ],
)
def test_labels_of_one_kind_say_nothing_about_a_judge(
    tmp_path: Path, more: dict[str, str], told: str
) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl", **more)
    with pytest.raises(InputError, match=told):
        calibrate(run, gold, STRICT)
    assert not run.exists()


def test_a_missing_model_or_gold_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    gold = labels(tmp_path / "labels.jsonl")
    with pytest.raises(InputError, match="no judge"):
        specloop("judge", "calibrate", tmp_path / "run", "--gold", gold)
    with pytest.raises(InputError, match="name labelled verdicts"):
        specloop("judge", "calibrate", tmp_path / "run", "--model", STRICT)
    with pytest.raises(InputError, match="SOURCE:WHERE"):
        calibrate(tmp_path / "run", "labels.csv", STRICT)
    assert not (tmp_path / "run").exists()


def test_a_judge_that_cannot_be_read_is_stopped(tmp_path: Path) -> None:
    gold = labels(tmp_path / "labels.jsonl")
    rubbish = "scripted:tests.scripted_server.rubbish"
    done = calibrate(tmp_path / "run", gold, rubbish, check=False)
    assert done.returncode != 0
    assert "could not be read" in done.stderr


def unsure(request: Request) -> str:
    """A judge that grades what is polite 7 in two draws of five, and what is rude in one."""
    n_high = 2 if "> polite" in prompt_of(request) else 1
    return in_form(request, "7" if request.sampling.seed < n_high else "1")


def test_the_part_to_choose_on_suggests_a_threshold(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl", n=40)
    model = "scripted:tests.pipeline.test_calibrate.unsure"
    told = "YES from a probability of 0.300 on (`threshold` of the judge logprob,"
    said = {
        part: calibrate(run, gold, model, "--judge", "graded", "--part", part).stderr
        for part in ("choose", "certify")
    }
    assert told in said["choose"]
    assert told not in said["certify"]


def cautious(request: Request) -> str:
    """A cheap judge: it grades only every other answer, and cannot be read about the rest."""
    prompt = prompt_of(request)
    n = int(re.findall(r"^> \w+ \w+ (\d+)$", prompt, re.M)[0])
    return in_form(request, "7" if "> polite" in prompt else "1") if n % 2 else "hm"


CASCADE = (
    "--set",
    "calibrate.judge={name='cascade', cheap={name='graded', samples=1, repairs=0},"
    " strong={name='sequential', role='compliance'}}",
)


def test_a_cascade_asks_the_model_of_another_role_about_the_rest(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    cheap = "scripted:tests.pipeline.test_calibrate.cautious"
    refused = calibrate(run, gold, cheap, *CASCADE, check=False)
    assert "roles.compliance: name a model" in refused.stderr
    strong = ("--set", f"roles.compliance.model={STRICT}")
    bill = json.loads(calibrate(run, gold, cheap, *CASCADE, *strong, "--dry-run", "--json").stdout)
    assert [(one["role"], one["calls"]) for one in bill["lines"]] == [
        ("judge", {"low": 40, "high": 40}),
        ("compliance", {"low": 0, "high": 120}),
    ]
    printed = json.loads(calibrate(run, gold, cheap, *CASCADE, *strong, "--json").stdout)
    assert printed["model"] == f"{cheap}+{STRICT}"
    figures = {one["name"]: one["value"] for one in printed["figures"]}
    assert figures["passed on"] == 0.5
    assert "members differ" not in figures
    assert figures["strong judge agrees"] == 0.0
    by_name = {one["name"]: one for one in printed["figures"]}
    assert by_name["tokens saved"]["ci_low"] < figures["tokens saved"]
    compared = specloop("judge", "compare", run)
    assert not re.search(r"[{\[]'", compared.stdout + compared.stderr)
    assert "Passed on" in compared.stdout
    assert "told once its strong judge (sequential) is measured alone" in compared.stderr
    judged = RunFolder(run).part("gold").read(Judgement)
    assert sorted(one.n_passed_on for one in judged) == [0] * 20 + [1] * 20
    asked = {entry.role: entry.cost.n_calls for entry in read_ledger(run / FILE)}
    assert asked == {"judge": 40, "compliance": 20}
    calibrate(run, gold, STRICT, "--set", "calibrate.judge=sequential")
    assert "accuracy against its strong judge alone" in specloop("judge", "compare", run).stderr


def test_verdicts_that_failed_do_not_make_a_judge_look_better(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    model = "scripted:tests.pipeline.test_calibrate.evasive"
    done = calibrate(run, gold, model, check=False)
    assert done.returncode != 0
    assert "8 items failed" in done.stderr
    (made,) = RunFolder(run).read(Certificate)
    unscored, specificity = made.figure("unscored"), made.figure("specificity")
    assert unscored
    assert specificity
    assert (unscored.value, unscored.n) == (pytest.approx(0.2), 40)
    assert (specificity.value, specificity.n) == (1.0, 16)
    taken = made.figure("tokens")
    assert taken
    assert taken.n == 32
    cost = made.cost
    assert taken.value == (cost.prompt_tokens + cost.completion_tokens) / 32


def aside(request: Request) -> str:
    """A judge that says NA of what it would be wrong about."""
    return in_form(request, "NA") if "odd" in prompt_of(request) else sharp(request)


def test_verdicts_of_na_do_not_make_a_judge_look_better(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl", n=60)
    model = "scripted:tests.pipeline.test_calibrate.aside"
    calibrate(run, gold, model)
    (made,) = RunFolder(run).read(Certificate)
    # A fifth is left aside, which may be.
    assert belief(made) == "certified"
    lines = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text().splitlines()]
    kept = (tmp_path / "labels.jsonl").open("w")
    for i, line in enumerate(lines):
        odd = line["answer"].replace("plain", "odd") if i % 4 == 1 else line["answer"]
        kept.write(json.dumps(line | {"answer": odd}) + "\n")
    kept.close()
    done = calibrate(run, gold, model)
    made = RunFolder(run).read(Certificate)[-1]
    specificity = made.figure("specificity")
    assert specificity
    assert (specificity.value, specificity.n + specificity.n_unscored) == (1.0, 60)
    assert belief(made) == "weak"
    assert "60 kept, 60 broken" in done.stdout
    assert "says neither kept nor broken of" in done.stderr


def test_a_label_that_settles_a_difference_decides_over_all_sources(tmp_path: Path) -> None:
    rows = labels(tmp_path / "labels.jsonl")
    gold = load_gold([rows])
    folder = RunFolder(tmp_path / "other", create=True).part("gold")
    folder.make()
    folder.append(gold.cases)
    case = gold.labels[0].case
    folder.append(
        [
            GoldLabel(case=case, value="YES", by="Ada", kind="person"),
            GoldLabel(case=case, value="NO", by="Bob", kind="person"),
            GoldLabel(case=case, value="NO", by="Cem", kind="person", settles=True),
        ]
    )
    sources = ("--gold", f"review:{tmp_path / 'other'}", "--json")
    printed = json.loads(calibrate(tmp_path / "run", rows, KIND, *sources).stdout)
    figures = {one["name"]: one for one in printed["figures"] if not one["group"]}
    assert printed["n_left_out"] == 0
    assert (figures["sensitivity"]["n"], figures["specificity"]["n"]) == (19, 21)


def strict(request: Request) -> str:
    """A judge that always says NO."""
    return in_form(request, "NO")


def absent(request: Request) -> str:
    """A judge that finds that no rule applies."""
    return in_form(request, "NA")


@pytest.mark.parametrize(
    ("judge", "model", "told"),
    [
        ("sequential", "kind", "says YES of every answer"),
        ("sequential", "strict", "says NO of every answer"),
        ("joint", "absent", "says neither YES nor NO of any answer"),
        ("check", "nobody", "says neither YES nor NO of any answer"),
    ],
)
def test_a_judge_that_says_one_thing_of_all_is_said_to_tell_nothing(
    tmp_path: Path, judge: str, model: str, told: str
) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    model = f"scripted:tests.pipeline.test_calibrate.{model}"
    done = calibrate(run, gold, model, "--judge", judge)
    assert f"this judge {told}: its verdicts tell" in done.stderr
    assert "-0.00" not in done.stdout
    (made,) = RunFolder(run).read(Certificate)
    assert belief(made) != "certified"


def test_a_judge_that_tells_answers_apart_gets_no_such_remark(tmp_path: Path) -> None:
    gold = labels(tmp_path / "labels.jsonl")
    assert "this judge says" not in calibrate(tmp_path / "run", gold, STRICT).stderr


def test_a_file_of_rubrics_that_cannot_be_read_is_told_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    specloop("rules", SHOP_POLICY, "--out", run)
    (run / "rubrics.yaml").write_text("- rule: {\n")
    model = "scripted:tests.pipeline.test_calibrate.nobody"
    refused = calibrate(run, gold, model, check=False)
    assert refused.returncode == 2
    assert "rubrics.yaml: not valid YAML" in refused.stderr
    assert not (run / "gold").exists()
    told = calibrate(run, gold, model, "--dry-run", check=False)
    assert told.returncode == 2
    assert "rubrics.yaml: not valid YAML" in told.stderr
    assert "no model would be called" not in told.stdout


def test_labels_of_rules_that_the_run_does_not_have_are_told(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    specloop("rules", SHOP_POLICY, "--out", run)
    told = "40 of 40 labelled cases are about no rule of this run"
    assert told in " ".join(calibrate(run, gold, STRICT).stderr.split())
    own = next(rule.text for rule in RunFolder(run).read(Rule) if rule.check is None)
    again = labels(tmp_path / "own.jsonl", rule=own)
    assert "about no rule" not in calibrate(run, again, KIND).stderr


def test_a_plan_for_no_verdicts_is_refused() -> None:
    done = specloop("judge", "plan", "0.05", "--judged", "-5", check=False)
    assert done.returncode == 2
    assert "Must be >= 1" in done.stderr


def wavering(request: Request) -> str:
    """A judge that says YES under every other block of seeds about what is odd."""
    text = prompt_of(request)
    is_odd, is_first = "odd" in text, request.sampling.seed // 1000 % 2 == 0
    return in_form(request, "YES" if is_odd != is_first else "NO")


def test_repeats_say_how_consistent_a_judge_is_and_are_kept(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    model = "scripted:tests.pipeline.test_calibrate.wavering"
    bill = json.loads(calibrate(run, gold, model, "--repeats", "3", "--dry-run", "--json").stdout)
    assert bill["total"]["calls"]["low"] == 120
    said = calibrate(run, gold, model, "--repeats", "3")
    assert "Consistency" in said.stdout
    assert "of a judge that draws at temperature 0" in " ".join(said.stderr.split())
    (made,) = RunFolder(run).read(Certificate)
    found = made.figure("consistency")
    assert found
    assert found.n == 40
    assert found.value == pytest.approx(1 / 3)
    assert len(RunFolder(run).part("gold").read(Judgement)) == 120
    once = calibrate(run, gold, "scripted:tests.pipeline.test_calibrate.nobody", check=False)
    assert once.returncode != 0
    calibrate(run, gold, model, "--repeats", "3")
    assert RunFolder(run).read(Certificate)[0] == made


def verbose(request: Request) -> str:
    """A judge that says YES about long answers."""
    return in_form(request, "YES" if "very" in prompt_of(request) else "NO")


def test_bias_by_length_and_by_model_is_a_figure(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    gold = labels(path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for n, line in enumerate(lines):
        if n // 2 % 2:
            line |= {"answer": f"{line['answer']} very very long", "answered_by": "long-winded"}
        else:
            line |= {"answered_by": "terse"}
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    model = "scripted:tests.pipeline.test_calibrate.verbose"
    printed = json.loads(calibrate(tmp_path / "run", gold, model, "--json").stdout)
    figures = {(one["name"], one["group"]): one for one in printed["figures"]}
    bias = figures["length bias", ""]
    assert bias["value"] == pytest.approx(1.0)
    assert bias["ci_low"] > 0.4
    assert figures["identity bias", "answers of long-winded"]["value"] == pytest.approx(1.0)
    assert figures["identity bias", "answers of terse"]["value"] == pytest.approx(-1.0)


def test_verdicts_cost_money_where_the_price_is_known(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    calibrate(run, gold, STRICT)
    assert "USD" not in specloop("judge", "compare", run).stdout
    prices = tmp_path / "run.toml"
    prices.write_text(f'[prices."{STRICT}"]\ninput = 3\noutput = 9\n')
    said = calibrate(run, gold, STRICT, "--config", str(prices)).stdout
    assert "USD a thousand" in said
    (made,) = RunFolder(run).read(Certificate)
    spent = made.figure("usd a thousand verdicts")
    tokens = made.figure("tokens")
    assert spent
    assert tokens
    total = 3 * made.cost.prompt_tokens + 9 * made.cost.completion_tokens
    assert spent.n == 40
    assert spent.value == pytest.approx(1000 * total / 1e6 / 40)
    for one in (spent, tokens):
        assert one.value
        assert one.ci_low


def test_each_call_of_a_cascade_costs_what_its_own_model_does(tmp_path: Path) -> None:
    run, gold = tmp_path / "run", labels(tmp_path / "labels.jsonl")
    cheap = "scripted:tests.pipeline.test_calibrate.cautious"
    roles, prices = ("--set", f"roles.compliance.model={STRICT}"), tmp_path / "run.toml"
    asked = (gold, cheap, *CASCADE, *roles, "--config", str(prices))
    prices.write_text(f'[prices."{STRICT}"]\ninput = 100\noutput = 900\n')
    assert "USD" not in calibrate(run, *asked).stdout
    prices.write_text(f'{prices.read_text()}[prices."{cheap}"]\ninput = 3\noutput = 9\n')
    calibrate(run, *asked)
    (made,) = RunFolder(run).read(Certificate)
    judgements = RunFolder(run).part("gold").read(Judgement)
    assert sorted(len(one.costs) for one in judgements) == [1] * 20 + [2] * 20
    spent, paid = made.figure("usd a thousand verdicts"), 0.0
    for name, in_, out in ((cheap, 3, 9), (STRICT, 100, 900)):
        costs = [one.costs[name] for one in judgements if name in one.costs]
        paid += sum(in_ * one.prompt_tokens + out * one.completion_tokens for one in costs)
    assert spent
    assert spent.value == pytest.approx(1000 * paid / 1e6 / 40)


def test_labels_of_models_that_a_few_of_a_person_put_aside_are_told(tmp_path: Path) -> None:
    other = tmp_path / "other"
    models = labels(tmp_path / "models.jsonl", by="a model", kind="model")
    calibrate(other, models, STRICT)
    assert "left aside" not in calibrate(tmp_path / "run", f"review:{other}", STRICT).stderr
    calibrate(other, labels(tmp_path / "people.jsonl", n=10, rule="Be brief."), STRICT)
    told = calibrate(tmp_path / "run", f"review:{other}", STRICT).stderr
    assert "40 labels of models are left aside, since people have labelled there" in told
    few = ("--set", "calibrate.least=30")
    refused = calibrate(tmp_path / "run", f"review:{other}", STRICT, *few, check=False)
    assert refused.returncode == 2
    assert "40 labels of models are left aside" in refused.stderr


def test_what_a_judge_is_worth_by_few_labels_is_said_with_what_they_lack(tmp_path: Path) -> None:
    def told(n: int, *more: str, **columns: Any) -> str:
        gold = labels(tmp_path / f"{n}.jsonl", n=n, **columns)
        return " ".join(calibrate(tmp_path / f"run{n}", gold, STRICT, *more).stderr.split())

    assert (
        "the judge is unmeasured by 12 labels of kept rules and 12 of broken ones, fewer than 20 of"
        " one; its verdicts are in no total, and it corrects no rate: to be certified it needs"
    ) in told(12)
    assert "the judge is weak by 30 labels of kept rules and 30 of broken ones; its" in told(30)
    own = told(20, by=STRICT, kind="model")
    assert "this certificate is not used: the judge's own model gave labels of it" in own
    assert "the judge is" not in own
    lenient = ("--set", "calibrate.sensitivity=0.5", "--set", "calibrate.specificity=0.5")
    sure = told(60, *lenient, family="tone")
    assert "the judge is certified on rules of tone by 60 labels of kept rules and" in sure
    assert "the judge is" not in told(40, "--part", "choose")


def test_labels_that_differ_are_counted_where_too_few_are_left(tmp_path: Path) -> None:
    both = labels(tmp_path / "a.jsonl"), labels(tmp_path / "b.jsonl", by="Bob", label="NO")
    refused = calibrate(tmp_path / "run", both[0], STRICT, "--gold", both[1], check=False)
    assert refused.returncode == 2
    assert "0 labels of kept and 20 of broken rules" in refused.stderr
    assert "20 more are left out: their labels differ, or do not decide" in refused.stderr


def test_labels_of_a_file_that_names_nobody_are_no_persons(tmp_path: Path) -> None:
    other = tmp_path / "other"
    told = calibrate(other, labels(tmp_path / "labels.jsonl", by=""), STRICT).stderr
    assert "labels by labels.jsonl (unknown, 40 labels)" in told
    assert "nobody says who gave the labels of labels.jsonl" in " ".join(told.split())
    calibrate(tmp_path / "run", f"review:{other}", STRICT)
    for made in (
        *RunFolder(other).read(Certificate),
        *RunFolder(tmp_path / "run").read(Certificate),
    ):
        assert [one.kind for one in made.labellers] == ["unknown"]
    calibrate(other, labels(tmp_path / "people.jsonl", rule="Be brief."), STRICT)
    told = calibrate(tmp_path / "run", f"review:{other}", STRICT).stderr
    assert "labels by Ada (person, 40 labels)" in told
    assert "40 labels of unknown labellers are left aside" in told


def test_a_file_without_labels_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("rule,answer,label\n")
    gold = f"rows:{tmp_path / 'none.csv'}"
    refused = calibrate(tmp_path / "run", gold, STRICT, check=False)
    assert refused.returncode == 2
    assert "none.csv: no labels are there" in refused.stderr
