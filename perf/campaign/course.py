"""A small pipeline and a small benchmark run that attacks are made on, and what they come to."""

# pyright: basic
from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from perf.campaign.faulty_disk import Fault
from perf.campaign.rows import Row
from perf.campaign.warm import Ended, Warm
from tests.loop import SHOP_POLICY, TOPICS, write_seeds
from tests.scripted_server import ScriptedServer, mark_of
from tests.specbench_data import write_data

RUN = "run"
"""Name of the run folder in a course's folder."""
PIPELINE = (
    ("rules", "../inputs/policy.md", "--out", RUN, "--config", "../inputs/course.toml"),
    ("instances", RUN),
    ("probes", RUN),
    ("synth", RUN),
    ("pairs", RUN),
)
_METHODS = ("--method", "vanilla", "--method", "align3")
BENCHMARK = (("specbench", "run", RUN, "--config", "../inputs/course.toml", *_METHODS),)
_PASSING = {".lock", "report.html", "specbench.html", "timings.jsonl"}
_CONFIG = """
[roles]
{roles}
[instances]
n_train = 2
n_test = 1
held_out_rules = ["guarantee"]
[seeds]
path = "seeds.jsonl"
[synthesis]
waves = 2
exchanges_per_wave = 6
contrast_share = 0.5
judged_share = 0.5
n_validation = 2
n_test = 2
[specbench]
data = "data"
max_tokens = 64
[limits]
grace_s = 1
"""


class Course:
    """Commands against a server on loopback, each course in a folder of its own."""

    def __init__(self, work: Path, server: ScriptedServer, warm: Warm) -> None:
        """`server` marks its replies."""
        self._work, self.server, self.warm = work, server, warm
        self._n = 0
        self._write_inputs(work / "inputs")

    def _write_inputs(self, folder: Path) -> None:
        write_data(folder / "data" / "Garden")
        shutil.copy(SHOP_POLICY, folder / "policy.md")
        write_seeds(folder, TOPICS[:5])
        names = ("annotator", "planner", "attacker", "compliance", "quality", "judge", "target")
        model = f'{{ model = "openai:m", options = {{ base_url = "{self.server.url}" }} }}'
        roles = "\n".join(f"{name} = {model}" for name in names)
        (folder / "course.toml").write_text(_CONFIG.format(roles=roles))

    def fresh(self) -> Path:
        """An empty folder."""
        self._n += 1
        folder = self._work / f"course{self._n}"
        folder.mkdir()
        return folder

    def copy(self, folder: Path) -> Path:
        """Another folder with what a folder has."""
        copied = self.fresh()
        shutil.copytree(folder, copied, dirs_exist_ok=True)
        return copied

    def go(self, folder: Path, words: Sequence[str], fault: Fault | None = None) -> Ended:
        """A command, with a fault of the disk or without."""
        return self.warm.command(folder, words, fault)

    def drop(self, folder: Path) -> None:
        """Delete a course's folder."""
        shutil.rmtree(folder)

    def done(self, folder: Path, words: Sequence[Sequence[str]]) -> Path:
        """The folder after commands that nothing disturbs."""
        for each in words:
            ended = self.go(folder, each)
            assert ended.code == 0, ended.said
        return folder


class Whole(NamedTuple):
    """What an undisturbed course came to."""

    files: dict[str, bytes]

    @classmethod
    def of(cls, folder: Path) -> Whole:
        """The files of a folder's run, without what says when and how fast."""
        run = folder / RUN
        files = (path for path in sorted(run.rglob("*")) if path.is_file())
        names = {str(path.relative_to(run)): path for path in files if path.name not in _PASSING}
        return cls({name: _steady(path) for name, path in names.items() if ".sqlite" not in name})

    def missing(self, folder: Path) -> int:
        """Lines of its files that another folder does not have."""
        files = Whole.of(folder).files
        return sum(
            len(set(content.splitlines()) - set(files.get(name, b"").splitlines()))
            for name, content in self.files.items()
        )

    def differs(self, folder: Path) -> list[str]:
        """Names of the files that another folder has otherwise, or not, or that it alone has."""
        files = Whole.of(folder).files
        return sorted(
            name for name in self.files | files if self.files.get(name) != files.get(name)
        )


def _steady(path: Path) -> bytes:
    content = path.read_bytes()
    if path.name == "manifest.json":
        return json.dumps(_without_cost(json.loads(content)), sort_keys=True).encode()
    return content


def _without_cost(manifest: dict[str, Any]) -> dict[str, Any]:
    """What came from the cache after a stop is counted as such."""
    stages = manifest.get("stages", {})
    gone = ("seconds", "cost")
    kept = {k: {f: v for f, v in s.items() if f not in gone} for k, s in stages.items()}
    noted = {
        entry: {name: n for name, n in manifest.get(entry, {}).items() if name not in _PASSING}
        for entry in ("records", "digests")
    }
    return manifest | {"stages": kept} | noted


@contextmanager
def courses(work: Path) -> Generator[Course]:
    """Courses below a folder, with their server."""
    with ScriptedServer(marked=True) as server, Warm(work) as warm:
        yield Course(work, server, warm)


class Tally:
    """What has come of the attacks of a kind."""

    def __init__(self, name: str, course: Course) -> None:
        self._name, self.course = name, course
        self._since = len(course.server.bodies)
        self._tried = self._lost = self._wrong = self._tracebacks = 0
        self._sent = self._distinct = 0

    def struck(self, ended: Ended) -> None:
        """A command that was attacked: killed, refused in a line, or untouched."""
        self._tried += 1
        self._seen(ended, ended.is_killed or ended.is_refusal or ended.code == 0, "struck")

    def gone_on(self, ended: Ended) -> None:
        """The same command again, undisturbed."""
        self._seen(ended, ended.code == 0, "again")

    def compared(self, whole: Whole, folder: Path, what: str) -> None:
        """What the course came to in the end."""
        differs = whole.differs(folder)
        sent = [mark_of(body) for body in self.course.server.bodies[self._since :]]
        self._since += len(sent)
        self._sent += len(sent)
        self._distinct += len(set(sent))
        self._lost += whole.missing(folder)
        self._wrong += bool(differs)
        if differs:
            print(f"{self._name}: {what}: {', '.join(differs)}", file=sys.stderr)

    def paid_again(self, known: set[int], since: int) -> None:
        """Requests since a moment whose replies had been stored before it."""
        again = known.intersection(map(mark_of, self.course.server.bodies[since:]))
        self._lost += len(again)

    def row(self) -> Row:
        """The line of the table."""
        share = self._sent / self._distinct if self._distinct else None
        return Row(self._name, self._tried, self._lost, self._wrong, self._tracebacks, share)

    def _seen(self, ended: Ended, right: bool, what: str) -> None:
        self._wrong += not right
        self._tracebacks += ended.has_traceback
        if not right or ended.has_traceback:
            print(f"{self._name}: {what}: exit {ended.code}: {ended.said}", file=sys.stderr)


def stored(folder: Path) -> set[int]:
    """The marks of the requests whose replies a run has stored."""
    path = folder / RUN / "calls.sqlite"
    if not path.exists():
        return set()
    db = sqlite3.connect(path)
    try:
        replies = [json.loads(reply) for (reply,) in db.execute("select reply from calls")]
    except sqlite3.OperationalError:
        replies = []
    db.close()
    return {reply["usage"]["prompt_tokens"] for reply in replies}
