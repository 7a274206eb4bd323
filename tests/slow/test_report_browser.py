"""The page in headless Chromium: Debian's `chromium` and `chromium-driver`."""

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
from tests.report_fixture import HOSTILE, report_data, rules_only

from specloop.report import render_report

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

VIEWS = ("results", "document", "pairs", "run")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    made = {
        "full": report_data(n_pairs=45),
        "rules": rules_only(),
        "large": report_data(2000, 34, "Filler about nothing at all. " * 75),
    }
    for name, data in made.items():
        (folder / f"{name}.html").write_text(render_report(data), encoding="utf-8")
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
    for part in (*VIEWS, "rule-3"):
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


def test_scripts_in_document_and_model_text_are_inert_and_readable(browse: Browse) -> None:
    browse.open("full", "document")
    assert browse.js("return window.hacked") is None
    assert HOSTILE in browse.js("return document.getElementById('source').textContent")
    browse.js("location.hash = '#pairs'")
    waited(browse, lambda: browse.shown == ["pairs"])
    assert HOSTILE in browse.js("return document.getElementById('pair-list').textContent")
    assert browse.js("return window.hacked") is None
    assert browse.js("return document.querySelectorAll('img, svg[onload]').length") == 0


def test_an_injected_script_would_be_stopped_by_the_policy(browse: Browse) -> None:
    browse.open("full")
    browse.js(
        "const s = document.createElement('script'); s.textContent = 'window.hacked = 9';"
        "document.body.append(s);"
    )
    assert browse.js("return window.hacked") is None
    assert any(
        "Content Security Policy" in entry["message"] for entry in browse.driver.get_log("browser")
    )


@pytest.mark.parametrize("page", ["full", "rules"])
@pytest.mark.parametrize("part", [*VIEWS, "rule-6"])
def test_a_narrow_screen_never_scrolls_sideways(browse: Browse, page: str, part: str) -> None:
    browse.open(page, part, PHONE)
    browse.js("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert browse.js("return document.documentElement.scrollWidth") <= PHONE[0]
    wide = browse.js(
        "return [...document.querySelectorAll('main *')].filter((e) => e.checkVisibility() && "
        "!e.closest('.visually-hidden, thead, .panel-rule') && "
        f"e.getBoundingClientRect().right > {PHONE[0]} + 1)"
        ".map((e) => e.className.baseVal ?? e.className)"
    )
    assert wide == []


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
    browse.driver.find_element(By.CSS_SELECTOR, ".pager [data-step='1']").click()
    assert browse.text("pair-count").endswith("page 2 of 5")
    browse.press(Keys.ARROW_LEFT)
    assert browse.text("pair-count").endswith("page 1 of 5")
    first = browse.driver.find_element(By.CSS_SELECTOR, ".pair")
    assert "Rejected breaks R2" in first.text
    assert "Great question!" in first.find_element(By.TAG_NAME, "del").text


def test_dark_follows_the_system_and_the_button_overrules_it(browse: Browse) -> None:
    browse.open("full")
    light = browse.ground
    browse.open("full", dark=True)
    assert browse.ground < 150 < light
    button = browse.driver.find_element(By.ID, "theme")
    button.click()
    assert (button.text, browse.ground) == ("Theme: light", light)
    browse.open("full", dark=True)
    assert browse.ground == light
    button = browse.driver.find_element(By.ID, "theme")
    button.click()
    button.click()
    assert button.text == "Theme: auto"


@pytest.mark.parametrize("dark", [False, True])
def test_text_has_enough_contrast(browse: Browse, dark: bool) -> None:
    """WCAG 2 AA: 4.5 to 1 for text on what it stands on."""
    browse.open("full", dark=dark)
    names = (
        "bg",
        "raised",
        "soft",
        "ink",
        "muted",
        "accent",
        "good",
        "bad",
        *(f"l{i}" for i in range(5)),
    )
    values: dict[str, str] = browse.js(
        "const s = getComputedStyle(document.documentElement);"
        f"return Object.fromEntries({list(names)}.map((n) => [n, s.getPropertyValue('--' + n)]))"
    )
    on_page = [(ink, ground) for ink in ("ink", "muted", "accent") for ground in ("bg", "raised")]
    on_soft = [(ink, "soft") for ink in ("ink", "muted", "good", "bad")]
    on_rules = [("ink", f"l{level}") for level in range(5)]
    for ink, ground in (*on_page, *on_soft, *on_rules):
        assert contrast(values[ink], values[ground]) >= 4.5, (ink, ground)


def test_colour_of_the_rules_can_be_before_after_or_change(browse: Browse) -> None:
    browse.open("full", "document")
    ground = (
        "return getComputedStyle(document.querySelector('.rule[data-rule=\"11\"]')).backgroundColor"
    )
    after = browse.js(ground)
    browse.driver.find_element(By.CSS_SELECTOR, "[name=colour][value=before]").click()
    assert browse.js(ground) != after
    label = browse.text("rule-11")
    assert "5→52%" in label
    assert "▲" in label


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
    assert took("document.querySelector('[data-step=\"1\"]').click()") < 1000
    assert browse.text("pair-count") == "2000 of 2000 pairs, page 2 of 200"


def test_printing_shows_every_part(browse: Browse) -> None:
    browse.open("full", dark=True)
    browse.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert set(browse.shown) == set(VIEWS)
    assert (
        browse.js("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    )
    browse.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_a_page_with_rules_only_works_and_says_what_is_missing(browse: Browse) -> None:
    browse.open("rules")
    assert "Nothing has been evaluated yet." in browse.text("results")
    browse.js("location.hash = '#rule-2'")
    waited(browse, lambda: "word-count" in browse.text("panel"))
    assert browse.driver.get_log("browser") == []


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two hex colours."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
