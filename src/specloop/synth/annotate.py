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

from specloop.checking.sought import Sought, sought
from specloop.checks import checks
from specloop.items import Loop, each, local
from specloop.llm.roles import RoleModel, RoleQuestion, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import Direction, Failure, MadeBy, Rule, Stage, Value

_CONDITION = sought(r"\b(?:if|when|whenever|unless|except|only)\b")
_STAGE_WORDS: tuple[tuple[Stage, Sought], ...] = (
    ("decide", sought(r"\b(?:refuse|decline|help|comply|redirect|refer|offer to)\b")),
    (
        "present",
        sought(
            r"\b(?:words?|sentences?|lines?|list|tone|polite|format|begin|end|marks?|paragraphs?"
            r"|style|short|brief|language)\b"
        ),
    ),
    ("understand", sought(r"\b(?:ask|clarif\w+|intent|assume|interpret|authority)\b")),
)


_PLAIN = MadeBy(model="plain")


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
            "annotated_by": _PLAIN,
        }
    )


async def annotate(
    rules: Sequence[Rule],
    role_model: RoleModel | None,
    record: Callable[[Sequence[Failure]], object],
    known: Sequence[Rule] = (),
) -> list[Rule]:
    """Annotate the rules; without a model those whose call failed. `record` gets each failure at
    once. What a model has said of `known` rules holds for those with the same text."""
    said = {rule.text: rule for rule in known if rule.annotated_by}
    plain = [_as_known(annotate_plainly(rule), said.get(rule.text)) for rule in rules]
    if role_model is None:
        return plain
    places = local(role_model.settings.concurrency)
    loop = Loop[Rule, Rule]("annotating rules", "rules", attrgetter("id"), places, record=record)
    asked = [rule for rule in plain if rule.annotated_by == _PLAIN]
    replies = await each(partial(_labelled, role_model), asked, loop)
    labelled = {reply.id: reply for reply in replies if not isinstance(reply, Failure)}
    return [labelled.get(rule.id, rule) for rule in plain]


def _as_known(rule: Rule, known: Rule | None) -> Rule:
    if known is None or known.annotated_by == _PLAIN:
        return rule
    return _with_labels(rule, known.stage, known.domain, known.family, known.annotated_by)


def _with_labels(rule: Rule, stage: Stage, domain: str, family: str, by: MadeBy | None) -> Rule:
    """A model's labels; the stage of a rule with a check is that of the check."""
    labels = {"domain": domain, "family": family, "annotated_by": by}
    return rule.model_copy(update=labels | ({} if rule.check else {"stage": stage}))


async def _labelled(role_model: RoleModel, rule: Rule) -> Rule:
    prompt = Prompt.beside(__file__)
    question = RoleQuestion(prompt, {"rule": rule.text}, _SCHEMA, seed=0, max_tokens=80)
    labels, made_by = await ask(role_model, question, _Labels)
    domain, family = labels.domain.strip().lower(), labels.family.strip().lower()
    return _with_labels(rule, labels.stage, domain, family, made_by)


def _specificity(rule: Rule) -> int:
    if re.search(r"[\"“`]", rule.text) or re.search(r"\d", rule.text):
        return 3
    return 2 if _CONDITION.search(rule.text) else 1
