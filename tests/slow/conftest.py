"""The embedded helper and a browser, each started once for a file of tests."""

# pyright: basic
from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import pytest_asyncio
from selenium import webdriver
from tests.browser import chromium

from specloop.errors import InputError
from specloop.llm.backends import resolve
from specloop.llm.backends.embedded import weights
from specloop.llm.base import Model


@pytest_asyncio.fixture(scope="module", loop_scope="module")
def helper() -> Iterator[Model]:
    try:
        weights.find("qwen2.5-coder-1.5b")
    except InputError as error:
        pytest.skip(str(error))
    model = resolve("embedded:qwen2.5-coder-1.5b")
    yield model
    asyncio.run(model.aclose())


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser
