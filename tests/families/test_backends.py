"""What every model backend must do, for each one in the registry."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from specloop.llm.backends import backends, reply_options

ECHO = '''
from specloop.llm.backends import Backend, backends
from specloop.llm.backends.scripted import ScriptedModel

@backends.register("echo")
class Echo(Backend):
    """Repeats."""

    reach = frozenset({"place"})
    place: str = ""
    loud: bool = False

    def open(self, name):
        return ScriptedModel([name.upper() if self.loud else name], name=f"echo:{name}")
'''
USE = """
import asyncio
from specloop.errors import InputError
from specloop.llm.backends import reply_options, resolve
from specloop.llm.base import Request

model = resolve("echo:hi", loud=True)
print(asyncio.run(model.generate(Request(messages=()))).text, model.name)
print(reply_options("echo:hi", {"loud": True, "place": "here"}))
try:
    resolve("echo:hi", plaec="")
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize("name", backends.names())
def test_how_a_model_is_reached_is_told_by_options_of_its_backend(name: str) -> None:
    kind = backends.get(name)
    assert kind.reach <= set(kind.model_fields)
    options = dict.fromkeys(kind.model_fields, 1)
    assert set(reply_options(f"{name}:x", options)) == set(kind.model_fields) - kind.reach


def test_an_installed_package_brings_a_backend(tmp_path: Path) -> None:
    (tmp_path / "echoing.py").write_text(ECHO)
    package = tmp_path / "echoing-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: echoing\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[specloop.llm.backends]\necho = echoing\n")
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    told = subprocess.run(
        [sys.executable, "-c", USE],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines() == [
        "HI echo:hi",
        "{'loud': True}",
        "echo:hi: it has no option 'plaec'. Did you mean 'place'?",
    ]
