"""What the page's sentences say: never more than the figure, and of both sides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.report_fixture import compared, difference, report_data

from specloop.outcomes import settled
from specloop.records import Evaluation, Figure, TrainingRun
from specloop.report import ReportData, render_report
from specloop.report.baselines import prompt_over_base
from specloop.report.claims import statements
from specloop.report.comparison import contrast_of, label_text
from specloop.report.rules import rule_views
from specloop.report.versus import paired_differences
from specloop.report.wording import Statement, unscored_text
from specloop.trainers.dpo import DPO


def said(data: ReportData) -> list[str]:
    return [" ".join((one.text, *one.details)) for one in _statements(data)]


def _statements(data: ReportData) -> tuple[Statement, ...]:
    contrast = contrast_of(data)
    return statements(data, contrast, rule_views(data, contrast))


def only(data: ReportData, *labels: str) -> ReportData:
    return replace(data, evaluations=tuple(e for e in data.evaluations if e.label in labels))


def changed(data: ReportData, label: str, name: str, values: Mapping[str, object]) -> ReportData:
    """The data with one total of one evaluation changed."""

    def of(evaluation: Evaluation) -> Evaluation:
        if evaluation.label != label:
            return evaluation
        metrics = [
            m.model_copy(update=values) if (m.name, m.group) == (name, "") else m
            for m in evaluation.metrics
        ]
        return evaluation.model_copy(update={"metrics": tuple(metrics)})

    return replace(data, evaluations=tuple(of(e) for e in data.evaluations))


@pytest.fixture(scope="module")
def data() -> ReportData:
    return report_data(n_pairs=1)


def test_the_first_sentence_names_the_unscored_cases_of_both_sides(data: ReportData) -> None:
    first = said(data)[0]
    assert "+29.0 points (95% interval +24.0 to +34.0)" in first
    assert first.endswith("Unscored cases: 120 of 300 before, 4 of 184 after.")


def test_every_comparison_names_the_unscored_cases_of_both_its_sides(data: ReportData) -> None:
    some = {"n_unscored": 7}
    names = ("over_refusal", "over_application", "general")
    for name in names:
        for label in ("base", "sft", "dpo"):
            data = changed(data, label, name, some)
    text = next(one for one in said(data) if one.startswith("No change beyond noise"))
    assert text.count("unscored cases: 7 of 187 before, 7 of 187 after") == 3
    over_sft = next(one for one in said(data) if "ahead" in one)
    each = "Unscored cases: 7 of 187 with joint SFT + DPO, 7 of 187 with SFT."
    assert over_sft.count(each) == 3
    minus = next(one for one in said(data) if "minus SFT" in one)
    assert "Unscored cases: 4 of 184 with joint SFT + DPO, 0 of 180 with SFT." in minus


def test_unscored_cases_are_not_spoken_of_where_all_were_scored() -> None:
    scored = Figure(name="rcs", value=0.5, n=9)
    assert unscored_text({"before": scored, "after": None}) == ""
    some = scored.model_copy(update={"n_unscored": 1})
    assert unscored_text({"x": scored, "y": some}) == "Unscored cases: 0 of 9 x, 1 of 10 y."


def test_the_preference_part_is_the_joint_training_minus_sft(data: ReportData) -> None:
    minus = next(one for one in said(data) if "preference part" in one)
    assert minus.startswith(
        "What the preference part adds (joint SFT + DPO minus SFT on the chosen answers), "
        "rule compliance: 70.2% against 65.5%, +4.7 points ("
    )
    assert "within noise, so no change is shown" in minus
    assert "two separate intervals" in minus
    prompt = next(one for one in said(data) if "only the rules in the prompt" in one)
    assert prompt.startswith("Joint SFT + DPO against only the rules in the prompt")
    assert "+23.4 points" in prompt
    assert "preference part" not in prompt


@pytest.mark.parametrize(
    "difference",
    [{"pairs_digest": "other"}, {"base": "hf:other"}, {"settings": {"learning_rate": 0.5}}],
)
def test_trainings_that_differ_in_more_than_the_loss_show_no_preference_part(
    data: ReportData, difference: dict[str, object]
) -> None:
    sft, dpo = data.trainings
    other = TrainingRun.model_validate(dpo.model_dump(exclude={"id"}) | difference)
    texts = said(replace(data, trainings=(sft, other)))
    assert not any("preference part" in text for text in texts)
    assert any(text.startswith("Joint SFT + DPO minus SFT") for text in texts)


def test_without_an_sft_baseline_nothing_is_said_of_a_preference_part(data: ReportData) -> None:
    texts = said(only(data, "base", "prompt-only", "dpo"))
    assert not any("preference" in text or "minus SFT" in text for text in texts)
    assert "Not measured: only the rules in the prompt." in said(only(data, "base", "dpo"))


def test_a_run_that_trained_nothing_is_told_what_the_prompt_alone_changes(
    data: ReportData,
) -> None:
    untrained = only(data, "base", "prompt-only")
    (found,) = prompt_over_base(untrained, contrast_of(untrained))
    assert found.text == (
        "The rules in the prompt against none: 46.8% against 41.2%, +5.6 points (+0.6 to +10.6). "
        "Unscored cases: 0 of 180 with the prompt, 120 of 300 with no prompt."
    )
    assert said(untrained) == []
    page = " ".join(re.sub("<[^>]*>", " ", render_report(untrained)).split())
    assert found.text in page
    assert "→ –" not in page
    assert list(prompt_over_base(data, contrast_of(data))) == []


def test_dpo_without_its_sft_term_is_not_called_joint(data: ReportData) -> None:
    sft, dpo = data.trainings
    alone = dpo.model_copy(update={"title": DPO(sft_weight=0).title})
    texts = said(replace(data, trainings=(sft, alone)))
    assert texts[0].startswith("On held-out probes the model trained by DPO keeps")


def test_where_sft_is_ahead_it_is_named_with_both_values(data: ReportData) -> None:
    data = changed(data, "sft", "all_rules_kept", {"value": 0.5, "ci_low": 0.44, "ci_high": 0.56})
    ahead = next(one for one in _statements(data) if "is ahead in" in one.text)
    assert ahead.text == "SFT is ahead in 1 of the 5 further figures."
    assert ahead.details[0].startswith(
        "SFT is ahead in all rules kept: SFT 50.0%, joint SFT + DPO 25.0%; "
        "difference −25.0 points ("
    )
    joint = [text for text in ahead.details if text.startswith("Joint SFT + DPO is ahead in ")]
    general = next(text for text in joint if "general ability" in text)
    assert "SFT 51.0%, joint SFT + DPO 51.5%; difference +0.5 points" in general
    assert general.endswith("; from separate intervals), within noise.")
    # Over-application is better where it is lower.
    assert any("over-application: SFT 8.3%, joint SFT + DPO 6.6%" in text for text in joint)
    assert ahead.outcome == "worse"


def test_sft_ahead_in_nothing_is_said_so(data: ReportData) -> None:
    assert any(
        text.startswith("SFT is ahead in none of the 5 further figures.") for text in said(data)
    )


def test_length_and_cut_answers_stand_in_the_list(data: ReportData) -> None:
    texts = said(data)
    length = next(text for text in texts if text.startswith("Words an answer"))
    assert length.endswith("104.2 before, 68.2 after, −36.0 (−39.0 to −33.0).")
    cut = next(text for text in texts if text.startswith("Answers cut off"))
    assert "12.0% before, 3.0% after, −9.0 points" in cut


def test_held_out_rules_are_named_one_by_one_beside_their_total(data: ReportData) -> None:
    held = set(data.manifest.held_out_rules)

    def still(evaluation: Evaluation) -> Evaluation:
        def of(figure: Figure) -> Figure:
            if figure.name != "rcs" or figure.group not in held:
                return figure
            return figure.model_copy(update={"value": 0.0, "ci_low": 0.0, "ci_high": 0.1})

        def none(figure: Figure) -> Figure:
            if figure.name != "rcs" or figure.group not in held:
                return figure
            return figure.model_copy(update={"value": 0.0, "ci_low": -0.1, "ci_high": 0.1})

        metrics = tuple(of(m) for m in evaluation.metrics)
        differences = tuple(none(m) for m in evaluation.differences)
        return evaluation.model_copy(update={"metrics": metrics, "differences": differences})

    flat = replace(data, evaluations=tuple(still(e) for e in data.evaluations))
    text = next(one for one in said(flat) if one.startswith("On all held-out rules"))
    assert "together: 38.8% before, 47.0% after, +8.2 points" in text
    assert "2 of 2 no change beyond noise: R9 0.0% → 0.0%, R12 0.0% → 0.0%." in text


def test_a_side_effect_nobody_measured_is_said_to_be_unmeasured(data: ReportData) -> None:
    def without(evaluation: Evaluation) -> Evaluation:
        metrics = tuple(m for m in evaluation.metrics if m.name != "general")
        return evaluation.model_copy(update={"metrics": metrics})

    bare = replace(data, evaluations=tuple(without(e) for e in data.evaluations))
    assert "General ability: not measured before and after." in said(bare)


def test_a_side_of_which_no_case_could_be_scored_is_said_to_be_so_and_not_compared(
    data: ReportData,
) -> None:
    nothing = {"value": None, "n": 0, "ci_low": None, "ci_high": None, "n_unscored": 180}
    for name in ("rcs", "over_refusal", "mean_words"):
        data = changed(data, "base", name, nothing)
    for name in ("over_refusal", "general"):
        data = changed(data, "dpo", name, nothing)
    texts = said(data)
    assert texts[0] == (
        "Rule compliance on held-out probes: no case could be scored before. "
        "Unscored cases: 180 of 180 before, 4 of 184 after."
    )
    assert any(
        t.startswith("Over-refusal: no case could be scored before and after") for t in texts
    )
    assert any(t.startswith("General ability: no case could be scored after") for t in texts)
    assert any(t.startswith("Words an answer: no case could be scored before") for t in texts)
    ahead = next(one for one in _statements(data) if "is ahead in" in one.text)
    assert ahead.text == "SFT is ahead in none of the 3 further figures."
    assert not any("ahead in over-refusal" in detail for detail in ahead.details)
    assert (
        "General ability: no case could be scored with joint SFT + DPO. Unscored cases: 180 of 180 "
        "with joint SFT + DPO, 0 of 180 with SFT." in ahead.details
    )


def test_a_model_of_another_name_is_not_called_trained(data: ReportData) -> None:
    base, dpo = data.evaluations[0], data.evaluations[3]
    name = "openai:some-model"
    other = dpo.model_copy(update={"label": name, "of": name, "id": "other"})
    texts = said(replace(data, evaluations=(base, other), trainings=()))
    assert texts[0].startswith("On held-out probes openai:some-model keeps the decidable rules")
    assert "the base model in 41.2%" in texts[0]
    assert "trained" not in label_text(other, contrast_of(data)).lower()
    # Beside a model that this run trained, it is not the one the page is about.
    both = replace(data, evaluations=(base, dpo, other))
    contrast = contrast_of(both)
    assert contrast.after is not None
    assert contrast.after.label == "dpo"


def test_what_a_method_changes_is_told_of_its_model_and_not_called_trained(
    data: ReportData,
) -> None:
    base, *_, dpo = data.evaluations

    def thinking(one: Evaluation) -> Evaluation:
        tokens = Figure(name="tokens", value=900.0, n=180)
        label = f"{one.label} align3".removeprefix("base ")
        about = {"label": label, "method": "align3", "told": "document", "against": one.label}
        changes = tuple(settled([difference("rcs", 0.1)]))
        more = {"id": label, "differences": changes, "metrics": (*one.metrics, tokens)}
        return one.model_copy(update=about | more)

    evaluations = (*data.evaluations, thinking(base), thinking(dpo))
    contrast = contrast_of(replace(data, evaluations=evaluations))
    assert [one.label for one in contrast.shown] == [
        *("base", "prompt-only", "align3", "sft", "dpo", "dpo align3")
    ]
    assert contrast.after is not None
    assert (contrast.before, contrast.after.label) == (base, "dpo")
    words = [label_text(one, contrast) for one in contrast.shown]
    assert words[2] == "align3, untrained"
    assert words[5] == "Trained (dpo), align3"
    texts = said(replace(data, evaluations=evaluations))
    alone = next(text for text in texts if text.startswith("Align3, untrained against Before"))
    assert "+10.0 points" in alone
    assert any(text.startswith("Trained (dpo), align3 against Trained (dpo)") for text in texts)


def test_the_difference_to_sft_is_paired_where_the_run_has_the_verdicts() -> None:
    data = compared(n_probes=12)
    by_label = {e.label: e for e in data.evaluations}
    found = paired_differences(data, by_label["dpo"], by_label["sft"], [("rcs", "")])["rcs", ""]
    # The fixture's SFT answers keep a rule on every second probe, its DPO answers on all.
    assert found.value == pytest.approx(0.5)
    assert found.n == 12
    text = next(text for text in said(data) if "minus SFT" in text)
    assert "+50.0 points" in text
    assert "separate intervals" not in text
