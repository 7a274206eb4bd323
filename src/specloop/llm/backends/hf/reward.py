# pyright: basic
"""Reward models: transformers checkpoints that classify a chat with one label, its reward.

Chats that wait at the same time are scored in one batch. A checkpoint is loaded at its first use,
once a process: on CUDA in its own type, where a batch's shape may change the last digits, or on the
CPU in float32.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache, cached_property
from itertools import compress
from pathlib import Path
from typing import Any

from specloop.errors import InputError, MissingExtraError
from specloop.llm.backends.hf.batching import Batching
from specloop.records import Message

Chat = tuple[Message, ...]
_BATCH = 8


class RewardModel:
    """A checkpoint folder that scores chats; used from one event loop at a time."""

    def __init__(self, path: Path) -> None:
        if importlib.util.find_spec("transformers") is None:
            raise MissingExtraError("a reward model", "hf")
        self._path = path
        self._batching = Batching(self._rewards, _BATCH, str(path))

    async def score(self, chat: Chat) -> float | None:
        """The reward of the chat's last turn; None if it does not fit the context."""
        return await self._batching.result(chat)

    def _rewards(self, chats: Sequence[Chat]) -> list[float | None]:
        return self._classifier.score(chats)

    @cached_property
    def _classifier(self) -> Classifier:
        return Classifier(self._path)


@cache
def reward_model(path: Path) -> RewardModel:
    """The reward model of a folder, loaded once."""
    return RewardModel(path)


class Classifier:
    """A loaded checkpoint. Call its methods from one thread only."""

    def __init__(self, path: Path) -> None:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils import logging

        from specloop.llm.backends.hf.tokens import Tokens, context_of

        logging.disable_progress_bar()
        self.tokenizer: Any = AutoTokenizer.from_pretrained(path, local_files_only=True)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        # In bfloat16 a reward has three digits, so that some different rewards would be equal.
        kind = "auto" if device == "cuda" else torch.float32
        model: Any = AutoModelForSequenceClassification.from_pretrained(
            path, dtype=kind, local_files_only=True
        )
        if model.config.num_labels != 1:
            n = model.config.num_labels
            raise InputError(f"{n} labels; a reward model has one")
        if not self.tokenizer.chat_template:
            raise InputError("the tokenizer has no chat template")
        self.model = model.to(device).eval()
        self.tokens = Tokens(self.tokenizer, context=context_of(model.config, self.tokenizer))

    def score(self, chats: Sequence[Chat]) -> list[float | None]:
        """Rewards in the order of the chats."""
        written = (self.tokens.written(chat, ended=True) for chat in chats)
        prompts = [self.tokens.encode(text) for text in written]
        context = self.tokens.context
        fits = [not context or len(ids) <= context for ids in prompts]
        fitting = list(compress(prompts, fits))
        rewards = iter(self._rewards(fitting) if fitting else ())
        return [next(rewards) if fit else None for fit in fits]

    def _rewards(self, prompts: Sequence[list[int]]) -> list[float]:
        import torch

        config = self.model.config.get_text_config()
        # The reward is read at the last token that is not this one, so no prompt may hold it.
        used = {token for ids in prompts for token in ids}
        config.pad_token_id = pad = next(n for n in range(config.vocab_size) if n not in used)
        width = max(map(len, prompts))
        ids = torch.tensor([p + [pad] * (width - len(p)) for p in prompts])
        mask = torch.tensor([[1] * len(p) + [0] * (width - len(p)) for p in prompts])
        device = self.model.device
        with torch.inference_mode():
            logits = self.model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
        return logits[:, 0].float().tolist()
