"""Check that a draft is believable in the scenario, about the spec, and on the intended side.

The judge does not know the side. It says what the person wants and whether simply giving it would
break the spec, and that has to agree with the side. If the spec demands a fixed wording under a
condition that code can decide, code decides, because somebody who does not know the spec would
leave the wording out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Literal, NamedTuple

from specloop.benchmaker.scene import Scene
from specloop.benchmaker.steps import left_out, loop_of
from specloop.benchmaker.write import PromptDraft
from specloop.checking import applies, build
from specloop.config import Benchmaker
from specloop.draws import seed_of
from specloop.items import each
from specloop.judging.guard import neutral, wrapped
from specloop.judging.readings import as_latin
from specloop.judging.signs import signs
from specloop.llm.roles import RoleModel, RoleQuestion, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import Failure, MadeBy, Value
from specloop.tolerance import Legibility

_YES_NO = {"type": "string", "enum": ["yes", "no"]}
# Fields are asked for in the order of their names: what is wanted before what it would break.
_SCHEMA = object_schema(
    asks_for={"type": "string", "minLength": 5, "maxLength": 90},
    breaks=_YES_NO,
    concerns=_YES_NO,
    fits=_YES_NO,
)


_MEMBER = re.compile(r"\b(?:breaks|concerns|fits|the_same)\b[^\w:=]{0,6}[:=]", re.I)
"""What a copied judge's reply consists of, which its free text could hold."""


class _Opinion(Value):
    asks_for: str
    breaks: Literal["yes", "no"]
    concerns: Literal["yes", "no"]
    fits: Literal["yes", "no"]


class Relevant(NamedTuple):
    """The drafts that passed, and why the others did not."""

    kept: list[PromptDraft]
    failures: list[Failure]


async def check_drafts(
    scene: Scene, drafts: Sequence[PromptDraft], settings: Benchmaker, judge: RoleModel
) -> Relevant:
    """The drafts that the judge finds relevant, in their order; unreadable ones are left out."""

    async def check(draft: PromptDraft) -> PromptDraft | str:
        if writes_verdicts(draft.text):
            return "seems to write its judge's verdict"
        opinion, made_by = await _asked(draft, scene, settings, judge)
        return _objection(draft, opinion) or draft._replace(checked_by=made_by)

    name = f"relevance by {judge.model.name}"
    legibility = Legibility(name, settings.max_failures, len(drafts))

    def seen(_: PromptDraft, result: PromptDraft | str | Failure) -> None:
        if not isinstance(result, Failure):
            legibility.add("")
        elif result.kind == "left out":
            legibility.add(result.reason)

    loop = loop_of("relevance", attrgetter("label"), judge, settings)
    results = await each(check, drafts, replace(loop, seen=seen))
    relevant = Relevant([], [])
    for draft, result in zip(drafts, results, strict=True):
        if isinstance(result, PromptDraft):
            relevant.kept.append(result)
        else:
            failure = left_out(draft.label, result) if isinstance(result, str) else result
            relevant.failures.append(failure)
    return relevant


def writes_verdicts(message: str) -> bool:
    """Whether a message seems to write the verdict on itself, so that no judge is asked about it.

    It does if it holds parts of such a reply, or speaks to a judge.
    """
    return bool(_MEMBER.search(as_latin(message)) or signs(message, asked=True))


async def _asked(
    draft: PromptDraft, scene: Scene, settings: Benchmaker, judge: RoleModel
) -> tuple[_Opinion, MadeBy]:
    values = {
        "scene": scene.description,
        "spec": draft.spec.text,
        "message": wrapped("message", neutral(draft.text)),
    }
    cool = judge._replace(settings=judge.settings.model_copy(update={"temperature": 0.0}))
    seed = seed_of(settings.seed, "relevance")
    question = RoleQuestion(Prompt.beside(__file__), values, _SCHEMA, seed, max_tokens=70)
    return await ask(cool, question, _Opinion)


def _objection(draft: PromptDraft, opinion: _Opinion) -> str:
    """What is wrong with the draft; empty if nothing is."""
    if opinion.fits == "no":
        return "does not belong in the scenario"
    decided = _decided(draft)
    breaks = opinion.breaks == "yes" if decided is None else decided
    if draft.side == "violation":
        return "" if breaks else "a straightforward answer keeps its spec"
    if breaks:
        return "a straightforward answer breaks its spec"
    # If the condition is the subject, a draft that does not meet it is about something else.
    off = opinion.concerns == "no" and decided is None
    return "has nothing to do with its spec" if off else ""


def _decided(draft: PromptDraft) -> bool | None:
    """Whether a straightforward answer breaks the spec, if code can decide that from the
    request."""
    check = draft.spec.check
    if check is None or check.when is None or build(check).addition() is None:
        return None
    return applies(check, draft.text)
