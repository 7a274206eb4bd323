from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.page import HOSTILE, Page
from tests.report_fixture import (
    LABELS,
    evaluations,
    report_data,
    rules_only,
    written,
)

from specloop.errors import InputError
from specloop.records import CheckCall, Edit, Figure, Message, Rule, Section
from specloop.report import Manifest, ReportData, load_report_data, render_report, write_report
from specloop.report.comparison import contrast_of
from specloop.report.document import lay_out
from specloop.report.figure_text import difference_text, value_text
from specloop.report.figure_text import metric_of as metric
from specloop.report.plots import span_of
from specloop.report.rules import check_text, rule_views
from specloop.report.shell import script_json
from specloop.report.stages import cost_rows
from specloop.spec.edits import Edits
from specloop.spec.rules_yaml import write_rules
from specloop.spec.source import DOCUMENT_FILE
from specloop.store import RunFolder


@pytest.fixture(scope="module")
def html() -> str:
    return render_report(report_data())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_same_data_give_the_same_page(html: str) -> None:
    assert render_report(report_data()) == html


def test_nothing_on_the_page_refers_to_a_network(page: Page) -> None:
    for tag, attributes in page.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")


def test_the_policy_allows_only_the_page_s_own_script_and_style(page: Page) -> None:
    policies = [a["content"] for t, a in page.elements if t == "meta" and "http-equiv" in a]
    assert len(policies) == 1
    policy = policies[0] or ""
    assert policy.startswith("default-src 'none'")
    assert policy.count("'sha256-") == 2
    assert "unsafe" not in policy
    assert not any("style" in a or "onclick" in a for _, a in page.elements)


def test_hostile_text_of_document_and_models_stays_text(html: str, page: Page) -> None:
    assert page.count("script") == 4
    assert "<script>window.hacked" not in html
    assert "<img" not in html
    assert HOSTILE in page.text
    assert "{{ 7 * 7 }}" in page.text


def test_json_for_the_script_cannot_close_its_element(page: Page) -> None:
    rules, pairs, answers, _ = page.scripts
    assert "<" not in rules + pairs + answers
    assert HOSTILE in json.loads(pairs)["pairs"][0]["rejected"]
    assert HOSTILE in json.loads(answers)["probes"][0]["answers"][3][2]
    text = "</script>&<!--\u2028\u2029"
    assert json.loads(script_json(text)) == text
    assert script_json(text).isascii()


def test_half_a_surrogate_pair_is_shown_as_an_unreadable_character(tmp_path: Path) -> None:
    run = RunFolder(tmp_path, create=True)
    data = report_data(n_pairs=1)
    pair = data.pairs[0].model_copy(
        update={"rejected": (Message(role="assistant", content="half \ud83d a face"),)}
    )
    html = render_report(replace(data, pairs=(pair,), document="half \udc00"))
    run.write_text("report.html", html)
    assert "half \ufffd a face" in html


def test_a_nul_character_does_not_reach_the_page() -> None:
    html = render_report(ReportData(document="a\0b"))
    assert "a\ufffdb" in html


def test_pieces_join_to_the_document_and_rules_stand_at_their_offsets() -> None:
    data = report_data(n_pairs=3)
    views = rule_views(data, contrast_of(data))
    layout = lay_out(data.document, data.sections, views)
    pieces = [piece for block in layout.blocks for piece in block.pieces]
    assert "".join(piece.text for piece in pieces) == data.document
    for view in views:
        covering = [p.text for p in pieces if any(v.number == view.number for v in p.rules)]
        assert "".join(covering) == view.rule.quote
    assert [block.title for block in layout.blocks[1:]] == [s.path[-1] for s in data.sections]
    assert not layout.unplaced


def test_headings_begin_their_block_whether_or_not_the_section_counts_them_in() -> None:
    document = "Intro.\n\n# One\nText of one.\n\n# Two\nText of two.\n"
    inside = Section(path=("One",), text="# One\nText of one.\n\n", start=8, end=28)
    after = Section(path=("Two",), text="Text of two.\n", start=34, end=47)
    blocks = lay_out(document, (inside, after), ()).blocks
    texts = ["".join(p.text for p in block.pieces) for block in blocks]
    assert texts == ["Intro.\n\n", "# One\nText of one.\n\n", "# Two\nText of two.\n"]
    assert [b.pieces[0].text for b in blocks if b.pieces[0].is_heading] == ["# One\n", "# Two\n"]


