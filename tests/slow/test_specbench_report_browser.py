# pyright: basic
"""A benchmark's page in headless Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from tests.browser import BENCH, Browse, waited
from tests.page import HOSTILE
from tests.specbench_fixture import WAYS, rendered, stored

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    made = {"full": stored(9), "unjudged": stored(3)._replace(judgements=())}
    for name, records in made.items():
        html = rendered(folder / name, records)
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return folder


@pytest.fixture
def browse(driver: webdriver.Chrome, pages: Path) -> Browse:
    return Browse(driver, pages, BENCH)


def test_scripts_in_prompts_answers_and_specs_are_inert_and_readable(browse: Browse) -> None:
    browse.open("full", "answers")
    options = browse.js("return [...document.querySelectorAll('#row option')].map((o) => o.text)")
    at = next(i for i, text in enumerate(options) if "question about" in text)
    Select(browse.driver.find_element(By.ID, "row")).select_by_index(at)
    assert HOSTILE in browse.js("return document.getElementById('row-list').textContent")
    assert HOSTILE in browse.js("return document.getElementById('run').textContent")
    assert browse.js("return window.hacked") is None
    assert browse.js("return document.querySelectorAll('img, svg[onload]').length") == 0


def test_the_whole_page_can_be_walked_by_keyboard(browse: Browse) -> None:
    browse.open("full")
    browse.press(Keys.TAB)
    assert browse.js("return document.activeElement.className") == "skip"
    browse.press(Keys.ENTER)
    assert browse.focused == "main"
    tab = browse.driver.find_element(By.ID, "tab-results")
    tab.send_keys(Keys.ARROW_RIGHT, Keys.NULL)
    waited(browse, lambda: browse.shown == ["breakdown"])
    browse.press(Keys.ARROW_RIGHT)
    waited(browse, lambda: browse.shown == ["answers"])
    seen = set()
    for _ in range(14):
        browse.press(Keys.TAB)
        seen.add(browse.focused)
        assert browse.js("return document.activeElement.matches(':focus-visible')")
    assert {"row", "scenario", "label", "which", "seed"} <= seen
    browse.driver.find_element(By.CSS_SELECTOR, ".pager [data-step='1']").send_keys(
        Keys.ARROW_RIGHT
    )
    assert browse.text("row-count") == "Prompt 2 of 18"
    browse.press(Keys.ARROW_LEFT)
    assert browse.text("row-count") == "Prompt 1 of 18"


def test_conventions_for_na_and_tokens_change_what_is_shown(browse: Browse) -> None:
    browse.open("full")

    def headings() -> str:
        return browse.js(
            "return [...document.querySelectorAll('[aria-label=\"All entrants\"] th')]"
            ".filter((t) => t.checkVisibility()).map((t) => t.textContent).join('|')"
        )

    def pictures() -> list[str]:
        return browse.js(
            "return [...document.querySelectorAll('.scatter')].filter((s) => s.checkVisibility())"
            ".map((s) => s.getAttribute('aria-label'))"
        )

    assert "NA left out" not in headings()
    assert len(pictures()) == 2
    browse.driver.find_element(By.CSS_SELECTOR, "[name=na][value=left-out]").click()
    assert "SAR, NA left out" in headings()
    browse.driver.find_element(By.CSS_SELECTOR, "[name=tokens][value=billed]").click()
    assert "as billed" in pictures()[1]


def test_the_alpha_slider_shows_sar_for_its_value(browse: Browse) -> None:
    browse.open("full")
    slider = browse.driver.find_element(By.ID, "alpha-range")
    assert browse.text("alpha-value") == "0.3"

    def shown() -> str:
        return browse.js(
            "return [...document.querySelectorAll('.alpha-panel')]"
            ".filter((p) => p.checkVisibility()).map((p) => p.textContent).join('')"
        )

    before = shown()
    slider.send_keys(Keys.END)
    assert browse.text("alpha-value") == "1"
    assert shown() != before
    safety = browse.js(
        "return document.querySelector("
        "'[aria-label=\"All entrants\"] td[data-label=Safety] .value').textContent"
    )
    assert safety in shown()


def test_answers_stand_side_by_side_and_are_filtered(browse: Browse) -> None:
    browse.open("full", "answers")
    cards = "return [...document.querySelectorAll('.answer')].map((c) => c.textContent)"
    assert len(browse.js(cards)) == len(WAYS)
    browse.driver.find_element(By.CSS_SELECTOR, "#who input[value='1']").click()
    assert len(browse.js(cards)) == len(WAYS) - 1
    Select(browse.driver.find_element(By.ID, "scenario")).select_by_visible_text("Orchard")
    assert browse.text("row-count") == "Prompt 1 of 9"
    Select(browse.driver.find_element(By.ID, "label")).select_by_visible_text("safe")
    assert browse.text("row-count") == "Prompt 1 of 3"
    Select(browse.driver.find_element(By.ID, "seed")).select_by_visible_text("1")
    assert all("seed 1" in text for text in browse.js(cards))
    align3 = browse.driver.find_elements(By.CSS_SELECTOR, ".answer")[-1]
    assert "I weigh what is asked." not in align3.text
    align3.find_element(By.XPATH, ".//summary[starts-with(., 'Thought')]").click()
    assert "I weigh what is asked." in align3.text
    assert "Made up." in align3.get_attribute("textContent")


def test_flagged_answers_say_why(browse: Browse) -> None:
    browse.open("full", "answers")
    Select(browse.driver.find_element(By.ID, "which")).select_by_index(2)
    options = browse.js("return [...document.querySelectorAll('#row option')].map((o) => o.text)")
    at = next(i for i, text in enumerate(options) if "question about" in text)
    Select(browse.driver.find_element(By.ID, "row")).select_by_index(at)
    assert "suspicious: brings a verdict block of its own" in browse.text("row-list")


def test_a_page_without_judgements_works(browse: Browse) -> None:
    browse.open("unjudged", "answers")
    assert "not judged" in browse.text("row-list")
    assert browse.driver.get_log("browser") == []
