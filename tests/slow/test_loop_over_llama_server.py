"""The loop end to end through `openai:` against a real llama.cpp server in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.commands import specloop
from tests.loop import STAGES, config
from tests.scripted_server import ScriptedServer

from specloop.llm.backends import resolve
from specloop.llm.backends.embedded import weights
from specloop.llm.base import Request, schema_text
from specloop.records import Evaluation, Message, PreferencePair, Sampling
from specloop.store import RunFolder

pytestmark = pytest.mark.slow

SERVE = """
import sys, time, xllamacpp
params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_parallel = 4
params.n_ctx = 8192
params.use_jinja = True
server = xllamacpp.Server(params)
print("LISTENING", server.listening_address, flush=True)
time.sleep(3600)
"""


@pytest.fixture(scope="module")
def llama_url() -> Iterator[str]:
    path = str(weights.find("smollm2-135m"))
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    address = next(line.split()[1] for line in lines if line.startswith("LISTENING"))
    yield f"{address if '://' in address else 'http://' + address}/v1"
    process.kill()
    process.wait()
    process.stdout.close()


async def test_a_real_server_answers_plainly_and_under_a_schema(llama_url: str) -> None:
    model = resolve("openai:smollm2", base_url=llama_url)
    ask = (Message(role="user", content="What is the capital of France?"),)
    sampling = Sampling(max_tokens=40)
    plain = await model.generate(Request(messages=ask, sampling=sampling))
    assert plain.text.strip()
    assert plain.finish in ("stop", "length")
    assert plain.usage.prompt_tokens > 0
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}},
        "required": ["city"],
    }
    request = Request(messages=ask, sampling=sampling, json_schema=schema_text(schema))
    assert '"city"' in (await model.generate(request)).text
    await model.aclose()


def test_the_loop_runs_against_a_real_server(tmp_path: Path, llama_url: str) -> None:
    class Real(ScriptedServer):
        def __init__(self, url: str) -> None:
            self.url = url

    run = tmp_path / "run"
    path = config(tmp_path, Real(llama_url))
    changed = path.read_text().replace("exchanges_per_wave = 8", "exchanges_per_wave = 3")
    small = "n_test = 1\nmax_tokens = 96\nrounds = 1\nmax_failures = 1.0"
    path.write_text(changed.replace("n_test = 4", small))
    document = path.read_text().split('path = "')[1].split('"')[0]
    specloop("rules", document, "--out", run, "--config", path)
    for stage in STAGES:
        extra = ["--set", "evaluate.max_tokens=48"] if stage == "eval" else []
        # So weak a model may leave a reply unreadable: that item fails alone, with exit code 1.
        done = specloop(stage, run, *extra, check=stage not in ("probes", "synth"))
        assert done.returncode in (0, 1), done.stderr
    folder = RunFolder(run)
    assert folder.read(PreferencePair)
    assert [e.label for e in folder.read(Evaluation)] == ["base", "prompt-only"]