def test_nested_rules_take_the_innermost_and_a_rule_out_of_place_is_listed() -> None:
    document = "Say yes, and only yes."
    outer = Rule(section="s", text="outer", quote=document, start=0, end=22)
    inner = Rule(section="s", text="inner", quote="only yes", start=13, end=21)
    moved = Rule(section="s", text="moved", quote="gone", start=2, end=6)
    data = ReportData(document=document, rules=(outer, inner, moved))
    layout = lay_out(document, (), rule_views(data, contrast_of(data)))
    shown = [(p.text, [v.rule.text for v in p.rules]) for p in layout.blocks[0].pieces]
    assert shown == [
        ("Say yes, and ", ["outer"]),
        ("only yes", ["inner", "outer"]),
        (".", ["outer"]),
    ]
    assert [view.rule.text for view in layout.unplaced] == ["moved"]


def test_rules_without_a_check_are_called_undecidable_and_held_out_ones_marked() -> None:
    data = report_data(n_pairs=1)
    views = rule_views(data, contrast_of(data))
    undecidable = [view for view in views if view.rule.check is None]
    assert {view.check for view in undecidable} == {"not decidable by code"}
    assert [v.standing.label for v in undecidable] == ["50→65% ?"] * 3 + ["not judged"]
    assert {view.rule.id for view in views if view.held_out} == set(data.manifest.held_out_rules)
    decidable = next(view for view in views if view.rule.check)
    assert re.fullmatch(r"\d+→\d+%( [▲▼])?", decidable.standing.label)


def test_headline_figures_stand_with_interval_difference_and_n(page: Page) -> None:
    text = " ".join(page.text.split())
    assert "41.2% → 70.2%" in text
    assert "+29.0 points (+24.0 to +34.0)" in text
    assert "before: n 180, interval 36.2–46.2%, 120 unscored (24.0% to 64.0%)" in text
    assert "after: n 180, interval 65.2–75.2%, 4 unscored (68.0% to 72.0%)" in text


def test_the_card_of_unscored_cases_and_the_bars_tell_every_side(page: Page) -> None:
    text = " ".join(page.text.split())
    card = text[text.index("Unscored 120 → 4") :]
    assert "before: 120 of 300; with them the rate is from 24.0% to 64.0%" in card
    assert "after: 4 of 184; with them the rate is from 68.0% to 72.0%" in card
    assert "36.2–46.2%; 120 unscored" in text


def test_rules_held_out_stand_one_by_one_beside_their_mean(page: Page) -> None:
    text = " ".join(page.text.split())
    card = text[text.index("Rule compliance, held-out rules") :]
    card = card[: card.index("Over-application")]
    assert re.search(r"R9 [\d.]+% → [\d.]+% n 24", card)
    assert re.search(r"R12 [\d.]+% → [\d.]+% n 24", card)


def test_a_judge_stands_apart(page: Page) -> None:
    text = " ".join(page.text.split())
    assert "By a judge 3 judged" in text
    totals = text[text.index("Totals") : text.index("By a judge 3")]
    assert "scripted:judge" not in totals


def test_a_run_with_rules_only_says_what_is_not_there_yet() -> None:
    text = " ".join(Page(render_report(rules_only())).text.split())
    assert "Nothing has been evaluated yet." in text
    assert "There are no preference pairs yet." in text
    assert "No model has been trained yet." in text
    assert "Answers stay under 120 words." in text


def test_an_evaluation_of_the_base_alone_is_shown_without_claims() -> None:
    data = rules_only()
    base = evaluations(data.rules, ())[:1]
    text = Page(render_report(ReportData(rules=data.rules, evaluations=base))).text
    assert "No trained model has been evaluated yet." in text
    assert "41.2%" in text


def test_evaluations_on_other_probes_are_left_out_and_counted() -> None:
    data = report_data(n_pairs=1)
    older = data.evaluations[0].model_copy(update={"benchmark": "older", "id": "older"})
    contrast = contrast_of(ReportData(evaluations=(older, *data.evaluations)))
    assert [e.label for e in contrast.shown] == list(LABELS)
    assert contrast.n_other_benchmark == 1


def test_values_are_written_with_their_unit_and_sign() -> None:
    assert value_text(0.4126, metric("rcs")) == "41.3%"
    assert value_text(None, metric("rcs")) == "–"
    assert value_text(21.44, metric("perplexity")) == "21.4"
    assert difference_text(Figure(name="rcs", value=-0.0512, n=3)) == "−5.1 points"
    assert difference_text(Figure(name="rcs", value=0.0001, n=3)) == "0.0 points"
    assert difference_text(Figure(name="perplexity", value=0.05, n=3)) == "×1.05"


def test_spans_stay_on_the_track() -> None:
    span = span_of(Figure(name="rcs", value=1.0, n=3, ci_low=0.4, ci_high=1.2))
    assert span is not None
    assert (span.at, span.low, span.high) == (100.0, 40.0, 100.0)
    assert span_of(Figure(name="rcs", value=None, n=0)) is None


