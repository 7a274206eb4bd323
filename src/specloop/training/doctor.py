"""Check preference data before training: what would teach the wrong thing, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from specloop.ended import is_blank
from specloop.errors import InputError
from specloop.records import Message, PreferencePair, folded
from specloop.training.rows import PairTokens

MIN_PAIRS = 8
LENGTH_BIAS = 1.5


def check_trainable(
    pairs: Sequence[PreferencePair], rows: Sequence[PairTokens], max_length: int
) -> None:
    """InputError if training cannot work at all."""
    if len(pairs) < MIN_PAIRS:
        raise InputError(
            f"{PreferencePair.FILE}: {len(pairs)} training pairs; training needs at least "
            f"{MIN_PAIRS} (raise synthesis.waves or synthesis.exchanges_per_wave)"
        )
    prompts = [len(row.prompt_ids) for row in rows]
    n_fit = sum(length < max_length for length in prompts)
    if n_fit < MIN_PAIRS:
        longest = max(prompts)
        raise InputError(
            f"train.max_length = {max_length}: only {n_fit} of {len(pairs)} prompts leave room for "
            f"an answer (the longest has {longest} tokens); raise train.max_length"
        )


def diagnose(
    pairs: Sequence[PreferencePair],
    rows: Sequence[PairTokens],
    max_length: int,
    held_out: Iterable[Sequence[Message]] = (),
    preferences: bool = True,
) -> list[str]:
    """Warnings about the pairs. Without `preferences` rejected answers are not used."""
    return [
        *_content(pairs),
        *_truncation(rows, max_length, ("chosen", "rejected") if preferences else ("chosen",)),
        *(_length_bias(rows) if preferences else ()),
        *_leaks(pairs, held_out),
    ]


def _content(pairs: Sequence[PreferencePair]) -> Iterator[str]:
    identical = sum(folded(p.chosen_text) == folded(p.rejected_text) for p in pairs)
    if identical:
        yield f"{identical} of {len(pairs)} pairs have one text on both sides and teach nothing"
    empty = sum(is_blank(p.chosen_text) for p in pairs)
    if empty:
        yield f"{empty} of {len(pairs)} chosen answers are empty: they teach to say nothing"


def _truncation(rows: Sequence[PairTokens], max_length: int, sides: Sequence[str]) -> Iterator[str]:
    n = len(rows)
    dropped = sum(len(row.prompt_ids) >= max_length for row in rows)
    if dropped:
        yield (
            f"{dropped} of {n} pairs are left out: "
            f"their prompt alone fills train.max_length = {max_length}"
        )
    for side in sides:
        lengths = ((len(row.prompt_ids), len(getattr(row, f"{side}_ids"))) for row in rows)
        cut = sum(prompt < max_length < prompt + answer for prompt, answer in lengths)
        if cut:
            ends = " and the model never sees where they end" if side == "chosen" else ""
            yield f"{cut} of {n} {side} answers are cut at train.max_length = {max_length}{ends}"


def _length_bias(rows: Sequence[PairTokens]) -> Iterator[str]:
    chosen = sum(len(row.chosen_ids) for row in rows) / max(1, len(rows))
    rejected = sum(len(row.rejected_ids) for row in rows) / max(1, len(rows))
    longer, shorter = max(chosen, rejected), min(chosen, rejected)
    if longer > LENGTH_BIAS * shorter:
        word = "shorter" if chosen < rejected else "longer"
        yield (
            f"chosen answers are much {word} than rejected ones ({chosen:.0f} against "
            f"{rejected:.0f} tokens on average): the model may learn length instead of the rules"
        )


def _leaks(pairs: Sequence[PreferencePair], held_out: Iterable[Sequence[Message]]) -> Iterator[str]:
    known = {_conversation(messages) for messages in held_out}
    leaked = sum(_conversation(pair.prompt) in known for pair in pairs)
    if leaked:
        yield f"{leaked} of {len(pairs)} training prompts are in the validation or test split too"


def _conversation(messages: Sequence[Message]) -> tuple[tuple[str, str], ...]:
    return tuple((message.role, folded(message.written)) for message in messages)
