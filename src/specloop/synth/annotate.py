"""Stage 1 of SpecAlign: direction, stage, domain, family, exception status and specificity of a
rule.

The values of stage are ours (`records.ANSWERING_STAGES`). Without a model they come from the rule's
wording and its check; with one, the model sets what needs reading (stage, domain, family) and the
wording keeps what it decides better (direction, exception, specificity).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter

from pydantic import Field

from specloop.checks import checks
from specloop.items import Loop, each, local
from specloop.llm.roles import RoleModel, RoleQuestion, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import Direction, Failure, MadeBy, Rule, Stage, Value

_CONDITION = re.compile(r"\b(?:if|when|whenever|unless|except|only)\b", re.I)
_STAGE_WORDS: tuple[tuple[Stage, re.Pattern[str]], ...] = (
    ("decide", re.compile(r"\b(?:refuse|decline|help|comply|redirect|refer|offer to)\b", re.I)),
    (
        "present",
        re.compile(
            r"\b(?:words?|sentences?|lines?|list|tone|polite|format|begin|end|marks?|paragraphs?"
            r"|style|short|brief|language)\b",
            re.I,
        ),
    ),
    ("understand", re.compile(r"\b(?:ask|clarif\w+|intent|assume|interpret|authority)\b", re.I)),
)


class _Labels(Value):
    direction: Direction
    stage: Stage
    domain: str = Field(min_length=1)
    family: str = Field(min_length=1)


_SCHEMA = object_schema(
    direction={"type": "string", "enum": ["positive", "negative"]},
    stage={"type": "string", "enum": ["understand", "decide", "compose", "present"]},
    domain={"type": "string", "minLength": 3, "maxLength": 24},
    family={"type": "string", "minLength": 3, "maxLength": 24},
)


def annotate_plainly(rule: Rule) -> Rule:
    """Fill the annotation only from the rule's wording and check."""
    check = rule.check.name if rule.check else ""
    by_wording = next(
        (stage for stage, words in _STAGE_WORDS if words.search(rule.text)), "compose"
    )
    return rule.model_copy(
        update={
            "stage": (checks.get(check).stage if check else None) or by_wording,
            "family": rule.family or check.replace("_", " ") or rule.type,
            "specificity": _specificity(rule),
            "annotated_by": MadeBy(model="plain"),
        }
    )


async def annotate(
    rules: Sequence[Rule],
    role_model: RoleModel | None,
    record: Callable[[Sequence[Failure]], object],
) -> list[Rule]:
    """Annotate the rules; without a model those whose call failed. `record` gets each failure at
    once."""
    plain = [annotate_plainly(rule) for rule in rules]
    if role_model is None:
        return plain
    places = local(role_model.settings.concurrency)
    loop = Loop[Rule, Rule]("annotating rules", "rules", attrgetter("id"), places, record=record)
    replies = await each(partial(_labelled, role_model), plain, loop)
    pairs = zip(plain, replies, strict=True)
    return [rule if isinstance(labelled, Failure) else labelled for rule, labelled in pairs]


async def _labelled(role_model: RoleModel, rule: Rule) -> Rule:
    prompt = Prompt.beside(__file__)
    question = RoleQuestion(prompt, {"rule": rule.text}, _SCHEMA, seed=0, max_tokens=80)
    labels, made_by = await ask(role_model, question, _Labels)
    return rule.model_copy(
        update={
            "stage": rule.stage if rule.check else labels.stage,
            "domain": labels.domain.strip().lower(),
            "family": labels.family.strip().lower(),
            "annotated_by": made_by,
        }
    )


def _specificity(rule: Rule) -> int:
    if re.search(r"[\"“`]", rule.text) or re.search(r"\d", rule.text):
        return 3
    return 2 if _CONDITION.search(rule.text) else 1
