"""Training without torch: settings, pairs looked over, order, validation, checkpoints."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.tiny_model import ask, make_pairs, tiny_job

from specloop.errors import InputError
from specloop.records import said
from specloop.trainers import trainers
from specloop.trainers.dpo import DPO
from specloop.training import training_id
from specloop.training.checkpoint import SCORE, last_checkpoint, validation_state
from specloop.training.doctor import check_trainable, diagnose
from specloop.training.rows import PairTokens, order_by_length


def row(prompt: int, chosen: int, rejected: int) -> PairTokens:
    """A pair of these lengths."""
    return PairTokens([0] * prompt, [0] * chosen, [0] * rejected)


FITS = row(prompt=10, chosen=20, rejected=22)


def history(*scores: float, every: int = 10) -> list[dict[str, float]]:
    """A log history with these validations, the first at step 0."""
    return [{"step": i * every, SCORE: score} for i, score in enumerate(scores)]


def test_naming_the_trainers_does_not_import_torch():
    code = (
        "import sys; from specloop.trainers import trainers; print(trainers.names()); "
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "'dpo'" in done.stdout


def test_an_unknown_trainer_is_named_with_a_suggestion():
    with pytest.raises(InputError, match="Did you mean 'dpo'"):
        trainers.build("dpoo")


def test_the_papers_ratio_is_the_default():
    assert DPO().loss == {"sigmoid": 3.0, "sft": 1.0}


def test_a_loss_of_weight_zero_is_left_out():
    assert DPO(sft_weight=0).loss == {"sigmoid": 3.0}
    with pytest.raises(InputError, match="'sft'"):
        trainers.build({"name": "dpo", "dpo_weight": 0})


def test_a_training_is_the_same_only_with_same_base_settings_and_pairs(tmp_path: Path):
    job = tiny_job(tmp_path, Path("base"), lambda generate: 0.0)
    assert training_id(job) == training_id(replace(job, out=tmp_path / "other"))
    others = [
        replace(job, base="hf:other"),
        replace(job, pairs=job.pairs[1:]),
        replace(job, trainer=job.trainer.model_copy(update={"seed": 1})),
        replace(job, name="sft"),
    ]
    assert len({training_id(other) for other in [job, *others]}) == 5


def test_sound_pairs_give_no_warning():
    assert diagnose(make_pairs(9), [FITS] * 9, 64, [ask("something else")]) == []


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({"rejected": said("Water them  daily\nThanks")}, "one text on both sides"),
        ({"chosen": said(" ")}, "chosen answers are empty"),
    ],
)
def test_pairs_that_teach_nothing_are_counted(change: dict[str, object], warning: str):
    pairs = make_pairs(9)
    pairs = (pairs[0].model_copy(update=change), *pairs[1:])
    (found,) = diagnose(pairs, [FITS] * 9, 64)
    assert found.startswith("1 of 9")
    assert warning in found


def test_cut_answers_and_prompts_without_room_are_counted_apart():
    lengths = [FITS] * 7 + [row(30, 40, 40), row(64, 20, 20)]
    dropped, chosen, rejected = diagnose(make_pairs(9), lengths, 64)
    assert dropped.startswith("1 of 9 pairs are left out")
    assert chosen.startswith("1 of 9 chosen answers are cut")
    assert "never sees where they end" in chosen
    assert rejected.startswith("1 of 9 rejected answers are cut")
    assert diagnose(make_pairs(9), lengths, 64, preferences=False) == [dropped, chosen]


def test_a_difference_in_length_between_the_sides_is_told():
    (found,) = diagnose(make_pairs(9), [row(10, 20, 50)] * 9, 64)
    assert "much shorter" in found
    assert "20 against 50 tokens" in found
    assert diagnose(make_pairs(9), [row(10, 20, 50)] * 9, 64, preferences=False) == []


def test_a_training_prompt_of_a_held_out_split_is_a_leak():
    pairs = make_pairs(9)
    again = ask(pairs[3].prompt[0].content.upper() + " ")
    (found,) = diagnose(pairs, [FITS] * 9, 64, [again, ask("other")])
    assert found.startswith("1 of 9 training prompts")


def test_too_few_pairs_are_an_input_error():
    for pairs in ((), make_pairs(3)):
        with pytest.raises(InputError, match="at least 8"):
            check_trainable(pairs, [FITS] * len(pairs), 64)


def test_a_length_limit_below_the_prompts_is_an_input_error():
    with pytest.raises(InputError, match=r"longest has 80 tokens\); raise train\.max_length"):
        check_trainable(make_pairs(9), [row(80, 5, 5)] * 9, 64)


def test_batches_hold_answers_of_like_length_in_an_order_of_the_seed():
    lengths = [10 * (i % 13) + 10 for i in range(50)]
    order = order_by_length(lengths, 4, "0:0")
    assert sorted(order) == list(range(50))
    batches = [[lengths[i] for i in order[first : first + 4]] for first in range(0, 48, 4)]
    assert max(max(batch) - min(batch) for batch in batches) <= 40
    assert [max(batch) for batch in batches] != sorted(max(batch) for batch in batches)
    assert order == order_by_length(lengths, 4, "0:0")
    assert order != order_by_length(lengths, 4, "0:1")


def test_the_earliest_of_equal_scores_is_best_and_step_zero_may_be():
    assert validation_state([]) is None
    now = validation_state(history(0.5, 0.8, 0.8, 0.7))
    assert now is not None
    assert (now.best_step, now.best_score, now.stale) == (10, 0.8, 2)
    base = validation_state(history(0.9, 0.8))
    assert base is not None
    assert base.best_step == 0


def test_a_model_that_first_gets_worse_than_its_base_is_given_time():
    now = validation_state(history(0.9, 0.2, 0.4, 0.6))
    assert now is not None
    assert not now.stops(patience=1)
    later = validation_state(history(0.9, 0.2, 0.4, 0.6, 0.5))
    assert later is not None
    assert later.stops(patience=1)


def test_a_checkpoint_cut_off_by_a_kill_is_passed_over_and_deleted(tmp_path: Path):
    assert last_checkpoint(tmp_path) is None
    for step, text in ((10, None), (20, None), (30, '{"log_hist')):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        state = {"global_step": step, "max_steps": 40, "log_history": history(0.1, 0.9, 0.3)}
        (folder / "trainer_state.json").write_text(text or json.dumps(state))
    (tmp_path / "checkpoint-40").mkdir()
    last = last_checkpoint(tmp_path)
    assert last is not None
    assert (last.step, last.best) == (20, tmp_path / "checkpoint-10")
    assert not last.finished(patience=2)
    assert last.finished(patience=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-10", "checkpoint-20"]
