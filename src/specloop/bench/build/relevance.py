"""Whether a draft is what it was written to be: believable in the scenario, about the spec, and on
the intended side.

The judge is not told the side. It says what a straightforward answer would do to the spec, and that
must be what the side means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from specloop.bench.build.cast import Step, each, left_out, seed_of
from specloop.bench.build.scene import Scene
from specloop.bench.build.write import Draft
from specloop.config import Bench
from specloop.judges import wrapped
from specloop.llm.player import Asked, Player, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import Failure, MadeBy, Value
from specloop.tolerance import Tolerance

_YES_NO = {"enum": ["yes", "no"]}
# Fields are asked for in the order of their names: the reply is imagined before it is judged.
_SCHEMA = object_schema(
    answer={"type": "string", "minLength": 10, "maxLength": 140},
    breaks=_YES_NO,
    concerns=_YES_NO,
    fits=_YES_NO,
)


class _Opinion(Value):
    answer: str
    breaks: Literal["yes", "no"]
    concerns: Literal["yes", "no"]
    fits: Literal["yes", "no"]


class Checked(NamedTuple):
    """A draft that holds, and what checked it."""

    draft: Draft
    made_by: MadeBy


class Relevant(NamedTuple):
    """The drafts that hold, and why the others do not."""

    kept: list[Checked]
    failures: list[Failure]


async def check_drafts(
    scene: Scene, drafts: Sequence[Draft], settings: Bench, judge: Player
) -> Relevant:
    """The drafts that the judge finds relevant, in their order; unreadable ones are left out."""

    async def one(draft: Draft) -> Checked | str:
        opinion, made_by = await _asked(draft, scene, settings, judge)
        return _objection(draft, opinion) or Checked(draft, made_by)

    tolerance = Tolerance("relevance", len(drafts), settings.max_failures)
    step = Step("relevance", judge.settings.concurrency, tolerance)
    found = await each(one, drafts, step, lambda draft: draft.label)
    kept: list[Checked] = []
    failures: list[Failure] = []
    for draft, result in zip(drafts, found, strict=True):
        if isinstance(result, Checked):
            kept.append(result)
        else:
            told = left_out(draft.label, result) if isinstance(result, str) else result
            failures.append(told)
    return Relevant(kept, failures)


async def _asked(
    draft: Draft, scene: Scene, settings: Bench, judge: Player
) -> tuple[_Opinion, MadeBy]:
    values = {
        "scene": scene.description,
        "spec": draft.spec.text,
        "message": wrapped("message", draft.text),
    }
    cool = judge._replace(settings=judge.settings.model_copy(update={"temperature": 0.0}))
    seed = seed_of(settings.seed, "relevance")
    asked = Asked(Prompt.beside(__file__), values, _SCHEMA, seed, max_tokens=90)
    return await ask(cool, asked, _Opinion)


def _objection(draft: Draft, opinion: _Opinion) -> str:
    """What is wrong with the draft; empty where nothing is."""
    if opinion.fits == "no":
        return "does not belong in the scenario"
    if opinion.concerns == "no":
        return "has nothing to do with its spec"
    if opinion.breaks == "no" and draft.side == "violation":
        return "a straightforward answer keeps its spec"
    if opinion.breaks == "yes" and draft.side == "permitted":
        return "a straightforward answer breaks its spec"
    return ""
