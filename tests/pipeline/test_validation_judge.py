"""Checkpoints validated by a judge on the rules that code cannot decide."""

# pyright: basic
from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.commands import specloop
from tests.judge_replies import in_form, prompt_of
from tests.tiny_model import make_pairs, make_tiny

from specloop.errors import InputError, RunStoppedError
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Capabilities, Reply, Request
from specloop.llm.calls.cache import FILE
from specloop.llm.calls.ledger import read_ledger
from specloop.pipeline import Run
from specloop.pipeline.estimate import estimate_training
from specloop.pipeline.training import trainer_of
from specloop.pipeline.validation import on_loop, validation_plan
from specloop.records import Case, Instance, Message, Rule, TrainingRun
from specloop.store import RunFolder

JUDGE = "scripted:tests.pipeline.test_validation_judge.likes"
POLICY = "# Desk\n\n## Form\n\n- Keep answers under 40 words.\n- Be kind.\n- Stay on the subject.\n"
asked: list[str] = []
down: list[str] = []
"""What is said in place of a verdict, as long as there is something."""


def likes(request: Request) -> str:
    """A judge that likes thanks; the rule about the subject does not apply to roses."""
    prompt = prompt_of(request)
    asked.append(prompt)
    if down:
        raise InputError(down[0])
    if "subject" in prompt and "roses" in prompt:
        return in_form(request, "NA")
    if "mumble" in prompt:
        return "well"
    return in_form(request, "YES" if "thanks" in prompt.partition("<answer")[2] else "NO")


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    asked.clear()
    down.clear()


def made(tmp_path: Path, *sets: str, base: Path | None = None) -> RunFolder:
    """A run with two validation requests and sixteen pairs."""
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "policy.md").write_text(POLICY)
    if base is None:
        base = tmp_path / "base"
        base.mkdir()
        (base / "config.json").write_text("{}")
        (base / "model.safetensors").write_text("x")
    usual = (
        f"roles.compliance='{JUDGE}'",
        f"roles.target='hf:{base}'",
        "train.validation_judge='sequential'",
        *("train.eval_every=2", "train.max_length=96", "train.max_new_tokens=8"),
        *("train.lora_rank=4", "train.patience=9", "train.learning_rate=0.01"),
    )
    changes = [part for one in (*usual, *sets) for part in ("--set", one)]
    specloop("rules", tmp_path / "policy.md", "--out", tmp_path / "run", *changes)
    folder = RunFolder(tmp_path / "run")
    rules = tuple(rule.id for rule in folder.read(Rule))
    instance = Instance(rules=rules, seed=0, split="validation")
    requests = ("roses in pots", "beans please")
    probes = [
        Case(
            messages=(Message(role="user", content=text),),
            scenario=instance.id,
            side="permitted",
            split="validation",
            seed_prompt=text,
            attack="direct",
        )
        for text in requests
    ]
    folder.append([instance, *probes, *make_pairs(16)])
    return folder


def score(folder: RunFolder, *replies: str) -> float | None:
    """The score of these answers, from a thread such as training runs in."""
    run = Run.resume(folder.path)
    plan = validation_plan(run, trainer_of(run.config))

    def generate(conversations: Sequence[Sequence[Message]]) -> list[Reply]:
        return [Reply(text=text) for text in replies]

    async def scored() -> float | None:
        roles = plan.judge.roles if plan.judge else ()
        async with run.models("train-dpo", *roles) as opened:
            by_role = {role: one.model for role, one in opened.models.by_role.items()}
            validate = plan.score(by_role)
            return None if validate is None else await asyncio.to_thread(validate, generate)

    return asyncio.run(scored())


def test_code_and_a_judge_score_rules_that_weigh_alike(tmp_path: Path) -> None:
    folder = made(tmp_path)
    # Short: kept twice. Kind: kept once of two. On the subject: kept where it applies.
    assert score(folder, "Well.", "thanks") == pytest.approx((1 + 0.5 + 1) / 3)
    assert len(asked) == 4
    assert score(folder, "Well.", "thanks") == pytest.approx((1 + 0.5 + 1) / 3)
    assert len(asked) == 4, "the calls of a validation before are kept"
    entry = next(one for one in read_ledger(folder.path / FILE) if one.role == "compliance")
    assert entry.stage == "train-dpo"


def test_an_answer_of_nothing_keeps_no_rule_and_no_judge_is_asked(tmp_path: Path) -> None:
    assert score(made(tmp_path), "", " ") == 0
    assert asked == []


def test_probabilities_count_in_place_of_verdicts(tmp_path: Path) -> None:
    # A scripted model scores every text alike: 0.5 with and without the rule.
    folder = made(tmp_path, "train.validation_judge='likelihood'")
    assert score(folder, "Well.", "thanks") == pytest.approx((1 + 0.5 + 0.5) / 3)


