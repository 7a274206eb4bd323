# pyright: basic
"""A benchmark's page in headless Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from tests.browser import PHONE, Browse, chromium, waited
from tests.specbench_fixture import HOSTILE, WAYS, stored, written

from specloop.report.specbench import bench_data, render_bench_report
from specloop.specbench.comparison import Options, comparison_of
from specloop.specbench.stored import read_stored
from specloop.stats import Resampling

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]
VIEWS = ("results", "breakdown", "answers", "run")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    made = {"full": stored(9), "unjudged": stored(3)._replace(judgements=())}
    for name, records in made.items():
        run = written(folder / name, records)
        comparison = comparison_of(read_stored(run), Options(how=Resampling(draws=300)))
        page = render_bench_report(bench_data(run, comparison))
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def browse(driver: webdriver.Chrome, pages: Path) -> Browse:
    return Browse(driver, pages, VIEWS)


def test_the_page_asks_for_nothing_and_logs_nothing(browse: Browse) -> None:
    browse.open("full")
    for part in VIEWS:
        browse.js(f"location.hash = '#{part}'")
    events = [json.loads(e["message"])["message"] for e in browse.driver.get_log("performance")]
    urls = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert urls
    assert all(url.startswith("file:") and "full.html" in url for url in urls)
    assert browse.driver.get_log("browser") == []


def test_scripts_in_prompts_answers_and_specs_are_inert_and_readable(browse: Browse) -> None:
    browse.open("full", "answers")
    options = browse.js("return [...document.querySelectorAll('#row option')].map((o) => o.text)")
    at = next(i for i, text in enumerate(options) if "question about" in text)
    Select(browse.driver.find_element(By.ID, "row")).select_by_index(at)
    assert HOSTILE in browse.js("return document.getElementById('side-by-side').textContent")
    assert HOSTILE in browse.js("return document.getElementById('run').textContent")
    assert browse.js("return window.hacked") is None
    assert browse.js("return document.querySelectorAll('img, svg[onload]').length") == 0


def test_an_injected_script_would_be_stopped_by_the_policy(browse: Browse) -> None:
    browse.open("full")
    browse.js(
        "const s = document.createElement('script'); s.textContent = 'window.hacked = 9';"
        "document.body.append(s);"
    )
    assert browse.js("return window.hacked") is None


@pytest.mark.parametrize("page", ["full", "unjudged"])
@pytest.mark.parametrize("part", VIEWS)
def test_a_narrow_screen_never_scrolls_sideways(browse: Browse, page: str, part: str) -> None:
    browse.open(page, part, PHONE)
    browse.js("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert browse.js("return document.documentElement.scrollWidth") <= PHONE[0]
    wide = browse.js(
        "return [...document.querySelectorAll('main *')].filter((e) => e.checkVisibility() && "
        "!e.closest('.visually-hidden, thead') && "
        f"e.getBoundingClientRect().right > {PHONE[0]} + 1)"
        ".map((e) => e.tagName + ' ' + (e.className.baseVal ?? e.className))"
    )
    assert wide == []


def test_a_laptop_screen_never_scrolls_sideways_as_a_whole(browse: Browse) -> None:
    for part in VIEWS:
        browse.open("full", part)
        assert browse.js("return document.documentElement.scrollWidth") <= 1280


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
    assert "suspicious: brings a verdict block of its own" in browse.text("side-by-side")


def test_dark_follows_the_system_and_the_button_overrules_it(browse: Browse) -> None:
    browse.open("full")
    light = browse.ground
    browse.open("full", dark=True)
    assert browse.ground < 150 < light
    button = browse.driver.find_element(By.ID, "theme")
    button.click()
    assert (button.text, browse.ground) == ("Theme: light", light)
    button.click()
    button.click()


def test_printing_shows_every_part(browse: Browse) -> None:
    browse.open("full", dark=True)
    browse.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert set(browse.shown) == set(VIEWS)
    browse.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_a_page_without_judgements_works(browse: Browse) -> None:
    browse.open("unjudged", "answers")
    assert "not judged" in browse.text("side-by-side")
    assert browse.driver.get_log("browser") == []
