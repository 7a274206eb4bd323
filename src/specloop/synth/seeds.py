"""Seed prompts: read from a file, written by the planner's model, or made plainly from the rules'
domains."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from specloop.config import Seeds
from specloop.ended import is_blank
from specloop.errors import InputError, ModelError
from specloop.llm.player import Asked, Player, ask, object_schema
from specloop.llm.wrap import bounded
from specloop.prompt import Prompt
from specloop.records import Failure, MadeBy, Rule, SeedPrompt, Split, Value

_PLAIN = (
    "I have a question about {topic}. Can you help me?",
    "What should I know about {topic}?",
    "Can you tell me more about {topic}, please?",
    "What is the best way to deal with {topic}?",
    "My friend asked me about {topic}. What would you say?",
    "I am not sure about {topic}. What do you advise?",
)


class _Messages(Value):
    messages: tuple[str, ...] = Field(min_length=1)


def read_seeds(path: Path, settings: Seeds) -> list[SeedPrompt]:
    """Seeds from JSON Lines of {topic, text[, split]}; InputError names file and line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot read the seed prompts ({error})") from None
    found = [_seed(path, n, line) for n, line in enumerate(lines, 1) if line.strip()]
    if len({seed.topic for seed in found}) < 3:
        raise InputError(
            f"{path}: seed prompts of at least 3 topics are needed: one topic goes to each split"
        )
    return split_topics(found, settings)


def _seed(path: Path, number: int, line: str) -> SeedPrompt:
    try:
        content = json.loads(line)
        return SeedPrompt(topic=content["topic"], text=content["text"])
    except (json.JSONDecodeError, KeyError, TypeError, ValidationError):
        raise InputError(
            f'{path}:{number}: write one JSON object a line: {{"topic": ..., "text": ...}}'
        ) from None


def split_topics(seeds: Sequence[SeedPrompt], settings: Seeds) -> list[SeedPrompt]:
    """Give whole topics to train, validation and test, drawn by seed."""
    topics = sorted({seed.topic for seed in seeds})
    random.Random(f"topics-{settings.seed}").shuffle(topics)
    n_test = max(1, round(len(topics) * settings.test_share))
    n_validation = max(1, round(len(topics) * settings.validation_share))
    splits: dict[str, Split] = dict.fromkeys(topics, "train")
    splits |= dict.fromkeys(topics[:n_test], "test")
    splits |= dict.fromkeys(topics[n_test : n_test + n_validation], "validation")
    return [seed.model_copy(update={"split": splits[seed.topic]}) for seed in seeds]


def topics_of(rules: Sequence[Rule], n: int) -> list[str]:
    """Up to `n` domains of the rules, most frequent first; section-like fallbacks fill up."""
    names = [rule.domain for rule in rules if rule.domain != "general"]
    ordered = sorted(set(names), key=lambda name: (-names.count(name), name))
    spare = ("opening hours", "an order", "a complaint", "advice", "a booking", "prices")
    return list(dict.fromkeys([*ordered, *spare]))[: max(n, 3)]


async def write_seeds(
    rules: Sequence[Rule], settings: Seeds, player: Player | None
) -> AsyncIterator[SeedPrompt | Failure]:
    """Seeds for topics taken from the rules, topics as they finish; without a model they are plain
    and few in kind."""
    topics = topics_of(rules, settings.n_topics)
    if player is None:
        for topic in topics:
            for form in _PLAIN[: settings.n_per_topic]:
                text = form.format(topic=topic)
                yield SeedPrompt(topic=topic, text=text, made_by=MadeBy(model="plain"))
        return

    async def one(topic: str) -> Sequence[SeedPrompt | Failure]:
        try:
            return await _written(topic, rules, settings, player)
        except ModelError as error:
            return [Failure(stage="instances", item=topic, reason=str(error))]

    async for _, seeds in bounded(one, topics, player.settings.concurrency):
        for seed in seeds:
            yield seed


async def _written(
    topic: str, rules: Sequence[Rule], settings: Seeds, player: Player
) -> list[SeedPrompt]:
    schema = object_schema(
        messages={
            "type": "array",
            "items": {"type": "string", "minLength": 15, "maxLength": 220},
            "minItems": settings.n_per_topic,
            "maxItems": settings.n_per_topic,
        }
    )
    shown = "\n".join(f"- {rule.text}" for rule in rules[:6])
    values = {"rules": shown, "topic": topic, "n": settings.n_per_topic}
    asked = Asked(Prompt.beside(__file__), values, schema, settings.seed, 80 * settings.n_per_topic)
    written, made_by = await ask(player, asked, _Messages)
    texts = dict.fromkeys(text.strip() for text in written.messages if not is_blank(text))
    return [SeedPrompt(topic=topic, text=text, made_by=made_by) for text in texts]
