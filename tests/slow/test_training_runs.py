"""Real trainings of a tiny model: every step of the path but the size."""

# pyright: basic
from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors import SafetensorError
from tests.tiny_model import CHAT, ask, likes_thanks, make_pairs, make_tiny, tiny_job

from specloop.errors import InputError, RunStoppedError
from specloop.llm.backends import resolve
from specloop.llm.base import Request
from specloop.records import Sampling
from specloop.trainers import trainers
from specloop.training import Generate, PairSides, train_pairs, training_id
from specloop.training.save import disk_error

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("tiny"))


def scores(*values: float) -> Callable[[Generate], float]:
    """A validation that answers with these scores in turn."""
    left = iter(values)
    return lambda generate: next(left)


def weights(folder: Path):
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def metrics(job) -> list[dict]:
    return [json.loads(line) for line in (job.folder / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("trainer", trainers.names())
@pytest.mark.parametrize("lora_rank", [0, 4])
def test_training_changes_the_model_and_says_how_it_went(
    base: Path, tmp_path: Path, trainer: str, lora_rank: int
):
    job = tiny_job(
        tmp_path, base, scores(0.0, 0.2, 0.4, 0.6, 0.8), name=trainer, lora_rank=lora_rank
    )
    run = train_pairs(job)
    assert run.id == training_id(job)
    assert (run.best_step, run.best_score, run.stopped_early) == (8, 0.8, False)
    assert run.wall_s > 0
    assert run.peak_rss_mb > 100
    losses = [entry["loss"] for entry in metrics(job) if "loss" in entry]
    assert len(losses) == 8
    assert losses[-1] < losses[0]
    before, after = weights(base), weights(tmp_path / run.model_path)
    assert before.keys() == after.keys()
    assert any(not before[name].equal(after[name]) for name in before)


@pytest.mark.parametrize("lora_rank", [0, 4])
def test_the_last_blocks_alone_can_be_trained(base: Path, tmp_path: Path, lora_rank: int):
    run = train_pairs(
        tiny_job(
            tmp_path, base, scores(0, 1), layers=1, epochs=1, eval_every=4, lora_rank=lora_rank
        )
    )
    before, after = weights(base), weights(tmp_path / run.model_path)
    changed = {name for name in before if not before[name].equal(after[name])}
    assert changed
    assert all(name.startswith("model.layers.1.") for name in changed)


def test_dpo_metrics_keep_the_names_of_trl(base: Path, tmp_path: Path):
    job = tiny_job(tmp_path, base, scores(0.0, 0.5, 0.6), epochs=1)
    train_pairs(job)
    last = [entry for entry in metrics(job) if "loss" in entry][-1]
    assert {
        "rewards/chosen",
        "rewards/margins",
        "rewards/accuracies",
        "logps/chosen",
    } <= last.keys()


def test_the_first_of_the_best_checkpoints_is_kept(base: Path, tmp_path: Path):
    best = train_pairs(tiny_job(tmp_path / "a", base, scores(0, 0.5, 0.9, 0.9, 0.1)))
    assert (best.best_step, best.best_score) == (4, 0.9)
    # The same run stopped at that step: the same weights.
    stopped = tiny_job(tmp_path / "b", base, scores(0, 0.5, 0.9, 0.3, 0.3), patience=1)
    other = train_pairs(stopped)
    assert other.stopped_early
    ours, theirs = (
        weights(folder / run.model_path)
        for folder, run in ((tmp_path / "a", best), (tmp_path / "b", other))
    )
    assert all(ours[name].equal(theirs[name]) for name in ours)


def test_a_model_that_never_validates_better_is_the_base_again(base: Path, tmp_path: Path, capsys):
    run = train_pairs(tiny_job(tmp_path, base, scores(0.5, 0.5, 0.4, 0.3, 0.2)))
    assert run.best_step == 0
    before, after = weights(base), weights(tmp_path / run.model_path)
    assert all(before[name].equal(after[name]) for name in before)
    assert "base model" in capsys.readouterr().err


def test_where_nothing_can_be_scored_the_last_step_is_kept_whole(base: Path, tmp_path: Path):
    job = tiny_job(tmp_path, base, scores(), patience=1, shares=(0.5, 1.0))
    run = train_pairs(replace(job, validate=None))
    assert (run.best_step, run.best_score, run.kept_share) == (8, None, 1.0)
    assert not run.stopped_early
    ours, theirs = weights(tmp_path / run.model_path), weights(base)
    assert any(not ours[name].equal(theirs[name]) for name in ours)


def test_nothing_but_the_model_and_its_metrics_is_left_behind(base: Path, tmp_path: Path):
    job = tiny_job(tmp_path, base, scores(0.0, 0.5, 0.6), epochs=1)
    run = train_pairs(job)
    left = sorted(path.name for path in job.folder.iterdir())
    assert left == ["adapter", "merged", "metrics.jsonl", "training.json"]
    assert (tmp_path / run.model_path / "tokenizer.json").exists()


def test_a_finished_training_is_not_done_again_but_one_with_other_settings_is(
    base: Path, tmp_path: Path
):
    first = train_pairs(tiny_job(tmp_path, base, scores(0, 1), epochs=1, eval_every=4))
    assert train_pairs(tiny_job(tmp_path, base, scores(), epochs=1, eval_every=4)) == first
    other = train_pairs(tiny_job(tmp_path, base, scores(0, 1), epochs=1, eval_every=4, seed=1))
    assert other.id != first.id


def test_a_validation_leaves_training_as_it_was(base: Path, tmp_path: Path):
    often = train_pairs(tiny_job(tmp_path / "a", base, likes_thanks, eval_every=1, epochs=1))
    once = train_pairs(tiny_job(tmp_path / "b", base, scores(0, 1), eval_every=4, epochs=1))
    assert once.best_step == 4
    losses = [
        [
            entry["loss"]
            for entry in map(json.loads, path.read_text().splitlines())
            if "loss" in entry
        ]
        for path in (tmp_path / run / "models/dpo/metrics.jsonl" for run in "ab")
    ]
    assert losses[0] == losses[1]
    assert often.n_pairs == once.n_pairs


def test_answers_do_not_depend_on_the_batch_they_are_in(base: Path, tmp_path: Path):
    from transformers import AutoModelForCausalLM

    from specloop.llm.backends.hf.tokens import Tokens
    from specloop.training.base_model import load_tokenizer
    from specloop.training.generate import Generator

    tokenizer = load_tokenizer(base)
    tokens = Tokens(tokenizer)
    model = AutoModelForCausalLM.from_pretrained(base).train()
    asked = [ask("roses"), ask("how do I grow tulips in pots please and thanks"), ask("sun")]
    together = Generator(tokenizer, tokens, 12, "float32")(model, asked)
    alone = [
        Generator(tokenizer, tokens, 12, "float32", batch_size=1)(model, [one])[0] for one in asked
    ]
    assert together == alone
    assert model.training


def test_a_lost_loss_stops_the_run_with_a_remedy(base: Path, tmp_path: Path):
    job = tiny_job(
        tmp_path, base, scores(*[0.0] * 9), learning_rate=1e38, lora_rank=0, dtype="float32"
    )
    with pytest.raises(RunStoppedError, match="learning_rate"):
        train_pairs(job)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("openai:gpt", "cannot be trained"),
        ("hf:/nowhere", r"no config\.json"),
        ("embedded:/nowhere.gguf", "no such file"),
    ],
)
def test_a_base_that_is_not_here_is_an_input_error(
    base: Path, tmp_path: Path, name: str, reason: str
):
    with pytest.raises(InputError, match=reason):
        train_pairs(replace(tiny_job(tmp_path, base, likes_thanks), base=name))


