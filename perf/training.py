"""Training speed: specloop's DPO trainer beside a bare TRL loop, on the same synthetic pairs, model
and settings.

Both are timed by the `train_runtime` that transformers reports: the steps, without loading,
reference log-probabilities and export. The validation of ours answers at once, so that what is
compared is training. The bare loop gets the same thread policy as ours; what it lacks are batches
of like length and a head that scores answers alone.

    python perf/training.py
"""

# pyright: basic
from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import NamedTuple

from specloop.records import Message, PreferencePair, said
from specloop.trainers.dpo import DPO
from specloop.training import TrainJob, check_base, train_pairs
from specloop.training.steady import quiet

BASE = "embedded:smollm2-135m"
WORDS = ("garden", "needs", "water", "light", "food", "soil", "warms", "slowly", "seeds")


class Speed(NamedTuple):
    """Seconds per 1,000 training tokens (prompts and both answers)."""

    ours: float
    bare: float
    n_tokens: int

    @property
    def ratio(self) -> float:
        """Ours to bare; at most 1.1 is the aim."""
        return self.ours / self.bare


def measure(n_pairs: int = 16) -> Speed:
    """Train one epoch on the same pairs both ways, the bare loop first."""
    settings = DPO(epochs=1, max_length=144)
    pairs = synthetic_pairs(n_pairs)
    with tempfile.TemporaryDirectory() as folder:
        with quiet():
            bare = _bare(settings, pairs, Path(folder))
        ours = _ours(settings, pairs, Path(folder))
    return Speed(ours.per_1000, bare.per_1000, ours.n_tokens)


def synthetic_pairs(n: int) -> tuple[PreferencePair, ...]:
    """Pairs of random words: questions of 8 to 20, short chosen and long rejected answers."""
    rng = random.Random(0)

    def words(low: int, high: int) -> str:
        return " ".join(rng.choices(WORDS, k=rng.randint(low, high)))

    return tuple(
        PreferencePair(
            prompt=(Message(role="user", content=words(8, 20)),),
            chosen=said(words(20, 50)),
            rejected=said(words(40, 100)),
            chosen_id=f"c{i}",
            rejected_id=f"r{i}",
            probe=f"p{i}",
            instance="",
            violated=("made up",),
            pairing="synthetic",
            side="violation",
            split="train",
        )
        for i in range(n)
    )


class _Timed(NamedTuple):
    seconds: float
    n_tokens: int

    @property
    def per_1000(self) -> float:
        return 1000 * self.seconds / self.n_tokens


def _timed(history: list[dict[str, float]]) -> _Timed:
    tokens = max(entry["num_tokens"] for entry in history if "num_tokens" in entry)
    return _Timed(next(e["train_runtime"] for e in history if "train_runtime" in e), int(tokens))


def _ours(settings: DPO, pairs: tuple[PreferencePair, ...], folder: Path) -> _Timed:
    trainer = settings.model_copy(update={"eval_every": 10**6})
    job = TrainJob(folder, BASE, pairs, trainer, "dpo", lambda _: 1.0)
    train_pairs(job)
    return _timed([json.loads(line) for line in (job.folder / "metrics.jsonl").open()])


def _bare(settings: DPO, pairs: tuple[PreferencePair, ...], folder: Path) -> _Timed:
    """What a user of TRL would write."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback, set_seed
    from trl.trainer.dpo_config import DPOConfig
    from trl.trainer.dpo_trainer import DPOTrainer

    from specloop.llm.backends.hf.checkpoint import fast_dtype
    from specloop.training.base_model import checkpoint_of

    set_seed(settings.seed)
    path = checkpoint_of(check_base(BASE))
    rows = [
        {
            "prompt": [{"role": "user", "content": pair.prompt[0].content}],
            "chosen": [{"role": "assistant", "content": pair.chosen_text}],
            "rejected": [{"role": "assistant", "content": pair.rejected_text}],
        }
        for pair in pairs
    ]
    config = DPOConfig(
        output_dir=str(folder / "bare"),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        max_length=settings.max_length,
        beta=settings.beta,
        loss_type=["sigmoid", "sft"],
        loss_weights=[settings.dpo_weight, settings.sft_weight],
        precompute_ref_log_probs=True,
        gradient_checkpointing=False,
        bf16=fast_dtype() == "bfloat16",
        use_cpu=not torch.accelerator.is_available(),
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
    )
    trainer = DPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(path, dtype=getattr(torch, fast_dtype())),
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=AutoTokenizer.from_pretrained(path),
        peft_config=LoraConfig(
            r=settings.lora_rank, lora_alpha=2 * settings.lora_rank, target_modules="all-linear"
        ),
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return _timed(trainer.state.log_history)


def main() -> None:
    """Print both figures and their ratio."""
    speed = measure()
    print(
        f"training, seconds per 1,000 tokens ({speed.n_tokens:,} tokens, {BASE}, LoRA, one epoch)"
    )
    print(f"  specloop        {speed.ours:8.2f}")
    print(f"  bare TRL loop   {speed.bare:8.2f}")
    print(f"  ratio           {speed.ratio:8.2f}   (aim: at most 1.10)")


if __name__ == "__main__":
    main()
