"""Seed prompts: read from a file, or about the document's own subjects, written by the planner's
model or made without one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from json import JSONDecodeError
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from specloop.config import Seeds
from specloop.draws import ranked
from specloop.ended import is_blank
from specloop.errors import InputError
from specloop.files import lines_of
from specloop.items import Loop, each, local
from specloop.jsontext import first_fault, numbered_lines, read_value
from specloop.llm.roles import RoleModel, RoleQuestion, ask, object_schema
from specloop.llm.structured import UnreadableError
from specloop.prompt import Prompt
from specloop.records import Failure, MadeBy, Rule, SeedPrompt, Split, Value, folded
from specloop.synth.subjects import Subjects

LEAST_TOPICS = 3
"""One topic for each split."""
_SHOWN = 6
"""Most rules to show the model that writes seeds, those about the topic first."""


class _Messages(Value):
    messages: tuple[str, ...] = Field(min_length=1)


def read_seeds(path: Path, settings: Seeds) -> list[SeedPrompt]:
    """Read seeds from JSON Lines of {topic, text[, rules][, split]}; InputError names file and
    line.

    A split in the file is kept: then every line needs one, and a topic has only one.
    """
    seeds = [_seed(f"{path}:{n}", line) for n, line in numbered_lines(lines_of(path))]
    seeds = list(dict.fromkeys(_one_name_a_topic(seeds)))
    if len({seed.topic for seed in seeds}) < LEAST_TOPICS:
        raise InputError(
            f"{path}: seed prompts of at least {LEAST_TOPICS} topics are needed: one topic goes to"
            " each split"
        )
    with_split = [seed for seed in seeds if seed.split is not None]
    if with_split:
        _check_splits(str(path), seeds)
        return [SeedPrompt(**seed.model_dump()) for seed in seeds]
    plain = [seed.model_dump(exclude={"split"}) for seed in seeds]
    return split_topics([SeedPrompt(**seed) for seed in plain], settings)


def with_known_rules(
    seeds: Sequence[SeedPrompt], rules: Sequence[Rule]
) -> tuple[list[SeedPrompt], list[str]]:
    """The seeds with the wordings of the rules that they name, and the names of no rule.

    A rule is named by its wording, whatever its white space and capitals, or by its id.
    """
    texts = {name: rule.text for rule in rules for name in (rule.id, folded(rule.text))}
    named = {name: texts.get(name) or texts.get(folded(name)) for s in seeds for name in s.rules}
    unknown = [name for name, text in named.items() if text is None]
    known = [_with_rules(seed, [named[name] for name in seed.rules]) for seed in seeds]
    return known, unknown


def _with_rules(seed: SeedPrompt, texts: Sequence[str | None]) -> SeedPrompt:
    content = seed.model_dump(exclude={"id"}) | {"rules": tuple(filter(None, texts))}
    return SeedPrompt.model_validate(content)


def _one_name_a_topic(seeds: Sequence[_Line]) -> Iterator[_Line]:
    """The lines, with one name for topics that differ only in capitals and spaces, because these
    must not get into different splits."""
    names: dict[str, str] = {}
    for seed in seeds:
        topic = names.setdefault(folded(seed.topic), seed.topic)
        yield seed.model_copy(update={"topic": topic})


def _not_blank(text: str) -> str:
    if is_blank(text):
        raise ValueError("it is blank")
    return text.strip()


_Said = Annotated[str, AfterValidator(_not_blank)]


class _Line(BaseModel, frozen=True):
    """A line of a file; other keys are ignored, such as those of a run's own seeds."""

    topic: _Said
    text: _Said
    rules: tuple[_Said, ...] = ()
    split: Split | None = None


def _seed(where: str, line: bytes) -> _Line:
    wanted = 'write one JSON object a line: {"topic": ..., "text": ...}'
    try:
        content = read_value(line)
    except UnicodeDecodeError:
        raise InputError(f"{where}: {wanted}, in UTF-8") from None
    except JSONDecodeError as error:
        why = f"{error.msg} at column {error.colno}"
        raise InputError(f"{where}: {wanted}; this is none ({why})") from None
    except ValueError as error:
        raise InputError(f"{where}: {wanted}; this is none ({error})") from None
    if not isinstance(content, dict):
        raise InputError(f"{where}: {wanted}")
    try:
        return _Line.model_validate(cast(dict[str, Any], content))
    except ValidationError as error:
        raise InputError(
            f'{where}: {first_fault(error)}; a line is {{"topic": ..., "text": ...}}, "rules" (a '
            'list of rules that the request puts to the test) and "split" (train, validation or'
            " test) where you want to set them"
        ) from None


