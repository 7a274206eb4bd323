"""Strategies of other packages: one that cannot be loaded is not called a fault of specloop."""

from pathlib import Path

import pytest
from tests.installed import install

from specloop.errors import InputError
from specloop.registry import Registry, Strategy


def test_a_strategy_that_cannot_be_loaded_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "attacks", "sly_attack", "import nothing_of_that_name\n")
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry(Strategy, "specloop.attacks")
    for _ in range(2):
        with pytest.raises(InputError, match="sly_attack, which the package theirs adds"):
            registry.names()
