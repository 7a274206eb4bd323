"""What an update costs, against a full run: calls, tokens and seconds, with a scripted model.

    python -m perf.revision_cost [--rules 100] [--changed 0 1 3 10] [--judged SHARE]
                                 [--spec FILE] [--next FILE]

A document of so many rules is generated, a third of them decided by code; or `--spec` names one,
such as a release of the Model Spec. A full run is made of it up to its evaluation, and each update
starts from that run. Some rules are probed more often than others, so several draws of the rules
that change are shown as their mean. With `--next` the last line is the update to that release.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from specloop.cli.app import app
from specloop.llm.base import Request
from specloop.llm.calls.ledger import read_ledger
from specloop.revision.alignment import align
from specloop.spec import read_spec
from specloop.spec.edits import DocumentRules
from specloop.spec.source import SourceDocument, read_document
from specloop.terminal import console, results

SUBJECTS = (
    "refunds", "deliveries", "gift cards", "returns", "prices", "opening hours", "repairs",
    "complaints", "invoices", "rentals", "visits", "lessons", "recipes", "tools", "seeds", "ponds",
    "lawns", "hedges", "roses", "herbs", "trees", "pots", "soil", "compost", "bulbs",
)  # fmt: skip
FORBIDDEN = (
    "cheap", "simply", "obviously", "guarantee", "literally", "huge", "stuff", "basically", "sadly",
    "honestly", "utterly", "awesome", "totally", "clearly", "frankly", "super", "amazing", "cute",
    "weird", "crazy", "fancy", "perfect", "always", "never", "best", "worst", "magic", "secret",
    "hurry", "bargain", "problem", "cannot", "unfortunately",
)  # fmt: skip
JUDGED = (
    "When a customer asks about {}, say who in the shop can decide it.",
    "Do not promise anything about {} that the shop has not confirmed.",
    "Be honest about what the shop does not know of {}.",
)
REQUESTS = ("What should I know about {}?", "My neighbour asks about {}.", "Tell me about {}.")
WORDS = (
    "water", "the", "roses", "in", "the", "evening", "and", "feed", "them", "with", "good",
    "compost", "every", "spring",
)  # fmt: skip


class Spent(NamedTuple):
    """What a command took."""

    calls: int
    tokens: int
    seconds: float


def document(n: int) -> list[str]:
    """Lines of a policy with `n` rules."""
    lines = ["# Garden shop"]
    per_section = 10
    for number in range(n):
        if number % per_section == 0:
            lines += ["", f"## Part {number // per_section + 1} {{authority=developer}}", ""]
        lines.append(f"- {rule(number)}")
    return lines


def rule(number: int, *, again: bool = False) -> str:
    """A rule by its number; `again`: as a later version has it."""
    third = number // 3
    if number % 3 == 0:
        word = FORBIDDEN[third % len(FORBIDDEN)]
        return f'Never use the word "{word[:-1] if again else word}".'
    subject = f"{SUBJECTS[third % len(SUBJECTS)]}{' in winter' * (third // len(SUBJECTS))}"
    said = JUDGED[number % 3].format(subject)
    return said.replace(".", ", and ask back.") if again else said


DRAWS = 10
"""How many versions there are with as many changed rules."""


def changed(text: str, n: int, draw: int = 0) -> str:
    """The document with `n` rules reworded, spread over it; other rules in each draw, and in all
    together spread as evenly."""
    spec = read_spec(SourceDocument.of(text))
    every = [r for r in spec.rules if text.count(r.quote) == 1]
    places = ((at * DRAWS + draw) * len(every) // (n * DRAWS) for at in range(n))
    chosen = [every[place % len(every)] for place in places]
    for one in sorted(chosen, key=lambda one: -one.start):
        end = one.end - (text[one.end - 1] in ".;")
        known = {f"{rule(number)}": number for number in range(len(spec.rules))}
        number = known.get(one.quote)
        if number is not None:
            text = text[: one.start] + rule(number, again=True) + text[one.end :]
        else:
            text = f"{text[:end]}, whoever asks{text[end:]}"
    return text


def reply(request: Request) -> str:
    """A schema is met by an example of it; anything else gets a sentence that follows the
    request."""
    digest = hashlib.sha256(request.model_dump_json().encode()).digest()
    if request.json_schema:
        said = request.messages[-1].content.strip().splitlines()[-1]
        return json.dumps(_example(json.loads(request.json_schema), said, digest))
    said = [WORDS[(digest[2] + i) % len(WORDS)] for i in range(8 + digest[0] % 12)]
    said += [FORBIDDEN[d % len(FORBIDDEN)] for d in digest[4:7]]
    return f"Sure, {' '.join(said)}."


def _example(schema: dict[str, Any], said: str, digest: bytes) -> Any:
    if "enum" in schema:
        return schema["enum"][digest[0] % len(schema["enum"])]
    kind = schema.get("type")
    if kind == "object":
        return {k: _example(v, said, digest) for k, v in schema["properties"].items()}
    if kind == "array":
        n = max(2, schema.get("minItems", 0))
        return [_example(schema["items"], f"{said} {n}", digest) for n in range(n)]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "boolean":
        return bool(digest[0] % 2)
    # Messages are all different, and near to what they are about.
    words = " ".join(WORDS[d % len(WORDS)] for d in digest[8:16])
    return f"Please tell me of {words}: {said}"[: schema.get("maxLength", 200)]


CONFIG = """
out = "{run}"
[document]
path = "{document}"
[roles]
target = {{ model = "{model}" }}
annotator = {{ model = "{model}" }}
planner = {{ model = "{model}" }}
attacker = {{ model = "{model}" }}
compliance = {{ model = "{model}" }}
quality = {{ model = "{model}" }}
[seeds]
path = "{seeds}"
[instances]
n_train = {n_train}
n_validation = {n_test}
n_test = {n_test}
[synthesis]
waves = 2
exchanges_per_wave = {n_exchanges}
trust_judge = "unmeasured"
n_validation = {n_probes}
n_test = {n_probes}
[evaluate]
judged_share = {judged_share}
general = false
"""
"""Enough instances that each rule is in one, and enough exchanges that each is aimed at."""


def command(*args: object) -> float:
    """Seconds that a command takes, without its remarks."""
    start = time.perf_counter()
    with console.capture(), results.capture(), redirect_stdout(StringIO()):
        app([str(arg) for arg in args], result_action="return_value")
    return time.perf_counter() - start


def spent(run: Path) -> tuple[int, int]:
    """Calls that were made and not read from the cache, and their tokens."""
    costs = [entry.cost for entry in read_ledger(run / "calls.sqlite")]
    calls = sum(cost.n_calls - cost.n_cached for cost in costs)
    return calls, sum(cost.prompt_tokens + cost.completion_tokens for cost in costs)


def full_run(folder: Path, text: str, judged: float) -> Spent:
    """A run of a document up to its evaluation, in `folder/run`; a share of the answers is judged
    by a model there."""
    n_rules = len(read_spec(SourceDocument.of(text)).rules)
    (folder / "policy.md").write_text(text)
    seeds = ({"topic": t, "text": form.format(t)} for t in SUBJECTS for form in REQUESTS)
    (folder / "seeds.jsonl").write_text("\n".join(map(json.dumps, seeds)))
    told = CONFIG.format(
        run=folder / "run",
        document=folder / "policy.md",
        seeds=folder / "seeds.jsonl",
        model=f"scripted:{__spec__.name if __spec__ else 'perf.revision_cost'}.reply",
        n_train=max(6, n_rules // 5),
        n_test=max(3, n_rules // 8),
        n_exchanges=n_rules,
        n_probes=n_rules,
        judged_share=judged,
    )
    (folder / "run.toml").write_text(told)
    seconds = command("run", folder / "run.toml", "--until", "pairs")
    seconds += command("eval", folder / "run")
    return Spent(*spent(folder / "run"), seconds)


def updated(folder: Path, text: str, name: str) -> Spent:
    """An update of a copy of the run to another text."""
    run, path = folder / f"run-{name}", folder / f"policy-{name}.md"
    shutil.copytree(folder / "run", run)
    path.write_text(text)
    calls, tokens = spent(run)
    seconds = command("update", run, path)
    now_calls, now_tokens = spent(run)
    return Spent(now_calls - calls, now_tokens - tokens, seconds)


def share_of_change(old: str, new: str) -> float:
    """How many of the rules are others, of those that are or were."""
    was, now = (read_spec(SourceDocument.of(text)) for text in (old, new))
    before, after = (DocumentRules(spec.rules, spec.sections) for spec in (was, now))
    changes = align(before, after)
    return sum(not one.is_same for one in changes) / len(changes)


class Row(NamedTuple):
    """The updates to versions with as many changed rules."""

    name: str
    share: float
    """How many of the rules are others, on average."""
    spent: Sequence[Spent]

    def mean(self, field: int) -> float:
        """The mean of calls, tokens or seconds."""
        return sum(one[field] for one in self.spent) / len(self.spent)

    def line(self, full: Spent) -> str:
        """A line of the table."""
        calls, tokens, seconds = map(self.mean, range(3))
        ratio = f"{calls / full.calls / self.share:.2f}" if self.share else "-"
        return (
            f"{self.name:8} {calls:6.0f} {calls / full.calls:6.2%} {tokens:7.0f}"
            f" {tokens / full.tokens:7.2%} {seconds:7.1f}  {ratio}"
        )


def measured(
    folder: Path,
    text: str,
    versions: Mapping[str, Sequence[str]],
    judged: float = 0.0,
) -> tuple[Spent, dict[str, Row]]:
    """What a full run takes, and what updates to other versions do, by name; shown as a table."""
    full = full_run(folder, text, judged)
    print(f"full run: {full.calls} calls, {full.tokens} tokens, {full.seconds:.1f} s")
    print("changed   calls  share  tokens   share  seconds  share of calls / of rules changed")
    rows: dict[str, Row] = {}
    for name, texts in versions.items():
        share = sum(share_of_change(text, new) for new in texts) / len(texts)
        spent = [updated(folder, new, f"{name}-{n}") for n, new in enumerate(texts)]
        rows[name] = Row(name, share, spent)
        print(rows[name].line(full))
    return full, rows


def drawn(text: str, numbers: Iterable[int]) -> dict[str, list[str]]:
    """Versions with so many changed rules."""
    return {str(n): [changed(text, n, draw) for draw in range(DRAWS if n else 1)] for n in numbers}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="What an update costs, against a full run.")
    parser.add_argument("--rules", type=int, default=100)
    parser.add_argument("--changed", type=int, nargs="*", default=[0, 1, 3, 10])
    parser.add_argument("--spec", type=Path, help="a document in place of the generated one")
    parser.add_argument("--next", type=Path, help="the next version of that document")
    share = "share of the evaluation's answers that a judge's model is asked about"
    parser.add_argument("--judged", type=float, default=0.0, help=share)
    given = parser.parse_args()
    text = read_document(given.spec).text if given.spec else "\n".join(document(given.rules)) + "\n"
    versions = drawn(text, given.changed)
    if given.next:
        versions["next"] = [read_document(given.next).text]
    with tempfile.TemporaryDirectory() as folder:
        measured(Path(folder), text, versions, judged=given.judged)


if __name__ == "__main__":
    main()
