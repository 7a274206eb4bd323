"""The page in headless Chromium: Debian's `chromium` and `chromium-driver`."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from tests.browser import LOOP, Browse, waited
from tests.judges_fixture import judged_data
from tests.page import HOSTILE
from tests.report_fixture import report_data, rules_only

from specloop.records import Message
from specloop.report import ReportData, render_report

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    made = {
        "full": report_data(n_pairs=45),
        "rules": rules_only(),
        "large": report_data(2000, 34, "Filler about nothing at all. " * 75),
        "many": report_data(n_pairs=1000, n_answered=1000),
        "unrelated": unrelated(),
        "judged": judged_data(),
    }
    for name, data in made.items():
        (folder / f"{name}.html").write_text(render_report(data), encoding="utf-8")
    return folder


@pytest.fixture
def browse(driver: webdriver.Chrome, pages: Path) -> Browse:
    return Browse(driver, pages, LOOP)


def test_scripts_in_document_and_model_text_are_inert_and_readable(browse: Browse) -> None:
    browse.open("full", "document")
    assert browse.js("return window.hacked") is None
    source = browse.js("return document.getElementById('source').textContent")
    # Markdown's reference `&lt;` is shown as what it stands for; all else as it was written.
    assert HOSTILE.replace("&lt;b&gt;", "<b>") in source
    for part, list_ in (("pairs", "pair-list"), ("answers", "answer-list")):
        browse.js(f"location.hash = '#{part}'")
        waited(browse, lambda part=part: browse.shown == [part])
        assert HOSTILE in browse.js(f"return document.getElementById('{list_}').textContent")
    assert browse.js("return window.hacked") is None
    assert browse.js("return document.querySelectorAll('img, svg[onload]').length") == 0


def test_the_whole_page_can_be_walked_by_keyboard(browse: Browse) -> None:
    browse.open("full")
    browse.press(Keys.TAB)
    assert browse.js("return document.activeElement.className") == "skip"
    browse.press(Keys.ENTER)
    assert browse.focused == "main"
    assert browse.shown == ["results"]
    browse.driver.find_element(By.ID, "tab-results").send_keys(Keys.ARROW_RIGHT)
    waited(browse, lambda: browse.shown == ["document"])
    assert browse.focused == "tab-document"
    while not browse.focused.startswith("rule-"):
        before = browse.js("return document.activeElement.outerHTML")
        browse.press(Keys.TAB)
        assert browse.js("return document.activeElement.outerHTML") != before
    assert browse.focused == "rule-1"
    browse.press(Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    assert browse.focused == "rule-3"
    browse.press(Keys.ENTER)
    assert browse.focused == "panel"
    assert "Never use exclamation marks." in browse.text("panel")
    browse.press(Keys.ESCAPE)
    assert browse.focused == "rule-3"
    browse.press(Keys.END)
    assert browse.focused == "rule-12"


def test_focus_is_visible(browse: Browse) -> None:
    browse.open("full")
    browse.press(Keys.TAB, Keys.TAB)
    style = browse.js("return getComputedStyle(document.activeElement).outlineStyle")
    assert style == "solid"


def test_a_chosen_rule_shows_its_fields_check_verdicts_and_pairs(browse: Browse) -> None:
    browse.open("full", "document")
    browse.driver.find_element(By.ID, "rule-5").click()
    panel = browse.text("panel")
    for words in ("required-phrase", "“refund”", "Verdicts of the check", "direction positive"):
        assert words in panel
    assert browse.js("return document.getElementById('rule-5').ariaPressed") == "true"
    browse.driver.find_element(By.XPATH, "//aside//button[starts-with(., 'Show')]").click()
    waited(browse, lambda: browse.shown == ["pairs"])
    assert browse.text("pair-count").startswith("6 of 45 pairs")
    browse.open("full", "rule-1")
    assert "not decidable by code" in browse.text("panel")
    browse.open("full", "rule-9")
    assert "held out of training" in browse.text("panel")


def test_pairs_are_filtered_and_paged(browse: Browse) -> None:
    browse.open("full", "pairs")
    assert browse.text("pair-count") == "45 of 45 pairs, page 1 of 5"
    Select(browse.driver.find_element(By.ID, "filter-side")).select_by_visible_text("permitted")
    assert browse.text("pair-count").startswith("15 of 45 pairs")
    tags = browse.js(
        "return [...document.querySelectorAll('.pair .tag')].map((t) => t.textContent)"
    )
    assert "violation" not in tags
    Select(browse.driver.find_element(By.ID, "filter-split")).select_by_visible_text("validation")
    assert browse.text("pair-count") == "2 of 45 pairs, page 1 of 1"
    Select(browse.driver.find_element(By.ID, "filter-side")).select_by_index(0)
    Select(browse.driver.find_element(By.ID, "filter-split")).select_by_index(0)
    level = Select(browse.driver.find_element(By.ID, "filter-level"))
    level.select_by_visible_text("by a judge that is weak (5)")
    assert browse.text("pair-count").startswith("5 of 45 pairs")
    assert "weak judge agreed: second look by joint" in browse.text("pair-list")
    level.select_by_index(0)
    browse.driver.find_element(By.CSS_SELECTOR, "#pairs .pager [data-step='1']").click()
    assert browse.text("pair-count").endswith("page 2 of 5")
    browse.press(Keys.ARROW_LEFT)
    assert browse.text("pair-count").endswith("page 1 of 5")
    second = browse.driver.find_elements(By.CSS_SELECTOR, "#pairs .pair")[1]
    assert "Rejected breaks R3" in second.text
    assert "Great question!" in second.find_element(By.TAG_NAME, "del").text


def test_unrelated_answers_are_not_compared_word_by_word(browse: Browse) -> None:
    browse.open("unrelated", "pairs")
    related, other = browse.driver.find_elements(By.CSS_SELECTOR, "#pairs .pair")
    assert related.find_element(By.TAG_NAME, "ins").text
    assert "share too few words" not in related.text
    assert other.find_elements(By.CSS_SELECTOR, "ins, del") == []
    assert "share too few words for their differences to be marked" in other.text


@pytest.mark.parametrize(
    ("one", "other", "marked"),
    [
        ("Hand in the form at the desk.", "Hand in the blue form at the desk.", ["blue "]),
        ("  Two\n\nlines here.", "Two\n\nlines  there.\n", ["there.\n"]),
        ("请在三十天内提交表格。", "请在三十天内提交表格，谢谢。", ["，谢谢"]),
        ("", "", []),
        ("Yes.", "No.", None),
        ("A claim is paid in three weeks.", "Ask at the desk in the hall for a lamp.", None),
        ("word " * 900, "word " * 900, None),
    ],
)
def test_only_related_texts_have_their_differences_marked(
    browse: Browse, one: str, other: str, marked: list[str] | None
) -> None:
    browse.open("full")
    found = browse.js(f"return wordDifferences({json.dumps(one)}, {json.dumps(other)})")
    for text, runs in zip((one, other), found["sides"], strict=True):
        assert "".join(run["text"] for run in runs) == text
    changed = [run["text"] for run in found["sides"][1] if run["changed"]]
    assert changed == (marked or [])
    assert bool(found["why"]) is (marked is None)


def test_held_out_answers_stand_side_by_side_with_verdicts_and_reasons(browse: Browse) -> None:
    browse.open("full", "answers")
    assert browse.text("answer-count") == "6 of 6 probes, page 1 of 2"
    first = browse.driver.find_element(By.CSS_SELECTOR, "#answer-list .pair")
    heads = [one.text for one in first.find_elements(By.TAG_NAME, "h4")]
    assert heads == ["Before training", "Rules in the prompt", "SFT on chosen", "Trained (dpo)"]
    base, prompt, _, dpo = first.find_elements(By.CSS_SELECTOR, ".answer")
    assert "Great question! Call 0800 555 0199." in base.text
    assert "0 kept · 12 broken · 0 unscored · 0 not applicable" in base.text
    assert "R3 ✗ broken: Never use exclamation marks." in base.text
    assert "check: looks for forbidden-phrase" in base.text
    assert "unmeasured judge" in base.text
    assert "over-applied" in prompt.text
    assert "12 kept or not applicable" in dpo.text
    second = browse.driver.find_elements(By.CSS_SELECTOR, "#answer-list .pair")[1]
    assert second.find_element(By.CSS_SELECTOR, ".tag.warn").text == "cut"


def test_answers_are_filtered_by_rule_verdict_model_and_text(browse: Browse) -> None:
    browse.open("full", "answers")

    def count() -> str:
        return browse.text("answer-count").split(" of ")[0]

    def choose(id_: str, words: str) -> None:
        Select(browse.driver.find_element(By.ID, id_)).select_by_visible_text(words)

    def toggle(name: str) -> None:
        path = f"//fieldset[@id='answers-who']//label[contains(., '{name}')]/input"
        browse.driver.find_element(By.XPATH, path).click()

    choose("answers-verdict", "kept")
    assert count() == "6"
    for name in ("Before training", "Rules in the prompt", "Trained (dpo)"):
        toggle(name)
    assert count() == "3"
    assert len(browse.driver.find_elements(By.CSS_SELECTOR, ".answer")) == 3
    choose("answers-verdict", "kept, and broken before training")
    assert count() == "3"
    choose("answers-verdict", "broken, and kept before training")
    assert browse.text("answer-count") == "No answer matches."
    Select(browse.driver.find_element(By.ID, "answers-rule")).select_by_value("5")
    choose("answers-verdict", "does not apply")
    assert count() == "4"
    browse.driver.find_element(By.ID, "answers-text").send_keys("CASE 4")
    waited(browse, lambda: count() == "1")
    assert "(case 4)" in browse.text("answer-list")


def test_a_rule_leads_to_the_answers_held_against_it(browse: Browse) -> None:
    browse.open("full", "rule-5")
    browse.driver.find_element(By.XPATH, "//aside//button[. = 'Read them']").click()
    waited(browse, lambda: browse.shown == ["answers"])
    assert browse.text("answer-count") == "2 of 6 probes, page 1 of 1"
    assert "R5 ✓ kept" in browse.text("answer-list")


def test_answers_are_downloaded_as_csv_and_json_without_live_formulas(
    browse: Browse, tmp_path: Path
) -> None:
    browse.open("full", "answers")
    allow = {"behavior": "allow", "downloadPath": str(tmp_path)}
    browse.driver.execute_cdp_cmd("Browser.setDownloadBehavior", allow)
    for kind in ("csv", "json"):
        browse.driver.find_element(By.ID, f"answers-{kind}").click()
        waited(browse, lambda kind=kind: (tmp_path / f"answers.{kind}").exists())
    text = (tmp_path / "answers.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == 24
    formula = next(row for row in rows if row["evaluation"] == "prompt-only")
    assert formula["answer"].startswith("'=HYPERLINK(")
    assert (formula["R5"], formula["R2"]) == ("over-applied", "broken")
    assert "R5: looks for required-phrase" in formula["reasons"]
    assert [row["end"] for row in rows[:8:4]] == ["whole", "cut"]
    hostile = next(row for row in rows if row["evaluation"] == "dpo")
    assert HOSTILE in hostile["answer"]
    records = json.loads((tmp_path / "answers.json").read_text(encoding="utf-8"))
    assert len(records) == 24
    assert records[1]["answer"].startswith("=HYPERLINK(")
    assert len(records[1]["verdicts"]) == 12
    assert {one["belief"] for one in records[1]["verdicts"]} == {"code", "unmeasured"}
    assert browse.driver.get_log("browser") == []


def test_thousands_of_answers_stay_quick(browse: Browse) -> None:
    browse.open("many")
    start = time.monotonic()
    browse.js("location.hash = '#answers'")
    waited(browse, lambda: browse.text("answer-count") == "1000 of 1000 probes, page 1 of 200")
    browse.driver.find_element(By.ID, "answers-text").send_keys("case 99")
    waited(browse, lambda: browse.text("answer-count").startswith("11 of 1000"))
    assert time.monotonic() - start < 4
    assert len(browse.driver.find_elements(By.CSS_SELECTOR, "#answer-list .pair")) == 5


def test_rules_are_coloured_by_what_an_entrant_keeps_by_change_and_by_how_it_was_judged(
    browse: Browse,
) -> None:
    browse.open("judged", "document")
    before = browse.js("return document.getElementById('source').outerHTML")
    grounds = (
        "return [...document.querySelectorAll('.rule')]"
        ".map((rule) => getComputedStyle(rule).backgroundColor)"
    )
    kept = browse.js(grounds)
    entrant = Select(browse.driver.find_element(By.ID, "colour-of"))
    entrant.select_by_visible_text("Before training")
    assert browse.js(grounds) != kept
    assert browse.text("rule-11") == "R11 5%"
    assert browse.text("rule-10") == "R10 not judged"
    entrant.select_by_visible_text("Trained (dpo)")
    assert browse.js("return document.getElementById('source').outerHTML") == before
    assert browse.text("rule-11") == "R11 5→52% ▲"
    assert browse.text("rule-4") == "R4 50→65% ~"
    browse.driver.find_element(By.CSS_SELECTOR, "[name=colour][value=origin]").click()
    styles = browse.js(
        "return [1, 2, 4, 7, 10].map((n) => getComputedStyle("
        "document.querySelector('.rule[data-rule=\"' + n + '\"]')).borderBottomStyle)"
    )
    assert styles == ["double", "solid", "dashed", "dotted", "solid"]
    assert len(set(browse.js(grounds))) == 5
    browse.driver.find_element(By.ID, "rule-4").click()
    assert "Trained (dpo): ~ by a weak judge scripted:judge" in browse.text("panel")
    browse.driver.find_element(By.ID, "rule-10").click()
    assert "✎ 3 answers labelled by people" in browse.text("panel")


def test_judges_have_their_figures_levels_and_reliability(browse: Browse) -> None:
    browse.open("judged", "judges")
    cheap, strong = browse.driver.find_elements(By.CSS_SELECTOR, ".judge")
    assert "~ weak" in cheap.text
    assert "gives no probabilities" in cheap.text
    assert "tone ✓ certified" in strong.text
    plot = strong.find_element(By.CSS_SELECTOR, "svg.scatter")
    assert len(plot.find_elements(By.CSS_SELECTOR, "circle")) > 5
    strong.find_element(By.TAG_NAME, "summary").click()
    assert "0.9 to 1.0" in strong.text
    assert browse.js("return window.hacked") is None
    assert browse.driver.get_log("browser") == []


def test_a_large_page_stays_quick(browse: Browse) -> None:
    browse.open("large")

    def took(script: str) -> float:
        return browse.driver.execute_async_script(
            "const done = arguments[0], start = performance.now();"
            f"{script};"
            "requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));"
        )

    assert (
        browse.js("return performance.timing.loadEventEnd - performance.timing.navigationStart")
        < 5000
    )
    assert took("location.hash = '#document'") < 2000
    assert took("document.getElementById('rule-300').click()") < 1000
    assert took("location.hash = '#pairs'") < 2000
    assert took("document.querySelector('#pairs [data-step=\"1\"]').click()") < 1000
    assert browse.text("pair-count") == "2000 of 2000 pairs, page 2 of 200"


def test_a_page_with_rules_only_works_and_says_what_is_missing(browse: Browse) -> None:
    browse.open("rules")
    assert "Nothing has been evaluated yet." in browse.text("results")
    browse.js("location.hash = '#rule-2'")
    waited(browse, lambda: "word-count" in browse.text("panel"))
    assert browse.driver.get_log("browser") == []


def unrelated() -> ReportData:
    """Two pairs: one whose sides are forms of one answer, and one whose sides share small words."""
    data = report_data(n_pairs=3)
    text = "Ask at the desk in the hall, which is open until six on weekdays."
    said = (Message(role="assistant", content=text),)
    other = data.pairs[2].model_copy(update={"rejected": said})
    return replace(data, pairs=(data.pairs[1], other))
