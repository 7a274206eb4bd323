# pyright: basic
"""Headless Chromium for tests of the pages: Debian's `chromium` and `chromium-driver`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
LAPTOP, PHONE = (1280, 900), (360, 740)
LOOP = ("results", "document", "judges", "answers", "pairs", "run")
"""The parts of the page of a run of the loop; then those of a benchmark's."""
BENCH = ("results", "breakdown", "answers", "run")


@contextmanager
def chromium(profile: Path) -> Iterator[webdriver.Chrome]:
    """A browser; skipped where there is none, failing there under CI."""
    if not CHROMIUM or not DRIVER:
        reason = "needs Debian's chromium and chromium-driver"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    options = Options()
    options.binary_location = CHROMIUM
    for flag in FLAGS.split():
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield browser
    finally:
        browser.quit()


class Browse:
    """Opens one of the pages afresh."""

    def __init__(self, driver: webdriver.Chrome, pages: Path, views: tuple[str, ...]) -> None:
        self.driver, self._pages, self.views = driver, pages, views

    def open(
        self, page: str, part: str = "", size: tuple[int, int] = LAPTOP, dark: bool = False
    ) -> None:
        self.driver.get("about:blank")
        metrics = {
            "width": size[0],
            "height": size[1],
            "deviceScaleFactor": 1,
            "mobile": size == PHONE,
        }
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        for kind in ("browser", "performance"):
            self.driver.get_log(kind)
        self.driver.get((self._pages / f"{page}.html").as_uri() + (f"#{part}" if part else ""))

    def js(self, script: str) -> Any:
        return self.driver.execute_script(script)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    @property
    def focused(self) -> str:
        return self.driver.switch_to.active_element.get_attribute("id") or ""

    @property
    def shown(self) -> list[str]:
        return [name for name in self.views if self.driver.find_element(By.ID, name).is_displayed()]

    def text(self, id_: str) -> str:
        return self.driver.find_element(By.ID, id_).text

    @property
    def ground(self) -> int:
        """How light the page is, from 0 to 765."""
        colour = self.js("return getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour[4:-1].split(","))


def waited(browse: Browse, holds: Any) -> None:
    WebDriverWait(browse.driver, 5).until(lambda _: holds())
