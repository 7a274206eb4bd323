"""A random two-layer llama with its own tokenizer, and pairs for it: real training in seconds."""

# pyright: basic
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from specloop.records import Message, PairVerdict, PreferencePair, said
from specloop.trainers import trainers
from specloop.training import Generate, TrainJob

CHAT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WORDS = [
    *("how", "do", "I", "grow", "roses", "tulips", "beans", "in", "pots"),
    *("shade", "sun", "water", "them", "daily", "please", "and", "thanks"),
]


def make_tiny(folder: Path) -> Path:
    """Save the model; the same weights each time."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|end|>", "<|im_start|>", "<|im_end|>"]
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator([" ".join(WORDS)], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|im_end|>")
    tokenizer.chat_template = CHAT
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def ask(text: str) -> tuple[Message, ...]:
    """A conversation of one question."""
    return (Message(role="user", content=text),)


def make_pair(name: str, prompt: str, chosen: str, rejected: str) -> PreferencePair:
    """A pair for training."""
    return PreferencePair(
        prompt=ask(prompt),
        chosen=said(chosen),
        rejected=said(rejected),
        chosen_id=f"c{name}",
        rejected_id=f"r{name}",
        probe=f"p{name}",
        instance="i",
        violated=("rule",),
        verdicts=(PairVerdict(side="rejected", rule="rule", judge="check", level="check"),),
        pairing="test",
        side="violation",
        split="train",
    )


def make_pairs(n: int) -> tuple[PreferencePair, ...]:
    """Pairs of growing length: the chosen answer ends with a closing line."""
    pairs = []
    for i in range(n):
        text = " ".join(WORDS[(i + k) % len(WORDS)] for k in range(3 + i % 7))
        rejected = " ".join(WORDS[(i + k) % len(WORDS)] for k in range(4 + i % 5))
        pairs.append(make_pair(str(i), f"{i} {text}", "water them daily\nthanks", rejected))
    return tuple(pairs)


def tiny_job(
    run: Path,
    base: Path,
    validate: Callable[[Generate], float],
    name: str = "dpo",
    **settings: object,
) -> TrainJob:
    """A job of sixteen pairs, two epochs of four steps."""
    defaults: dict[str, object] = {
        "batch_size": 4,
        "lora_rank": 4,
        "max_length": 96,
        "max_new_tokens": 8,
        "eval_every": 2,
        "patience": 9,
        "learning_rate": 0.01,
    }
    trainer = trainers.build({"name": name} | defaults | settings)
    return TrainJob(run, f"hf:{base}", make_pairs(16), trainer, name, validate)


def likes_thanks(generate: Generate) -> float:
    """A validation: how many of two answers hold the closing word."""
    replies = generate([ask("roses in pots"), ask("beans please and thanks")])
    return sum("thanks" in reply.text for reply in replies) / len(replies)
