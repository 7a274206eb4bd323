"""A key that one test registers is none to the next."""

from __future__ import annotations

import pytest

from specloop import scrub


@pytest.fixture(autouse=True)
def _no_keys_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_forms", "_needles", "_literal", "_words"):
        monkeypatch.setattr(scrub, name, [])
    monkeypatch.setattr(scrub, "_known", set())
