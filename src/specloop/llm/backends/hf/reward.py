# pyright: basic
"""Reward models: transformers checkpoints that classify a chat with one label, its reward.

Chats that wait at the same time are scored in one batch. A checkpoint is loaded at its first use,
once a process: on CUDA in its own type, where a batch's shape may change the last digits, or on the
CPU in float32.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from specloop.errors import InputError, MissingExtraError, ModelError, SpecloopError
from specloop.records import Message

Chat = tuple[Message, ...]
_GATHER_S = 0.01
"""Seconds to wait for other chats before a batch begins."""
_BATCH = 8


class RewardModel:
    """A checkpoint folder that scores chats; used from one event loop at a time."""

    def __init__(self, path: Path) -> None:
        if importlib.util.find_spec("transformers") is None:
            raise MissingExtraError("a reward model", "hf")
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"reward {path.name}")
        self._classifier: Classifier | None = None
        self._waiting: list[tuple[Chat, asyncio.Future[float | None]]] = []
        self._server: asyncio.Task[None] | None = None

    async def score(self, chat: Chat) -> float | None:
        """The reward of the chat's last turn; None if it does not fit the context."""
        future: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((chat, future))
        if self._server is None or self._server.done():
            self._server = asyncio.create_task(self._serve())
        return await future

    async def _serve(self) -> None:
        await asyncio.sleep(_GATHER_S)
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            chats = [chat for chat, _ in batch]
            try:
                loop = asyncio.get_running_loop()
                rewards = await loop.run_in_executor(self._thread, self._compute, chats)
            except SpecloopError as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), reward in zip(batch, rewards, strict=True):
                if not future.done():
                    future.set_result(reward)

    def _compute(self, chats: Sequence[Chat]) -> list[float | None]:
        try:
            if self._classifier is None:
                self._classifier = Classifier(self._path)
            return self._classifier.score(chats)
        except SpecloopError:
            raise
        except Exception as error:
            raise ModelError(f"{self._path}: {type(error).__name__}: {error}") from error


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
            raise InputError(f"{path}: {n} labels; a reward model has one")
        if not self.tokenizer.chat_template:
            raise InputError(f"{path}: the tokenizer has no chat template")
        self.model = model.to(device).eval()
        self.context = context_of(model.config, self.tokenizer)
        self.tokens = Tokens(self.tokenizer)

    def score(self, chats: Sequence[Chat]) -> list[float | None]:
        """Rewards in the order of the chats."""
        prompts = [self._ids(chat) for chat in chats]
        fitting = [ids for ids in prompts if not self.context or len(ids) <= self.context]
        rewards = iter(self._rewards(fitting) if fitting else ())
        return [
            next(rewards) if not self.context or len(ids) <= self.context else None
            for ids in prompts
        ]

    def _ids(self, chat: Chat) -> list[int]:
        return self.tokens.encode(self.tokens.template.written(chat, ended=True))

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
