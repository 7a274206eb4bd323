"""Training and evaluation after an update: what goes on from what, and what is compared."""

# pyright: basic
from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from tests.commands import specloop
from tests.tiny_model import make_pair, make_tiny

from specloop.cli.tables import print_evaluations, print_tables
from specloop.pipeline import Run
from specloop.pipeline.entrants import entrants
from specloop.pipeline.evaluating import make_eval_set
from specloop.pipeline.revised import record_revision
from specloop.pipeline.training import former_model, stage_train, trainer_of
from specloop.records import (
    Answer,
    Case,
    Evaluation,
    Instance,
    Message,
    Revision,
    RevisionFigure,
    Rule,
    RuleChange,
    TrainingRun,
)
from specloop.report import write_report
from specloop.revision.lineage import document_of, models_of
from specloop.spec.edits import stated_rule
from specloop.store import RunFolder

POLICY = """# Desk

## Form

- Never use exclamation marks.
- Use at most 6 words.
"""
OLD = stated_rule("Use at most 30 words.")
GONE = stated_rule('Only when the customer mentions an order, include the sentence "Which one?"')


def made(tmp_path: Path, base: Path | None = None) -> RunFolder:
    """A run whose document has been updated: a number was changed and a rule is gone; with the
    model that was trained before."""
    (tmp_path / "policy.md").write_text(POLICY)
    if base is None:
        base = tmp_path / "base"
        base.mkdir()
        (base / "config.json").write_text("{}")
        (base / "model.safetensors").write_text("x")
    sets = (
        f"roles.target='hf:{base}'",
        *("train.eval_every=2", "train.max_length=96", "train.max_new_tokens=8"),
        *("train.lora_rank=4", "train.patience=9", "train.learning_rate=0.01"),
        *("train.replay_share=0.5", "evaluate.general=false"),
        *(f"roles.{role}='plain'" for role in ("annotator", "planner", "attacker")),
        *(f"roles.{role}='plain'" for role in ("compliance", "quality")),
    )
    changes = [part for one in sets for part in ("--set", one)]
    specloop("rules", tmp_path / "policy.md", "--out", tmp_path / "run", *changes)
    folder = RunFolder(tmp_path / "run")
    marks, short = folder.read(Rule)
    instance = Instance(rules=(marks.id, short.id), seed=0, split="test")
    probes = [
        Case(
            messages=(Message(role="user", content=text),),
            scenario=instance.id,
            side="violation",
            split=split,
            seed_prompt=text,
            attack="direct",
        )
        for split in ("validation", "test")
        for text in (f"roses in pots {split}?", f"my order of {split} beans?", f"tulips {split}?")
    ]
    about = {"short": short.id, "marks": marks.id}
    pairs = [
        make_pair(
            f"{what} {n}", f"{what} {n}?", f"water {n}", "so much water for them, daily!"
        ).model_copy(update={"violated": (rule,)})
        for what, rule in about.items()
        for n in range(12)
    ]
    told = make_pair("told", "my order?", "Which one? Water them daily.", "no")
    revision = Revision(
        old="former",
        new=document_of(folder),
        changes=(
            RuleChange(kind="kept", old=(marks.id,), new=(marks.id,)),
            RuleChange(kind="reworded", old=(OLD.id,), new=(short.id,)),
            RuleChange(kind="gone", old=(GONE.id,)),
        ),
        rules=(OLD, GONE),
    )
    folder.append([instance, *probes, *pairs, told, revision, before(folder)])
    return folder


def before(folder: RunFolder, document: str = "former", model: str = "dpo") -> TrainingRun:
    return TrainingRun(
        trainer="dpo",
        title="joint SFT + DPO",
        preferences=True,
        base="hf:base",
        settings={},
        pairs_digest=model,
        n_pairs=24,
        document=document,
        model_path=f"models/{model}/merged",
        best_step=8,
        best_score=0.5,
    )


def run_of(folder: RunFolder, *sets: str) -> Run:
    """The run with other settings of the trainer."""
    run = Run.resume(folder.path)
    for one in sets:
        key, value = one.split("=")
        run.config.train[key] = json.loads(value)
    return run