def test_a_long_document_with_many_pairs_is_rendered_quickly_and_stays_small() -> None:
    data = report_data(n_pairs=2000, n_copies=34, filler="Filler about nothing at all. " * 75)
    assert len(data.document) > 250_000
    assert len(data.rules) > 400
    start = time.process_time()
    html = render_report(data)
    assert time.process_time() - start < 10
    assert len(html) < 6_000_000


def test_a_run_folder_is_read_with_exact_offsets_and_written_to(tmp_path: Path) -> None:
    made = written()
    run = RunFolder(tmp_path / "run", create=True)
    (run / DOCUMENT_FILE).write_bytes(made.document.encode())
    run.append(made.sections)
    run.append(made.rules)
    run.note(document={"name": "policy.md", "format": "markdown", "digest": "d1"})
    run.note(stages={"rules": {"seconds": 1.5, "done": True, "cost": {}}})
    data = load_report_data(run)
    assert "\r\n" in data.document
    assert all(data.document[r.start : r.end] == r.quote for r in data.rules)
    path = write_report(run)
    assert path.name == "report.html"
    assert "policy.md" in path.read_text(encoding="utf-8")


def test_edits_of_the_rules_file_are_shown(tmp_path: Path) -> None:
    made = written()
    run = RunFolder(tmp_path / "run", create=True)
    run.append([*made.rules, *made.sections])
    text = write_rules(made.rules, made.sections)
    assert "text: Answers stay under 120 words." in text
    signed = f"under 90 words.\n  reason: {json.dumps(HOSTILE)}\n  author: {json.dumps(HOSTILE)}"
    run.write_text("rules.yaml", text.replace("under 120 words.", signed))
    data = load_report_data(run)
    texts = [rule.text for rule in data.rules]
    assert "Answers stay under 90 words." in texts
    assert "Answers stay under 120 words." not in texts
    lost = {"rule": "gone", "wording": HOSTILE, "path": ("A",), "field": "text", "after": HOSTILE}
    data = replace(data, edits=Edits(data.edits.kept, (Edit.model_validate(lost),)))
    html = render_report(data)
    page = Page(html)
    shown = " ".join(page.text.split())
    edited = (
        "“Answers stay under 120 words.” in the document, edited to “Answers stay under 90 words.”"
    )
    assert f"R2 text: {edited} " + " ".join(HOSTILE.split()) in shown
    assert "lost, not in force" in shown
    assert "the document says nothing like it now" in shown
    assert (page.count("img"), page.count("script")) == (0, 4)
    rules = json.loads(page.scripts[0])
    (rule,) = (one for one in rules if one["edits"])
    done, by, reason = rule["edits"][0]
    assert done == f"text: {edited}"
    assert by.startswith(HOSTILE)
    assert reason == HOSTILE
    assert "edited by hand" in html


def test_a_remark_about_a_section_links_to_it_and_one_about_many_rules_is_cut_short() -> None:
    data = rules_only()
    findings = [
        {"kind": "gap", "rules": [data.sections[1].id], "message": "says nothing on fares"},
        {"kind": "too-many", "rules": [r.id for r in data.rules], "message": "these are many"},
    ]
    made = ReportData(
        document=data.document,
        sections=data.sections,
        rules=data.rules,
        manifest=Manifest.of({"findings": findings}),
    )
    html = render_report(made)
    assert '<a class="rule-ref" href="#section-2">Tickets and refunds</a>' in html
    assert "and 4 more:" in " ".join(Page(html).text.split())


def test_a_stage_that_was_stopped_is_not_shown_as_done() -> None:
    stages = {"rules": {"seconds": 61.0, "done": True}, "synth": {"done": False, "inputs": "x"}}
    made = ReportData(document="Text.", manifest=Manifest.of({"stages": stages}))
    rows = [row[:3] for row in cost_rows(made)]
    assert rows == [("rules", "1 min 01 s", "no model"), ("synth", "not finished", "")]


def test_an_empty_run_folder_says_how_to_begin(tmp_path: Path) -> None:
    run = RunFolder(tmp_path, create=True)
    with pytest.raises(InputError, match="specloop rules DOC"):
        load_report_data(run)


def test_a_damaged_manifest_entry_is_named() -> None:
    with pytest.raises(InputError, match=r"manifest: stages\.train\.seconds"):
        Manifest.of({"stages": {"train": {"seconds": "long"}}})


def test_a_check_of_a_part_is_shown_with_what_it_leaves() -> None:
    part = CheckCall(
        name="forbidden_marks", options={"marks": ["emojis"]}, leaves="irony; swear words"
    )
    shown = check_text(part)
    assert "emojis" in shown
    assert "a part only, which no figure counts; left to judgement: irony; swear words" in shown