def test_prompts_that_leave_no_room_are_an_input_error(base: Path, tmp_path: Path):
    job = tiny_job(tmp_path, base, likes_thanks, max_length=32)
    long = tuple(
        pair.model_copy(update={"prompt": ask("how do I grow roses " * 20)}) for pair in job.pairs
    )
    with pytest.raises(InputError, match=r"raise train\.max_length"):
        train_pairs(replace(job, pairs=long))


def test_a_killed_training_ends_in_the_same_model(base: Path, tmp_path: Path):
    whole = train_pairs(tiny_job(tmp_path / "whole", base, scores(0, 0.1, 0.9, 0.3, 0.4)))

    child = subprocess.Popen(
        [sys.executable, __file__, str(base), str(tmp_path / "killed")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
    )
    work = tmp_path / "killed/models/dpo/work"
    deadline = time.monotonic() + 120
    while not list(work.glob("*/checkpoint-4/trainer_state.json")):
        assert child.poll() is None, "the training ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()

    # The step 0 and step 2 and 4 scores are in the checkpoint: only the later ones are asked for.
    job = tiny_job(tmp_path / "killed", base, scores(0.3, 0.4))
    resumed = train_pairs(job)
    assert (
        (resumed.best_step, resumed.best_score) == (whole.best_step, whole.best_score) == (4, 0.9)
    )
    assert [e["step"] for e in metrics(job) if "loss" in e] == list(range(1, 9))
    ours, theirs = weights(tmp_path / "whole/models/dpo/merged"), weights(job.folder / "merged")
    assert all(ours[name].equal(theirs[name]) for name in ours)
    logs = [
        [e["loss"] for e in map(json.loads, path.read_text().splitlines()) if "loss" in e]
        for path in (
            tmp_path / "whole/models/dpo/metrics.jsonl",
            tmp_path / "killed/models/dpo/metrics.jsonl",
        )
    ]
    assert logs[0] == logs[1]


def _slowly(generate: Generate) -> float:
    """Scores as in the whole run; the wait leaves time for the kill before step 6 is saved."""
    step = next(_steps)
    if step > 4:
        time.sleep(60)
    return {0: 0, 2: 0.1, 4: 0.9}[step]


_steps = iter(range(0, 9, 2))

if __name__ == "__main__":
    train_pairs(tiny_job(Path(sys.argv[2]), Path(sys.argv[1]), _slowly))


def test_rejected_answers_are_cut_after_so_many_tokens(base: Path, tmp_path: Path):
    from transformers import AutoTokenizer

    from specloop.llm.backends.hf.tokens import Tokens
    from specloop.training.rows import row_of
    from specloop.training.setup import first_tokens, load_pairs

    tokenizer = AutoTokenizer.from_pretrained(base)
    pairs = make_pairs(9)
    tokens, cut = Tokens(tokenizer), first_tokens(tokenizer, 3)
    made = [row_of(pair, tokens, cut) for pair in pairs]
    rows = load_pairs(lambda: made, tmp_path / "pairs")
    for pair, row in zip(pairs, rows, strict=True):
        kept = tokenizer.decode(row["rejected_ids"]).removesuffix("<|im_end|>\n")
        assert pair.rejected_text.startswith(kept)
        assert 0 < len(kept) < len(pair.rejected_text)
        assert tokenizer.decode(row["chosen_ids"]) == f"{pair.chosen_text}<|im_end|>\n"
    kept = row_of(PairSides(pairs[0].prompt, pairs[0].chosen, pairs[0].chosen), tokens, cut)
    assert kept.rejected_ids == kept.chosen_ids, "an answer that only stays is not cut"
    whole = first_tokens(tokenizer, 0)
    assert whole(pairs[0].rejected_text) == pairs[0].rejected_text


async def test_an_empty_thought_that_the_template_puts_before_answers_is_in_no_answer(
    base: Path, tmp_path: Path
):
    from transformers import AutoTokenizer

    thinks = tmp_path / "thinks"
    shutil.copytree(base, thinks)
    tokenizer = AutoTokenizer.from_pretrained(thinks)
    thought = "{% if m.role == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}"
    tokenizer.chat_template = CHAT.replace("{{ m.content }}", thought + "{{ m.content }}")
    tokenizer.save_pretrained(thinks)
    seen: list[str] = []

    def validate(generate: Generate) -> float:
        replies = generate([ask("roses in pots")])
        seen.extend(reply.text for reply in replies)
        return float(replies[0].text == "water them daily\nthanks")

    settings = {"name": "sft", "epochs": 40, "max_new_tokens": 60, "eval_every": 40}
    run = train_pairs(tiny_job(tmp_path, thinks, validate, patience=99, **settings))
    assert run.best_score == 1
    assert seen[-1] == "water them daily\nthanks"
    model = resolve(f"hf:{tmp_path / run.model_path}")
    reply = await model.generate(
        Request(messages=ask("roses in pots"), sampling=Sampling(max_tokens=60))
    )
    assert (reply.text, reply.finish) == ("water them daily\nthanks", "stop")
    await model.aclose()


def test_answers_for_the_validation_must_fit_the_models_context(base: Path, tmp_path: Path):
    job = tiny_job(tmp_path, base, likes_thanks, max_new_tokens=2040)
    with pytest.raises(InputError, match=r"max_new_tokens = 2040: .* context of 2048; lower it"):
        train_pairs(job)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("save_checkpoint", OSError(28, "No space left on device")),
        ("save_checkpoint", SafetensorError("I/O error: No space left on device (os error 28)")),
        ("save_adapter", RuntimeError("[enforce fail at inline_container.cc:672] . unexpected")),
        ("save_adapter", OSError("100000 requested and 8192 written")),
    ],
)
def test_a_full_disk_ends_in_a_line_and_the_same_training_goes_on(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: Exception
) -> None:
    def full(*_: object) -> None:
        raise error

    job = tiny_job(tmp_path, base, scores(0.0, 1.0), eval_every=8)
    monkeypatch.setattr(f"specloop.training.run.{name}", full)
    with pytest.raises(RunStoppedError, match=r"models/\w+: cannot be written .*free some space"):
        train_pairs(job)
    monkeypatch.undo()
    # Both validations were made before the stop.
    assert train_pairs(replace(job, validate=scores())).best_score == 1.0


def test_errors_of_other_kinds_are_not_put_down_to_the_disk() -> None:
    for error in (RuntimeError("shapes"), OSError("no such model"), OSError(2, "gone", "a")):
        assert disk_error(error) is None


def test_what_training_held_is_given_back(base: Path, tmp_path: Path):
    import torch

    train_pairs(tiny_job(tmp_path / "first", base, scores(0.0, 0.2, 0.4, 0.6, 0.8)))
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(each, torch.nn.Module) for each in gc.get_objects())
        train_pairs(tiny_job(tmp_path / "second", base, scores(0.0, 0.2, 0.4, 0.6, 0.8)))
        after = sum(isinstance(each, torch.nn.Module) for each in gc.get_objects())
    finally:
        gc.enable()
    assert after <= before
