# pyright: basic
"""The page of `specloop diff` in headless Chromium: filters, marks, hostile text, a phone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from tests.browser import PHONE, Browse
from tests.commands import specloop
from tests.page import HOSTILE

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]

OLD = f"""# A

{HOSTILE}

Keep every e-mail under 80 words.

Never say `{HOSTILE}` to a customer.
"""
NEW = OLD.replace("80", "60").replace("a customer", "a guest") + "\nApologise for delays.\n"


@pytest.fixture
def browse(driver: webdriver.Chrome, tmp_path: Path) -> Browse:
    old, new = tmp_path / "old.md", tmp_path / "new.md"
    old.write_text(OLD)
    new.write_text(NEW)
    specloop("diff", old, new, "--page", tmp_path / "diff.html")
    return Browse(driver, tmp_path, ("changes",))


def cards(browse: Browse) -> list[str]:
    return [card.text for card in browse.driver.find_elements(By.CSS_SELECTOR, "article.pair")]


def test_changes_are_marked_filtered_and_text_stays_text(browse: Browse) -> None:
    browse.open("diff")
    assert len(cards(browse)) == 3
    marks = browse.driver.find_elements(By.CSS_SELECTOR, "del, ins")
    assert [mark.text.strip() for mark in marks[:2]] == ["80", "60"]
    assert browse.js("return window.hacked") is None
    assert browse.js("return document.querySelectorAll('img').length") == 0
    for id_, value, n in (("effect", "stricter", 1), ("kind", "new", 0)):
        browse.js(
            f"const one = document.getElementById('filter-{id_}'); one.value = '{value}';"
            "one.dispatchEvent(new Event('input', { bubbles: true }))"
        )
        assert len(cards(browse)) == n
    assert browse.text("change-count") == "No change matches."


def test_the_page_asks_for_nothing_and_fits_a_phone(browse: Browse) -> None:
    browse.open("diff", size=PHONE)
    assert browse.js("return document.documentElement.scrollWidth <= innerWidth")
    assert browse.driver.get_log("browser") == []
    log = browse.driver.get_log("performance")
    said = [json.loads(entry["message"])["message"] for entry in log]
    asked = [one["params"] for one in said if one["method"] == "Network.requestWillBeSent"]
    assert all(one["request"]["url"].startswith("file:") for one in asked)
