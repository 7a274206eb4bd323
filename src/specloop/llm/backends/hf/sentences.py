# pyright: basic
"""A sentence-embedding checkpoint in this process.

A text's vector is the mean of the last hidden states, as sentence-transformers do by default
(Reimers and Gurevych, 2019).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specloop.errors import MissingExtraError
from specloop.llm.backends.hf import HF

_BATCH = 32
_WINDOW = 256


class SentenceModel:
    """Turns texts into vectors; the checkpoint is loaded at its first use."""

    def __init__(self, path: str) -> None:
        if importlib.util.find_spec("transformers") is None:
            raise MissingExtraError("a sentence-embedding model", "hf")
        self._path = HF.weights(path)

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """One row per text: the mean over all its tokens.

        A long text is read in windows of 256 tokens, the length that such models are made for.
        """
        rows = [self._batch(texts[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)]
        return np.concatenate(rows) if rows else np.zeros((0, 1))

    def _batch(self, texts: Sequence[str]) -> NDArray[np.float64]:
        import torch

        tokenizer, model = self._loaded
        fed = tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=_WINDOW,
            return_overflowing_tokens=True,
            return_tensors="pt",
        )
        of = fed.pop("overflow_to_sample_mapping")
        fed.pop("token_type_ids", None)
        with torch.inference_mode():
            states = model(**fed).last_hidden_state.float()
        mask = fed["attention_mask"].unsqueeze(-1)
        sums = torch.zeros(len(texts), states.shape[-1]).index_add(0, of, (states * mask).sum(1))
        n_tokens = torch.zeros(len(texts), 1).index_add(0, of, mask.sum(1).float())
        return (sums / n_tokens.clamp(min=1)).numpy().astype(np.float64)

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        """The tokenizer and the model."""
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        tokenizer: Any = AutoTokenizer.from_pretrained(self._path, local_files_only=True)
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        model: Any = AutoModel.from_pretrained(self._path, local_files_only=True)
        return tokenizer, model.eval()
