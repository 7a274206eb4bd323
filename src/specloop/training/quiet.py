"""Keep the libraries' own bars, banners and warnings off the terminal during training."""

# pyright: basic
from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import datasets
import transformers


@contextmanager
def quiet() -> Iterator[None]:
    """Silence everything below an error; our own progress and messages replace it."""
    bars = datasets.are_progress_bars_disabled()
    level = transformers.logging.get_verbosity()
    tqdm = os.environ.get("TQDM_DISABLE")
    names = ("trl", "peft", "accelerate", "datasets", "torch", "gguf")
    levels = {name: logging.getLogger(name).level for name in names}
    try:
        for name in names:
            logging.getLogger(name).setLevel(logging.ERROR)
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        datasets.disable_progress_bars()
        os.environ["TQDM_DISABLE"] = "1"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)
        transformers.logging.set_verbosity(level)
        transformers.logging.enable_progress_bar()
        if not bars:
            datasets.enable_progress_bars()
        os.environ.pop("TQDM_DISABLE") if tqdm is None else os.environ.update(TQDM_DISABLE=tqdm)