def test_a_judge_that_cannot_be_read_stops_the_training(tmp_path: Path) -> None:
    folder = made(tmp_path, "synthesis.max_failures=0.1")
    with pytest.raises(RunStoppedError, match="in the validation"):
        score(folder, "mumble", "mumble")


def test_without_a_judge_code_alone_scores_and_without_such_rules_nothing(
    tmp_path: Path,
) -> None:
    folder = made(tmp_path, "train.validation_judge=''")
    assert score(folder, "Well.", "thanks") == 1
    (folder.path / "rules.yaml").unlink()
    folder.replace(Rule, [rule for rule in folder.read(Rule) if rule.check is None])
    assert score(folder, "Well.", "thanks") is None


def test_the_judge_that_validates_needs_a_model_that_tells_what_it_reads(tmp_path: Path) -> None:
    folder = made(tmp_path, "roles.compliance='plain'")
    done = specloop("train", folder.path, check=False)
    assert done.returncode == 2
    assert "roles.compliance: name a model" in done.stderr
    code = made(tmp_path / "c", "train.validation_judge='check'")
    done = specloop("train", code.path, check=False)
    assert done.returncode == 2
    assert "train.validation_judge: the judge 'check' asks no model" in done.stderr
    mute = ScriptedModel(["YES"])
    mute.capabilities = Capabilities()
    run = Run.resume(made(tmp_path / "b", "train.validation_judge='likelihood'").path)
    plan = validation_plan(run, trainer_of(run.config))
    with pytest.raises(InputError, match="tells no log-probabilities"):
        plan.answers({"compliance": mute})


def test_work_for_a_loop_that_has_ended_is_not_begun() -> None:
    loop = asyncio.new_event_loop()
    loop.close()

    async def work() -> None:
        raise AssertionError

    with pytest.raises(RuntimeError, match="closed"):
        on_loop(loop, work())


def test_the_bill_has_every_validation_at_most(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (told,) = asyncio.run(estimate_training(Run.resume(folder.path), "dpo"))
    assert (told.stage, told.role) == ("train", "compliance")
    # Two requests, two rules. Sixteen pairs in batches of four are eight steps: five validations.
    assert told.calls.low == 4
    repairs = 3
    assert told.calls.high == 2 * 2 * 5 * repairs
    shown = specloop("train", folder.path, "--dry-run", check=False)
    assert "compliance" in shown.stdout
    assert asked == []
    plain = made(tmp_path / "b", "train.validation_judge=''")
    assert asyncio.run(estimate_training(Run.resume(plain.path), "dpo")) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_training_that_its_judge_stopped_goes_on_from_there(tmp_path: Path) -> None:
    base = make_tiny(tmp_path / "tiny")
    longer = ("train.epochs=12", "train.eval_every=12")
    folder = made(tmp_path, "train.shares=[0.5, 1.0]", *longer, base=base)
    (told,) = asyncio.run(estimate_training(Run.resume(folder.path), "dpo"))
    down.append("the judge is away")
    done = specloop("train", folder.path, check=False)
    assert "the judge is away" in done.stderr
    down.clear()
    asked.clear()
    specloop("train", folder.path)
    (record,) = folder.read(TrainingRun)
    assert record.validated_by["judge"] == "sequential"
    assert record.best_score is not None
    assert len(asked) <= told.calls.high
    before = len(asked)
    specloop("train", folder.path)
    assert len(asked) == before
    other = specloop("train", folder.path, "--set", "train.validation_judge=''")
    assert "dpo" in other.stdout
    (again,) = folder.read(TrainingRun)
    assert again.id != record.id
    assert "validation_judge" not in again.settings


def test_the_bill_of_a_new_run_has_validations_though_its_pairs_rest_on_judges(
    tmp_path: Path,
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "config.json").write_text("{}")
    (base / "model.safetensors").write_text("x")
    roles = dict.fromkeys(("compliance", "annotator", "planner", "attacker"), JUDGE)
    sets = [f"roles.{name}='{model}'" for name, model in (roles | {"target": f"hf:{base}"}).items()]
    others = ("synthesis.judge='sequential'", "synthesis.least_gap=0", "evaluate.judge='joint'")
    sets += [*others, "train.validation_judge='sequential'", "synthesis.exchanges_per_wave=4"]
    more = [part for one in sets for part in ("--set", one)]
    shown = specloop("run", "runs/judged.toml", "--out", tmp_path / "run", "--dry-run", *more)
    assert "train, compliance" in shown.stdout
    assert asked == []
