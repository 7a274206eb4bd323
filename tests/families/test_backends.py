"""What every model backend must do, for each one in the registry."""

from pathlib import Path

import pytest
from tests.installed import install, printed

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
    install(tmp_path, "llm.backends", "echo", ECHO)
    assert printed(tmp_path, USE).splitlines() == [
        "HI echo:hi",
        "{'loud': True}",
        "echo:hi: it has no option 'plaec'. Did you mean 'place'?",
    ]
