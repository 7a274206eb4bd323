"""How verdicts were had on the page: the document's colours and signs, and the tab of judges."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.judges_fixture import JUDGE, OTHER, judged_data
from tests.page import HOSTILE, Page
from tests.report_fixture import report_data, rules_only

from specloop.calibration.belief import believed
from specloop.calibration.measures import Compared
from specloop.calibration.reliability import reliability
from specloop.judging.likeness import JudgeId
from specloop.records import Answer, Certificate, FamilyBelief, JudgeBelief, Judgement, Verdict
from specloop.report import Manifest, ReportData, load_report_data, render_report
from specloop.report.comparison import contrast_of
from specloop.report.data import TRAINING_DATA, judge_uses, second_looks
from specloop.report.gate_summary import as_markdown
from specloop.report.judge_sets import sets_grids
from specloop.report.judges import judges_part, same_judge
from specloop.report.open_rules import open_rows, origin_counts, rule_rows
from specloop.report.rules import RuleView, rule_views
from specloop.report.standing import belief_in
from specloop.revision.gate import GateReport, GateRule, GateStanding
from specloop.store import RunFolder


@pytest.fixture(scope="module")
def data() -> ReportData:
    return judged_data()


@pytest.fixture(scope="module")
def page(data: ReportData) -> Page:
    return Page(render_report(data))


def views_of(data: ReportData) -> tuple[RuleView, ...]:
    return rule_views(data, contrast_of(data))


def test_every_rule_says_for_each_entrant_how_its_verdicts_were_had(data: ReportData) -> None:
    views = views_of(data)
    decided = [view for view in views if view.rule.check]
    assert {one.origin for view in decided for one in view.standings} == {"code"}
    judged = [[one.origin for one in v.standings] for v in views if not v.rule.check]
    assert judged == [
        ["certified"] * 4,
        ["weak"] * 4,
        ["unmeasured"] * 4,
        ["none", "none", "none", "people"],
    ]


def test_signs_and_words_tell_it_without_colours(data: ReportData, page: Page) -> None:
    marks = {
        a["id"]: a["aria-label"]
        for t, a in page.elements
        if t == "button" and "mark" in str(a.get("class"))
    }
    assert marks["rule-1"] == "Rule 1, 50→65%, by a certified judge, not decidable by code"
    assert marks["rule-4"] == "Rule 4, 50→65%, by a weak judge, not decidable by code"
    assert marks["rule-10"] == "Rule 10, labelled by people, not decidable by code"
    labels = [view.standing.label for view in views_of(data)]
    assert labels[:4] == ["50→65% ✓ ▲", "26→14% ▼", "12→30% ▲", "50→65% ~"]
    assert labels[6] == "50→65% ?"
    assert "✎ labelled by people" in " ".join(page.text.split())


def test_before_an_evaluation_rules_say_how_the_training_data_were_judged() -> None:
    data = replace(judged_data(), evaluations=())
    rules = {view.rule.id: view for view in views_of(data)}
    checked = next(v.rule for v in data.verdicts if v.kind == "check" and v.rule in rules)
    assert [one.origin for one in rules[checked].standings] == ["code"]
    unjudged = rules_only()
    assert {view.standing.origin for view in views_of(unjudged)} == {"none"}
    judged = rules_only()
    rule = judged.rules[0]
    verdict = Verdict(answer="a", rule=rule.id, value="YES", judge="joint:m")
    judged = replace(judged, verdicts=(verdict,))
    assert {v.standing.origin for v in views_of(judged) if v.rule.id == rule.id} == {"unmeasured"}


def without_beliefs(data: ReportData, *certificates: Certificate) -> ReportData:
    """The run with these certificates, as evaluations have it that say nothing of a judge."""
    bare = tuple(one.model_copy(update={"belief": None}) for one in data.evaluations)
    return replace(data, certificates=certificates, evaluations=bare)


def test_levels_are_by_the_bar_of_the_run(data: ReportData) -> None:
    rule = views_of(data)[0].rule
    high = Manifest.of({"config": {"calibrate": {"sensitivity": 0.99, "specificity": 0.99}}})
    bare = without_beliefs(data, data.certificates[0])
    strict = replace(bare, manifest=high)
    for evaluation in (None, data.evaluations[0].model_copy(update={"belief": None})):
        assert belief_in(bare, JUDGE, rule, evaluation) == "certified"
        assert belief_in(strict, JUDGE, rule, evaluation) == "weak"
    (card,) = judges_part(strict, contrast_of(strict)).cards
    assert card.level == "weak"


def test_a_certificate_that_was_measured_again_since_certifies_nothing(data: ReportData) -> None:
    rule = views_of(data)[0].rule
    strong = data.certificates[0]
    worse = tuple(
        one.model_copy(update={"value": 0.6, "ci_low": 0.5, "ci_high": 0.7})
        if one.name in ("sensitivity", "specificity")
        else one
        for one in strong.figures
    )
    again = strong.model_copy(update={"figures": worse, "gold_digest": "corrected labels"})
    again = Certificate.model_validate(again.model_dump(exclude={"id"}))
    bare = without_beliefs(data, strong, again)
    known = believed(bare.certificates, JudgeId.of(strong), [rule], bare.bar)
    assert known.fit.certificate == again
    assert belief_in(bare, JUDGE, rule) == known.by_rule[rule.id] == "weak"
    old, new = judges_part(bare, contrast_of(bare)).cards
    assert (old.level, new.level) == ("unmeasured", "weak")
    assert ("Certifies nothing", ("its sources were measured again since",)) in old.facts


def test_an_answer_is_believed_as_its_own_evaluation_says(data: ReportData) -> None:
    first, second = data.evaluations[0], data.evaluations[1]
    assert second.belief
    weak = tuple(one.model_copy(update={"level": "weak"}) for one in second.belief.families)
    lowered = second.model_copy(
        update={"belief": second.belief.model_copy(update={"families": weak})}
    )
    mixed = replace(data, evaluations=(first, lowered, *data.evaluations[2:]))
    judged = next(v.rule for v in views_of(data) if v.rule.id in lowered.belief.by_rule)
    assert belief_in(mixed, JUDGE, judged, first) == "certified"
    assert belief_in(mixed, JUDGE, judged, lowered) == "weak"


def test_a_card_says_how_far_its_judge_is_believed_on_whose_answers(data: ReportData) -> None:
    first, *others = data.evaluations
    assert first.belief
    weak = tuple(one.model_copy(update={"level": "weak"}) for one in first.belief.families)
    lowered = first.model_copy(
        update={"belief": first.belief.model_copy(update={"families": weak})}
    )
    mixed = replace(data, evaluations=(lowered, *others))
    cards = judges_part(mixed, contrast_of(mixed)).cards
    told = [use for card in cards for use in card.uses if "believed by" in use]
    assert told[0].endswith("of Before training (tone ~ weak; care ~ weak)")
    assert told[1].endswith("(tone ✓ certified; care ~ weak)")
    assert "Before training" not in told[1]


def test_intervals_at_another_level_are_named(data: ReportData) -> None:
    certificates = tuple(c.model_copy(update={"confidence": 0.8}) for c in data.certificates)
    scores = tuple(s.model_copy(update={"confidence": 0.9}) for s in data.set_scores)
    narrow = replace(data, certificates=certificates, set_scores=scores)
    text = " ".join(Page(render_report(narrow)).text.split())
    assert "80% intervals" in text
    assert "; 90% intervals" in text


def test_labels_that_something_was_chosen_on_certify_nothing(data: ReportData) -> None:
    rule = views_of(data)[0].rule
    strong = data.certificates[0]
    chosen = strong.model_copy(update={"part": "choose"})
    by_it, by_none = (without_beliefs(data, one) for one in (strong, chosen))
    assert belief_in(by_it, JUDGE, rule) == "certified"
    assert belief_in(by_none, JUDGE, rule) == "unmeasured"
    parts = judges_part(replace(data, certificates=(chosen,)), contrast_of(data))
    assert [card.level for card in parts.cards] == ["unmeasured"]


def test_bars_hold_the_auc_within_rules(data: ReportData) -> None:
    cards = judges_part(data, contrast_of(data)).cards
    (strong,) = [card for card in cards if "strong" in card.label]
    assert {"AUC", "AUC within rules"} <= {bar.label for bar in strong.bars}
    assert "AUC within rules" not in {name for name, _ in strong.facts}


def test_corrected_figures_stand_beside_raw_ones_with_the_belief(
    data: ReportData, page: Page
) -> None:
    text = " ".join(page.text.split())
    assert re.search(r"with weak judgements ?~ weak judge 50\.0%", text)
    whose = f"120 labels of the model {' '.join(HOSTILE.split())}"
    assert f"corrected 62.0% [42.0%, 82.0%] by the judge's certificate ({whose})" in text
    assert text.count("no mean of verdicts") == 1
    assert f"not corrected: the judge is no better than chance {' '.join(HOSTILE.split())}" in text
    assert "With weak judgements rule compliance would be: Before training 41.2% → 50.0%;" in text
    rows = json.loads(page.scripts[0])[3]["judged"]
    assert rows[0][5].startswith("not corrected: the judge is no better than chance")
    listed = {row.view.number: row.ways for row in rule_rows(contrast_of(data), views_of(data))}
    ((who, told),) = listed[1][0].corrected
    assert (who, told[:37]) == ("", "corrected 62.0% [42.0%, 82.0%] by the")
    assert listed[2][0].corrected == ()


def test_the_gate_shows_corrected_figures_and_differences_with_whose_labels(
    data: ReportData,
) -> None:
    (first,) = [one for one in data.evaluations[0].metrics if one.corrected and one.corrected.value]
    change = first.model_copy(update={"p_value": 0.5})
    rules = [
        GateRule(data.rules[0], "kept", None, GateStanding(first, first, change, state="worse"))
    ]
    report = GateReport("base", ("a", "b"), tuple(rules), (), {}, (), (1, 1, 1))
    shown = as_markdown(report, ())
    assert "<script" not in shown
    (row,) = [line for line in html.unescape(shown).splitlines() if "corrected" in line]
    by = "by the judge's certificate (120 labels of the model </script>"
    assert row.count(f"<code>corrected 62.0% [42.0%, 82.0%] {by}") == 2
    assert row.count(f"<code>corrected +62.0% [+42.0%, +82.0%] {by}") == 1


def test_what_evaluations_know_of_their_judge_is_told(page: Page) -> None:
    text = " ".join(page.text.split())
    assert f"{JUDGE} judges here what it was not measured on: 40% of the verdicts" in text
    assert f"{JUDGE} is weak on rules of the family care" in text
    assert "believed by this certificate on the answers of Before training" in text


def test_the_bar_is_that_of_the_run(data: ReportData) -> None:
    high = Manifest.of({"config": {"calibrate": {"sensitivity": 0.99, "specificity": 0.9}}})
    assert data.bar[:2] == (0.8, 0.8)
    odd = Manifest.of({"config": {"calibrate": {"sensitivity": "high"}}})
    assert replace(data, manifest=odd).bar[:2] == (0.8, 0.8)
    strict = replace(data, manifest=high)
    assert strict.bar[:2] == (0.99, 0.9)
    assert "tone ~ weak" in " ".join(Page(render_report(strict)).text.split())


def test_the_tab_says_on_whose_labels_a_certificate_rests(page: Page) -> None:
    text = " ".join(page.text.split())
    tab = text[text.index("What the run's judges were measured to be worth") :]
    assert "openai:labels-for-hire (a language model, 80)" in tab
    assert "policy.md (the document's worked examples, 80)" in tab
    assert " ".join(HOSTILE.split()) + " (a person, 80)" in tab
    assert "tone ✓ certified" in tab
    assert "care ~ weak" in tab
    assert "tokens a verdict" in tab
    assert f"{OTHER} (1 verdict in the evaluation) has no certificate." in tab
    assert "720 verdicts in the evaluation; 90 verdicts in the training data" in tab


def test_the_plot_and_its_table_have_the_labels_of_the_certificate(data: ReportData) -> None:
    cards = {card.label.split()[0]: card for card in judges_part(data, contrast_of(data)).cards}
    assert cards["joint"].plot is None
    plot = cards["logprob"].plot
    assert plot
    assert plot.is_current
    assert plot.n == sum(int(row[-1]) for row in plot.rows) == 240
    assert all(0 <= dot.top <= dot.y <= dot.bottom <= 100 for dot in plot.dots)
    fewer = data.gold._replace(labels=data.gold.labels[:100])
    changed = {
        c.label.split()[0]: c
        for c in judges_part(replace(data, gold=fewer), contrast_of(data)).cards
    }
    assert (p := changed["logprob"].plot)
    assert (p.n, p.is_current) == (100, False)


def test_bins_hold_the_ends_of_the_scale_and_no_case_without_a_probability() -> None:
    cases = [
        Compared("a", True, "YES", 1.0),
        Compared("b", False, "NO", 0.0),
        Compared("c", True, "YES", None),
        Compared("d", False, "YES", 0.95),
    ]
    first, last = reliability(cases)
    assert (first.low, first.kept.value, first.kept.n) == (0.0, 0.0, 1)
    assert (last.high, last.said, last.kept.value) == (1.0, 0.975, 0.5)
    assert reliability([]) == ()
    (alike,) = reliability([Compared("a", True, "YES", 0.5)] * 3)
    assert alike.kept.ci_low is not None
    assert alike.kept.ci_low < 1


def test_the_page_says_whether_the_evaluation_has_the_judge_of_the_training_data(
    data: ReportData,
) -> None:
    assert "is the same one" in same_judge(data)
    evaluation, _, training = data.judges
    other = training.id._replace(request_digest="other")
    same_model = replace(data, judges=(evaluation, training._replace(id=other)))
    assert "asks the same model" in same_judge(same_model)
    other = training.id._replace(model="other")
    assert "another model" in same_judge(
        replace(data, judges=(evaluation, training._replace(id=other)))
    )
    assert same_judge(replace(data, judges=(evaluation,))) == ""


def test_the_judges_of_a_run_are_counted_by_where_they_judged() -> None:
    answers = [Answer(case="c", text="t", purpose=purpose, model="m") for purpose in _PURPOSES]
    judgements = [
        Judgement.of(
            (Verdict(rule="r", value="YES"), Verdict(rule="s", value="NO", kind="check")),
            answer=answer.id,
            judge="joint",
            model="m",
        )
        for answer in answers
    ]
    uses = [(use.label, use.stage, use.n) for use in judge_uses(answers, judgements)]
    assert uses == [("joint:m", "evaluation", 1), ("joint:m", TRAINING_DATA, 1)]


_PURPOSES = ("evaluation", "defender")


def test_a_folder_with_certificates_alone_has_a_page(tmp_path: Path, data: ReportData) -> None:
    run = RunFolder(tmp_path, create=True)
    run.append(data.certificates)
    gold = run.part("gold")
    gold.make()
    for records in data.gold:
        gold.append(records)
    loaded = load_report_data(run)
    assert len(loaded.gold.judgements) == 480
    shown = " ".join(Page(render_report(loaded)).text.split())
    assert "logprob scripted:strong" in shown
    assert "Probability against share kept" in shown


def test_nothing_of_labels_and_judges_is_live(data: ReportData) -> None:
    hostile = tuple(one.model_copy(update={"model": HOSTILE}) for one in data.certificates)
    named = tuple(use._replace(label=HOSTILE) for use in data.judges)
    page = Page(render_report(replace(data, certificates=hostile, judges=named)))
    assert (page.count("script"), page.count("img")) == (4, 0)
    assert f"logprob {HOSTILE}" in page.text
    rules = json.loads(page.scripts[0])
    assert rules[0]["standings"][3][4] == JUDGE
    assert [len(rule["standings"]) for rule in rules] == [4] * len(rules)


def test_without_judges_the_tab_says_how_to_measure_one() -> None:
    text = " ".join(Page(render_report(rules_only())).text.split())
    assert "No judge has been measured in this run." in text
    assert "scripted:judge" not in text.split("No judge has been measured")[1][:200]
    assert len(judges_part(report_data(n_pairs=1), contrast_of(report_data(n_pairs=1))).cards) == 0


def test_the_list_of_rules_and_what_stays_open_name_every_rule_once_for_each_way(
    data: ReportData, page: Page
) -> None:
    contrast, views = contrast_of(data), views_of(data)
    assert origin_counts(views) == {
        "code": 8,
        "certified": 1,
        "weak": 1,
        "unmeasured": 1,
        "people": 1,
    }
    rows = {row.view.number: row.ways for row in rule_rows(contrast, views)}
    assert [(way.origin, way.figures) for way in rows[1]] == [
        ("certified", "50% → 55% → 60% → 65%")
    ]
    assert [(way.origin, way.entrants) for way in rows[10]] == [
        ("none", "Before training, Rules in the prompt, SFT on chosen"),
        ("people", "Trained (dpo)"),
    ]
    still = [(one.origin, one.rules, one.entrants) for one in open_rows(contrast, views)]
    assert still == [
        ("weak", (4,), ""),
        ("unmeasured", (7,), ""),
        ("people", (10,), "Trained (dpo)"),
        ("none", (10,), "Before training, Rules in the prompt, SFT on chosen"),
    ]
    text = " ".join(page.text.split())
    assert "What stays open" in text
    assert "a certificate, by specloop judge calibrate with labels on such rules" in text


def test_what_would_certify_a_judge_is_what_the_evaluation_says(data: ReportData) -> None:
    views = views_of(data)
    needs = f"about 40 more labels of kept rules {HOSTILE}"
    family = FamilyBelief(
        family="care",
        level="weak",
        rules=(views[3].rule.id,),
        n_kept=31,
        n_broken=9,
        needs=needs,
    )
    belief = JudgeBelief(judge=JUDGE, families=(family,))
    evaluations = tuple(e.model_copy(update={"belief": belief}) for e in data.evaluations)
    changed = replace(data, evaluations=evaluations)
    (row, *_) = open_rows(contrast_of(changed), views)
    assert (row.labels, row.needs) == ("31 kept, 9 broken", needs)
    assert Page(render_report(changed)).count("img") == 0


def test_nothing_stays_open_where_code_decides_all() -> None:
    data = report_data(n_pairs=1)
    decided = replace(data, rules=tuple(rule for rule in data.rules if rule.check))
    text = " ".join(Page(render_report(decided)).text.split())
    assert "Nothing: every rule is decided by code or by a certified judge." in text


def test_pairs_say_how_their_verdicts_were_had(page: Page) -> None:
    pairs = json.loads(page.scripts[1])["pairs"]
    levels = [pair["level"] for pair in pairs]
    assert (levels.count("weak"), levels.count("check")) == (3, 21)
    assert pairs[0]["broken"][0][3:] == ["weak", "second look by joint"]
    assert pairs[1]["broken"][0][3:] == ["", ""]
    text = " ".join(page.text.split())
    assert "by code (21)" in text
    assert "by a judge that is weak (3)" in text


def test_second_looks_are_told_apart_from_judges_and_counted(data: ReportData) -> None:
    answer = Answer(case="c", text="t", purpose="defender", model="m")
    verdicts = [Verdict(rule=str(n), value=value) for n, value in enumerate(("NO", "NO", "YES"))]
    look = Judgement.of(verdicts, answer=answer.id, judge="second look by joint", model="m")
    assert judge_uses([answer], [look]) == ()
    looked = second_looks([answer], [look])
    told = "Second look in the training data: violations confirmed 2 of 3 (1 false alarms)."
    assert told in judges_part(replace(data, looked=looked), contrast_of(data)).notes
    assert second_looks([answer], []) == ()


def test_exact_sets_stand_beside_what_guessing_gives(data: ReportData, page: Page) -> None:
    (grid,) = sets_grids(data.set_scores)
    assert [head.title for head in grid.heads] == [
        "Guess: nothing broken",
        "joint scripted:strong",
        "joint scripted:cheap",
    ]
    rows = {row.title: [cell and cell.value for cell in row.cells] for row in grid.rows}
    assert rows["Exact set"] == ["0.30", "0.50", "0.50"]
    assert rows["exception chain: recall"] == [None, "0.60", "0.60"]
    assert rows["Tokens an answer"] == [None, "200", "200"]
    assert "Exact sets of broken rules, 40 answers" in page.text
    assert sets_grids(()) == ()