def test_what_goes_on_is_known_by_the_update_that_leads_to_the_document(tmp_path: Path) -> None:
    folder = made(tmp_path)
    run = run_of(folder)
    former = former_model(run, trainer_of(run.config))
    assert former is not None
    assert former.record.pairs_digest == "dpo"
    assert [rule.text for rule in former.changed.gone] == [GONE.text]
    assert len(former.changed.rules) == 1
    assert [one.label for one in entrants(run)] == ["base", "dpo former"]
    anew = run_of(folder, "continued=false")
    assert former_model(anew, trainer_of(anew.config)) is None


def read_lines(folder: RunFolder, record: TrainingRun) -> list[str]:
    """What was made of the former model's answers."""
    own = (folder / record.model_path).with_name("own_words.jsonl")
    return own.read_text().splitlines()


def answered(folder: RunFolder, label: str, *texts: str) -> None:
    probes = [case for case in folder.read(Case) if case.split == "test"]
    folder.append(
        Answer(
            case=probe.id,
            entrant=label,
            method="vanilla",
            model=label,
            sampling=make_eval_set(Run.resume(folder.path)).samplings[0],
            text=texts["order" in probe.request],
        )
        for probe in probes
    )


def test_the_three_parts_are_recorded_printed_and_on_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made(tmp_path)
    record_revision(Run.resume(folder.path), make_eval_set(Run.resume(folder.path)))
    now = document_of(folder)
    later = before(folder, now, "dpo-continued").model_copy(
        update={"id": "", "parent": "former", "settings": {"former": "x"}}
    )
    folder.append([TrainingRun.model_validate(later.model_dump())])
    assert list(models_of(folder)) == ["dpo former", "dpo continued"]
    answered(folder, "base", "Roses like sun and rain and wind!", "It comes!")
    answered(
        folder, "dpo former", "Roses like much sun and much rain.", "Which one? Roses or beans?"
    )
    answered(folder, "dpo continued", "Roses like sun.", "It comes.")
    run = Run.resume(folder.path)
    record_revision(run, make_eval_set(run))
    figures = {(one.part, one.group): one for one in folder.read(RevisionFigure)}
    of_new = next(one for key, one in figures.items() if key[0] == "new")
    assert {label: one.value for label, one in of_new.values.items()} == {
        "base": pytest.approx(1 / 3),
        "dpo former": pytest.approx(1 / 3),
        "dpo continued": 1,
    }
    gone = figures["old", GONE.id]
    assert {label: one.value for label, one in gone.values.items()} == {
        "base": 0,
        "dpo former": 1,
        "dpo continued": 0,
    }
    assert [(one.label, one.against) for one in gone.compared] == [("dpo continued", "dpo former")]
    of = {"of": "dpo continued", "model": "m", "benchmark": gone.benchmark}
    folder.append([Evaluation(label="dpo continued", metrics=(), **of)])
    print_tables(run)
    table = capsys.readouterr().out
    assert "After the revision: dpo" in table
    assert "The old rule is followed in its place" in table
    print_evaluations(run)
    assert len(json.loads(capsys.readouterr().out)["revision"]) == len(figures)
    page = write_report(folder).read_text()
    assert "After the revision" in page
    assert "Which one?" in page


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_tiny_model_goes_on_from_the_former_one(tmp_path: Path) -> None:
    base = make_tiny(tmp_path / "tiny")
    folder = made(tmp_path, base)
    make_tiny(folder.path / "models" / "dpo" / "merged")
    former = folder.read(TrainingRun)[0]
    asyncio.run(stage_train(Run.resume(folder.path)))
    old, new = folder.read(TrainingRun)
    assert old == former, "the former model stays as it is"
    assert new.parent == former.id
    assert new.document == document_of(folder)
    # Twelve pairs about the changed rule, one to unlearn by, and half as many others.
    assert (new.n_replayed, new.n_pairs) == (6, 19)
    told = [json.loads(line) for line in read_lines(folder, new)]
    assert {one["prompt"] for one in told} > {"short 3?", "my order?"}
    assert all(sorted(one) == ["chosen", "prompt", "rejected"] for one in told)
    assert new.settings["shares"] == [0.6, 0.8, 1.0]
    assert new.kept_share in new.settings["shares"]
    assert new.model_path.startswith("models/dpo-continued-")
    asyncio.run(stage_train(Run.resume(folder.path)))
    assert folder.read(TrainingRun) == [old, new]
    asyncio.run(stage_train(run_of(folder, "continued=false")))
    labelled = models_of(folder)
    assert list(labelled) == ["dpo former", "dpo", "dpo continued"]
    assert labelled["dpo"].n_pairs == 25
    assert not labelled["dpo"].parent