def _check_splits(where: str, seeds: Sequence[_Line]) -> None:
    splits: dict[str, set[Split | None]] = {}
    for seed in seeds:
        splits.setdefault(seed.topic, set()).add(seed.split)
    if any(seed.split is None for seed in seeds):
        topic = next(seed.topic for seed in seeds if seed.split is None)
        raise InputError(f"{where}: topic {topic!r} has no split; give one in every line or none")
    mixed = next((topic for topic, used in splits.items() if len(used) > 1), None)
    if mixed is not None:
        raise InputError(
            f"{where}: topic {mixed!r} stands in several splits; a topic belongs to one, or what is"
            " trained on would be measured"
        )
    missing = {"train", "validation", "test"}.difference(*splits.values())
    if missing:
        raise InputError(f"{where}: no line has the split {min(missing)!r}; all three need one")


def split_topics(seeds: Sequence[SeedPrompt], settings: Seeds) -> list[SeedPrompt]:
    """Give whole topics to train, validation and test, drawn by seed; every split gets one.
    InputError if there are fewer topics than splits."""
    topics = {seed.topic for seed in seeds}
    if len(topics) < LEAST_TOPICS:
        raise InputError(
            f"seed prompts of {len(topics)} topics only; {LEAST_TOPICS} are needed, one for each "
            "split: raise seeds.n_topics, or give a file of seed prompts"
        )
    n_test = min(max(1, round(len(topics) * settings.test_share)), len(topics) - 2)
    n_left = len(topics) - n_test
    n_validation = min(max(1, round(len(topics) * settings.validation_share)), n_left - 1)
    splits: dict[str, Split] = dict.fromkeys(topics, "train")
    splits |= dict.fromkeys(ranked(topics, str, "test", settings.seed)[:n_test], "test")
    left = (topic for topic in topics if splits[topic] == "train")
    drawn = ranked(left, str, "validation", settings.seed)
    splits |= dict.fromkeys(drawn[:n_validation], "validation")
    return [seed.model_copy(update={"split": splits[seed.topic]}) for seed in seeds]


def topics_of(subjects: Subjects, rules: Sequence[Rule], n: int) -> list[str]:
    """Up to `n` topics: the document's subjects, then the domains that a model has given its rules.

    InputError if there are too few.
    """
    domains = Counter(r.domain for r in rules if r.domain != "general" and r.stage != "present")
    names = [*subjects.names, *sorted(domains, key=lambda name: (-domains[name], name))]
    topics = list({topic.lower(): topic for topic in reversed(names)}.values())[::-1]
    if len(topics) < LEAST_TOPICS:
        raise InputError(
            f"the document names {len(topics)} subjects that requests could be about, and "
            f"{LEAST_TOPICS} are needed, one for each split: give a file of seed prompts "
            "(seeds.path)"
        )
    return topics[: max(n, LEAST_TOPICS)]


def plain_seeds(topics: Sequence[str], subjects: Subjects, settings: Seeds) -> list[SeedPrompt]:
    """Seeds for topics without a model: plain, and of few kinds."""
    forms = subjects.language.forms[: settings.n_per_topic]
    texts = ((topic, form.format(topic=topic)) for topic in topics for form in forms)
    plain = MadeBy(model="plain")
    return [
        SeedPrompt(topic=topic, text=text[0].upper() + text[1:], made_by=plain)
        for topic, text in texts
    ]


async def write_seeds(
    topics: Sequence[str],
    rules: Sequence[Rule],
    settings: Seeds,
    role_model: RoleModel,
    record: Callable[[Sequence[Failure]], object],
) -> list[SeedPrompt]:
    """Write seeds for topics by the role's model. `record` gets each failure at once."""
    places = local(role_model.settings.concurrency)
    loop = Loop[str, list[SeedPrompt]](
        "seed prompts by topic", "instances", str, places, record=record
    )
    work = partial(_written, rules, settings, role_model)
    results = await each(work, topics, loop)
    return [seed for seeds in results if not isinstance(seeds, Failure) for seed in seeds]


async def _written(
    rules: Sequence[Rule], settings: Seeds, role_model: RoleModel, topic: str
) -> list[SeedPrompt]:
    schema = object_schema(
        messages={
            "type": "array",
            "items": {"type": "string", "minLength": 15, "maxLength": 220},
            "minItems": settings.n_per_topic,
            "maxItems": settings.n_per_topic,
        }
    )
    drawn = ranked(rules, lambda rule: rule.text, topic)
    about = sorted(drawn, key=lambda rule: not _names(rule.text, topic))
    shown = "\n".join(f"- {rule.text}" for rule in about[:_SHOWN])
    values = {"rules": shown, "topic": topic, "n": settings.n_per_topic}
    question = RoleQuestion(
        Prompt.beside(__file__), values, schema, settings.seed, 80 * settings.n_per_topic
    )
    written, made_by = await ask(role_model, question, _Messages)
    texts = dict.fromkeys(" ".join(text.split()) for text in written.messages if not is_blank(text))
    if not texts:
        raise UnreadableError("seeds.md: every message of the reply is blank")
    return [SeedPrompt(topic=topic, text=text, made_by=made_by) for text in texts]


def _names(text: str, topic: str) -> bool:
    """Whether a text names a topic, judging by the topic's last word."""
    return topic.lower().split()[-1] in text.lower()
