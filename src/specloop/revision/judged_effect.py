"""The effect of changes as a model judges it, marked as its judgement and with how sure it is.

Where its reply cannot be read, what the wording says stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast, get_args

from specloop.items import Loop, each, local
from specloop.llm.base import Request, schema_text
from specloop.llm.roles import RoleModel, object_schema
from specloop.llm.structured import ask_json
from specloop.prompt import Prompt
from specloop.records import Failure, RuleChange
from specloop.records.revision import Effect
from specloop.revision.comparison import Comparison, Shown

_SCHEMA = schema_text(
    object_schema(
        why={"type": "string", "maxLength": 300},
        effect={"type": "string", "enum": list(get_args(Effect))},
        sure={"type": "integer", "minimum": 0, "maximum": 100},
    )
)


class _Said(NamedTuple):
    change: RuleChange
    effect: Effect
    sure: float
    why: str

    @property
    def judged(self) -> RuleChange:
        """The change with what the model says."""
        said = {"effect": self.effect, "effect_by": "model", "confidence": self.sure}
        return self.change.model_copy(update=said | {"reason": self.why})


async def judge_effects(
    comparison: Comparison, role_model: RoleModel, tell: Callable[[str], object]
) -> Comparison:
    """The comparison with the model's judgement of every change of words. `tell` gets a remark
    where it gave no answer that can be read."""
    prompt, model = Prompt.beside(__file__), role_model.model
    sampling = role_model.sampling(seed=0, max_tokens=300)

    async def ask(one: Shown) -> _Said:
        old, new = one.texts
        messages = prompt.render(old=old, new=new)
        request = Request(messages=messages, sampling=sampling, json_schema=_SCHEMA)
        effect, sure, why = await ask_json(model, request, _read)
        return _Said(one.change, effect, sure, why)

    loop = Loop[Shown, _Said](
        "judging changes", "diff", _name, local(role_model.settings.concurrency)
    )
    found = await each(ask, _reworded(comparison), loop)
    failed = [one for one in found if isinstance(one, Failure)]
    if failed:
        tell(f"{len(failed)} changes got no answer, the first: {failed[0].reason}")
    judged = {one.change: one.judged for one in found if isinstance(one, _Said)}
    changes = tuple(judged.get(change, change) for change in comparison.changes)
    return replace(comparison, changes=changes)


def _reworded(comparison: Comparison) -> Sequence[Shown]:
    return [one for one in comparison.shown if one.change.effect and one.texts[0] != one.texts[1]]


def _name(one: Shown) -> str:
    return f"{', '.join(one.change.old)} and {', '.join(one.change.new)}"


def _read(content: Any) -> tuple[Effect, float, str]:
    given: dict[str, Any] = content if isinstance(content, dict) else {}
    effect, sure = given.get("effect"), given.get("sure")
    if effect not in get_args(Effect):
        raise ValueError('"effect" is not one of stricter, looser, reversed, editorial, other')
    if isinstance(sure, bool) or not isinstance(sure, int | float) or not 0 <= sure <= 100:
        raise ValueError('"sure" is no number from 0 to 100')
    why = " ".join(str(given.get("why", ""))[:300].split())
    return cast(Effect, effect), round(sure / 100, 2), why
