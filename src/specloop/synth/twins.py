"""Permitted twins: for a request to which a conditional rule applies, the closest one to which it
does not.

The seed prompt of the attack is the first choice: the pair then differs in what the attack added.
If the seed meets the condition itself, a model rewrites it, and code verifies that the condition is
no longer met.
"""

from __future__ import annotations

from specloop.checking import applies
from specloop.draws import drawn
from specloop.ended import is_blank
from specloop.llm.roles import RoleModel, RoleQuestion, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import CheckCall, MadeBy
from specloop.synth.attacker import Query, WrittenMessage
from specloop.synth.planner import ExchangeTask

_SCHEMA = object_schema(message={"type": "string", "minLength": 15, "maxLength": 260})


async def permitted_twin(
    task: ExchangeTask, query: str, role_model: RoleModel | None
) -> Query | None:
    """A request near `query` to which the task's rule does not apply, or None."""
    check = task.rule.check
    if check is None or check.when is None or not _meets(check, task):
        return Query(task.request, MadeBy(model="plain")) if query != task.request else None
    if role_model is None:
        return None
    values = {"request": query, "words": ", ".join(check.when.mentions)}
    question = RoleQuestion(Prompt.beside(__file__), values, _SCHEMA, task.seed, max_tokens=100)
    written, made_by = await ask(role_model, question, WrittenMessage)
    is_twin = not is_blank(written.text) and not applies(check, written.text)
    return Query(written.text, made_by) if is_twin else None


def _meets(check: CheckCall, task: ExchangeTask) -> bool:
    """Whether the seed prompt meets the condition itself, as it was drawn for the rule."""
    return drawn("meets", float(applies(check, task.request)), task.seed)
