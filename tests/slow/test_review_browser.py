# pyright: basic
"""The review's page in headless Chromium: keys, hostile text, two windows, a phone's width."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from tests.browser import LAPTOP, PHONE, Browse
from tests.browser import waited as until
from tests.review_fixture import HOSTILE, a_decision_review, a_review

from specloop.records import Decision, GoldLabel
from specloop.review.page import ReviewPage
from specloop.review.reviewing import Review
from specloop.store import MemoryStore

pytestmark = [pytest.mark.slow, pytest.mark.enable_socket]


@contextmanager
def served(review: Review) -> Iterator[str]:
    """The page's address, while a thread serves it."""
    addresses: list[str] = []
    ready = threading.Event()
    ends: list[tuple[asyncio.AbstractEventLoop, ReviewPage]] = []

    def announce(url: str) -> None:
        addresses.append(url)
        ready.set()

    async def serve() -> None:
        page = ReviewPage(review)
        ends.append((asyncio.get_running_loop(), page))
        await page.serve(announce)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(5)
        yield addresses[0]
    finally:
        loop, page = ends[0]
        if thread.is_alive():
            loop.call_soon_threadsafe(page.ended.set)
        thread.join(10)
    assert not thread.is_alive()


def open_at(browse: Browse, url: str, size: tuple[int, int] = LAPTOP) -> None:
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
    browse.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browse.driver.get_log("browser")
    browse.driver.get(url)
    until(browse, lambda: browse.text("progress"))


def test_a_review_by_keys_from_the_first_case_to_the_last(
    driver: webdriver.Chrome, tmp_path: object
) -> None:
    store = MemoryStore()
    browse = Browse(driver, tmp_path, ())  # pyright: ignore
    with served(a_review(3, store=store, answer=HOSTILE)) as url:
        open_at(browse, url)
        assert browse.text("rule") == "Be kind."
        assert "<script>window.hacked = 1</script>" in browse.text("answer")
        assert browse.js("return window.hacked") is None
        browse.press("c")
        assert browse.focused == "comment"
        browse.press("y", "e", "s", "\ue007")
        browse.press("n")
        until(browse, lambda: browse.text("progress").startswith("1 of 3"))
        assert [(one.value, one.comment) for one in store.read(GoldLabel)] == [("NO", "yes")]
        browse.press("u")
        until(browse, lambda: browse.text("progress").startswith("0 of 3"))
        assert store.read(GoldLabel) == []
        assert browse.js("return document.getElementById('comment').value") == "yes"
        for n, key in enumerate("ytb", 1):
            browse.press(key)
            until(browse, lambda n=n: browse.text("progress").startswith(f"{n} of 3"))
        assert "Nothing is left to label" in browse.text("notice")
        browse.press("q")
        until(browse, lambda: "Ended" in browse.text("notice"))
        assert driver.get_log("browser") == []
    assert [one.value for one in store.read(GoldLabel)] == ["YES", "cannot tell", "bad item"]


def test_a_second_window_that_is_behind_labels_nothing(
    driver: webdriver.Chrome, tmp_path: object
) -> None:
    store = MemoryStore()
    review = a_review(3, store=store)
    browse = Browse(driver, tmp_path, ())  # pyright: ignore
    with served(review) as url:
        open_at(browse, url)
        review.decide("YES")  # as the other window does
        browse.press("n")
        until(browse, lambda: "was behind" in browse.text("notice"))
        assert browse.text("answer") == "Answer 1."
        assert [one.value for one in store.read(GoldLabel)] == ["YES"]


def test_the_page_fits_a_phone_and_its_buttons_do_what_keys_do(
    driver: webdriver.Chrome, tmp_path: object
) -> None:
    store = MemoryStore()
    browse = Browse(driver, tmp_path, ())  # pyright: ignore
    with served(a_review(2, store=store, answer="long" * 400)) as url:
        open_at(browse, url, PHONE)
        assert browse.js("return document.documentElement.scrollWidth") <= PHONE[0]
        wide = browse.js(
            "return [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && "
            f"e.getBoundingClientRect().right > {PHONE[0]} + 1).map((e) => e.tagName)"
        )
        assert wide == []
        room = browse.js(
            "return innerHeight - document.querySelector('header').offsetHeight"
            " - document.querySelector('footer').offsetHeight"
        )
        assert room > PHONE[1] / 2
        browse.driver.find_element(By.CSS_SELECTOR, "[data-key='a']").click()
        until(browse, lambda: browse.text("progress").startswith("1 of 2"))
        assert json.loads(store.read(GoldLabel)[0].model_dump_json())["value"] == "NA"


def test_rules_are_decided_on_by_keys_and_on_a_phone(
    driver: webdriver.Chrome, tmp_path: object
) -> None:
    store = MemoryStore()
    browse = Browse(driver, tmp_path, ())  # pyright: ignore
    with served(a_decision_review(3, store)) as url:
        open_at(browse, url)
        assert browse.text("guide") == "Kept: It greets."
        browse.press("e")
        assert browse.js("return document.activeElement.dataset.name") == "rule"
        browse.press("y", "\ue00c")
        browse.press("d")
        until(browse, lambda: "say why first" in browse.text("notice"))
        browse.press("y")
        until(browse, lambda: browse.text("progress").startswith("1 of 3"))
        browse.press("u")
        until(browse, lambda: browse.text("progress").startswith("0 of 3"))
        assert "y" in browse.js("return document.querySelector('textarea').value")
        browse.press("y")
        until(browse, lambda: browse.text("progress").startswith("1 of 3"))
        browse.press("c")
        browse.press("o", "k", "\ue007")
        browse.press("d")
        until(browse, lambda: browse.text("progress").startswith("2 of 3"))
        assert driver.get_log("browser") == []
        open_at(browse, url, PHONE)
        assert browse.js("return document.documentElement.scrollWidth") <= PHONE[0]
        browse.driver.find_element(By.CSS_SELECTOR, "[data-key='t']").click()
        until(browse, lambda: browse.text("progress").startswith("3 of 3"))
    values = [(one.value, one.comment) for one in store.read(Decision)]
    assert values == [("edit", ""), ("drop", "ok"), ("cannot tell", "")]
