"""Rubrics: a model writes once for each rule what keeps it and what breaks it, for judges.

It is given the rule's section, the worked examples with the authors' comments and the rules that
the rule depends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Self

from pydantic import field_validator, model_validator

from specloop.draws import ranked
from specloop.items import Loop, each, local
from specloop.judging.context import depends_on
from specloop.judging.guard import FULL, call_key, neutral, quoted
from specloop.judging.guides import near
from specloop.judging.worked import quotes, words_of
from specloop.llm.roles import RoleModel, RoleQuestion, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import Example, Failure, Rubric, RubricText, Rule, Section
from specloop.records.conversation import transcript
from specloop.store import RecordStore

_MOST_EXAMPLE = 1500
_N_EXAMPLES = 3
_SCHEMA = object_schema(
    **{
        name: {"type": "string", "minLength": int(field.is_required()), "maxLength": 300}
        for name, field in RubricText.model_fields.items()
    }
)
_MAX_TOKENS = 700
_NOTHING = frozenset(f" {words} " for words in ("none", "n a", "not applicable", "always applies"))
"""What small models write in a field that should be empty."""


class RubricSource(NamedTuple):
    """What a document holds that rubrics are written from."""

    rules: Sequence[Rule]
    sections: Sequence[Section]
    examples: Sequence[Example]

    def section(self, rule: Rule) -> Section | None:
        """The section of a rule."""
        return next((s for s in self.sections if s.id == rule.section), None)

    def examples_of(self, rule: Rule) -> list[Example]:
        """The worked examples of a rule, those in its own section first."""
        about = [example for example in self.examples if rule.id in example.rules]
        return sorted(about, key=lambda example: example.section != rule.section)


def rules_for_rubrics(rules: Sequence[Rule], n: int) -> list[Rule]:
    """At most so many (0: all) of the rules that code cannot decide, drawn by their wording; of
    those with the same text one."""
    undecided = {rule.text: rule for rule in reversed(rules) if rule.check is None}
    return ranked(list(undecided.values()), lambda rule: rule.text, "rubrics")[: n or None]


async def write_rubrics(
    rules: Sequence[Rule],
    source: RubricSource,
    role_model: RoleModel,
    known: Mapping[str, Rubric],
    store: RecordStore,
) -> list[Rubric | Failure]:
    """A rubric for each rule: the known one, by the rule's text, or one that the model writes. New
    ones and failures go to the store at once."""

    async def written(rule: Rule) -> Rubric:
        return await _written(rule, source, role_model)

    loop = Loop[Rule, Rubric](
        "writing rubrics",
        "rubrics",
        lambda rule: rule.id,
        local(role_model.settings.concurrency),
        earlier=lambda rule: known.get(rule.text),
        record=store.append,
        keep=lambda due: store.append(rubric for _, rubric in due),
    )
    return await each(written, rules, loop)


async def _written(rule: Rule, source: RubricSource, role_model: RoleModel) -> Rubric:
    values = {"rule": _one_line(rule.text)} | _around(rule, source)
    question = RoleQuestion(Prompt.beside(__file__), values, _SCHEMA, 0, _MAX_TOKENS)
    graded = [answer.text for example in source.examples for answer in example.answers]
    kind = _in_own_words(" ".join(values.values()), set(graded))
    text, made_by = await ask(role_model, question, kind)
    return Rubric(rule_text=rule.text, text=RubricText(**text.model_dump()), made_by=made_by)


def _in_own_words(policy: str, graded: Iterable[str]) -> type[RubricText]:
    """The reading of a rubric that refuses what is copied: small models repeat the policy, and the
    prompt's own example of another one, and a judge that is shown another rule as what keeps this
    one is misled. A judge that is shown a graded answer can't be measured on it. Where they write
    that there is nothing to say, nothing is said."""
    shown = _words(policy)
    sample = _words(" ".join(turn.content for turn in Prompt.beside(__file__).turns))

    class InOwnWords(RubricText):
        @field_validator("*", mode="before")
        @classmethod
        def _says_something(cls, said: object) -> object:
            return "" if isinstance(said, str) and _words(said) in _NOTHING else said

        @model_validator(mode="after")
        def _is_not_copied(self) -> Self:
            for name in RubricText.model_fields:
                words = _words(getattr(self, name))
                if name in ("keeps", "breaks") and words in shown:
                    raise ValueError(
                        f"{name} repeats the policy; say in other words what an answer does"
                    )
                if len(words.split()) > 3 and words in sample and words not in shown:
                    raise ValueError(f"{name} is that of another rule; say what holds for this one")
                if any(quotes(getattr(self, name), answer) for answer in graded):
                    raise ValueError(f"{name} quotes a graded answer; think of another one")
            return self

    return InOwnWords


def _words(text: str) -> str:
    """A text as its words in small letters, with a space on both sides."""
    return " ".join(["", *words_of(text), ""])


def _around(rule: Rule, source: RubricSource) -> dict[str, str]:
    """The prompt's values besides the rule, with every text of the document as quoted data."""
    section = source.section(rule)
    text = neutral(near(rule, section)) if section else ""
    examples = [neutral(_shown(e)) for e in source.examples_of(rule)[:_N_EXAMPLES]]
    key = call_key(rule.text, text, *examples, syllables=FULL)
    told = list(depends_on(rule, source.rules))
    return {
        "section": _one_line(" > ".join(section.path)) if section else "",
        "text": quoted("section", text, key),
        "examples": "".join(f"{quoted('example', example, key)}\n" for example in examples),
        "context": "".join(f"{_one_line(line)}\n" for line in told),
    }


def _shown(example: Example) -> str:
    return "\n".join(_parts(example))[:_MOST_EXAMPLE]


def _parts(example: Example) -> Iterator[str]:
    """The conversation, and each answer after its grade and the authors' comment."""
    yield from filter(None, (example.title, transcript(example.conversation), example.comment))
    for answer in example.answers:
        yield " ".join(filter(None, ("Answer,", answer.grade or "not graded", answer.comment)))
        yield transcript(answer.messages)


def _one_line(text: str) -> str:
    return " ".join(neutral(text).split())
