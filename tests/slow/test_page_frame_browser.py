# pyright: basic
"""What both pages share, in headless Chromium: policy, tabs, narrow screens, theme, printing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from tests.browser import BENCH, LOOP, PHONE, Browse
from tests.judges_fixture import judged_data
from tests.report_fixture import report_data, rules_only
from tests.specbench_fixture import rendered, stored

from specloop.report import render_report

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

FULL = ("loop", "bench")
"""The page of a whole run of the loop, and that of a benchmark."""
PARTS = [
    *((page, part) for page in ("loop", "rules", "judged") for part in (*LOOP, "rule-6")),
    *((page, part) for page in ("bench", "unjudged") for part in BENCH),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    made = {
        "loop": render_report(report_data(n_pairs=45)),
        "rules": render_report(rules_only()),
        "judged": render_report(judged_data()),
        "bench": rendered(folder / "bench", stored(9)),
        "unjudged": rendered(folder / "unjudged", stored(3)._replace(judgements=())),
    }
    for name, html in made.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return folder


@pytest.fixture
def browse(driver: webdriver.Chrome, pages: Path, page: str) -> Browse:
    return Browse(driver, pages, LOOP if page in ("loop", "rules", "judged") else BENCH)


@pytest.mark.parametrize("page", FULL)
def test_the_page_asks_for_nothing_and_logs_nothing(browse: Browse, page: str) -> None:
    browse.open(page)
    for part in (*browse.views, *(["rule-3"] if page == "loop" else [])):
        browse.js(f"location.hash = '#{part}'")
    events = [json.loads(e["message"])["message"] for e in browse.driver.get_log("performance")]
    urls = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert urls
    assert all(url.startswith("file:") and f"{page}.html" in url for url in urls)
    assert browse.driver.get_log("browser") == []


@pytest.mark.parametrize("page", FULL)
def test_an_injected_script_would_be_stopped_by_the_policy(browse: Browse, page: str) -> None:
    browse.open(page)
    browse.js(
        "const s = document.createElement('script'); s.textContent = 'window.hacked = 9';"
        "document.body.append(s);"
    )
    assert browse.js("return window.hacked") is None
    assert any(
        "Content Security Policy" in entry["message"] for entry in browse.driver.get_log("browser")
    )


@pytest.mark.parametrize(("page", "part"), PARTS)
def test_a_narrow_screen_never_scrolls_sideways(browse: Browse, page: str, part: str) -> None:
    browse.open(page, part, PHONE)
    browse.js("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert browse.js("return document.documentElement.scrollWidth") <= PHONE[0]
    wide = browse.js(
        "return [...document.querySelectorAll('main *')].filter((e) => e.checkVisibility() && "
        "!e.closest('.visually-hidden, thead, .panel-rule') && "
        f"e.getBoundingClientRect().right > {PHONE[0]} + 1)"
        ".map((e) => e.tagName + ' ' + (e.className.baseVal ?? e.className))"
    )
    assert wide == []


@pytest.mark.parametrize("page", FULL)
def test_a_laptop_screen_never_scrolls_sideways_as_a_whole(browse: Browse, page: str) -> None:
    for part in browse.views:
        browse.open(page, part)
        browse.js("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert browse.js("return document.documentElement.scrollWidth") <= 1280


@pytest.mark.parametrize("page", FULL)
def test_dark_follows_the_system_and_the_button_overrules_it(browse: Browse, page: str) -> None:
    browse.open(page)
    light = browse.ground
    browse.open(page, dark=True)
    assert browse.ground < 150 < light
    button = browse.driver.find_element(By.ID, "theme")
    button.click()
    assert (button.text, browse.ground) == ("Theme: light", light)
    browse.open(page, dark=True)
    assert browse.ground == light
    button = browse.driver.find_element(By.ID, "theme")
    button.click()
    browse.open(page)
    assert browse.ground < 150
    button = browse.driver.find_element(By.ID, "theme")
    button.click()
    assert button.text == "Theme: auto"


@pytest.mark.parametrize("page", FULL)
@pytest.mark.parametrize("theme", ["auto", "dark"])
def test_printing_shows_every_part_on_white(browse: Browse, page: str, theme: str) -> None:
    browse.open(page, dark=True)
    if theme == "dark":
        browse.js("document.documentElement.dataset.theme = 'dark'")
    browse.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert set(browse.shown) == set(browse.views)
    assert browse.ground == 3 * 255
    assert browse.js("return getComputedStyle(document.body).color") == "rgb(28, 36, 48)"
    browse.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize("page", FULL)
@pytest.mark.parametrize("dark", [False, True])
def test_text_has_enough_contrast(browse: Browse, page: str, dark: bool) -> None:
    """WCAG 2 AA: 4.5 to 1 for text on what it stands on."""
    browse.open(page, dark=dark)
    on_page = [(ink, ground) for ink in ("ink", "muted", "accent") for ground in ("bg", "raised")]
    on_soft = [(ink, "soft") for ink in ("ink", "muted", "good", "bad")]
    on_rules = [("ink", f"l{level}") for level in range(5)]
    on_origins = [("ink", ground) for ground in ("add", "o-open", "o-people")]
    for ink, ground in (*on_page, *on_soft, *on_rules, *on_origins):
        assert contrast(colour(browse, ink), colour(browse, ground)) >= 4.5, (ink, ground)


def colour(browse: Browse, name: str) -> list[float]:
    """Red, green and blue of a colour of the page's style, each from 0 to 1."""
    shown: str = browse.js(
        "const part = document.createElement('p');"
        f"part.style.color = 'var(--{name})';"
        "document.body.append(part);"
        "const shown = getComputedStyle(part).color;"
        "part.remove();"
        "return shown;"
    )
    return [int(part) / 255 for part in shown.removeprefix("rgb(").removesuffix(")").split(",")]


def contrast(one: list[float], other: list[float]) -> float:
    """WCAG 2 contrast ratio of two colours."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(channels: list[float]) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
