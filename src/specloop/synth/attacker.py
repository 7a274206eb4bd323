"""The attacker: carry out a strategy as a probing query.

For a rule with a condition that code can decide, the query must meet the condition: a query that
does not is repaired by one plain sentence that brings the condition in, and its record says so.
For a rule that no code decides the model is shown the rule.

The permitted twin of a request to which a conditional rule applies is the closest one to which it
does not. The seed prompt of the attack is the first choice: the pair then differs in what the
attack added. If the seed meets the condition itself, a model rewrites it, and code verifies that
the condition is no longer met.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pydantic import Field

from specloop.attacks import attacks
from specloop.checking import applies
from specloop.draws import drawn, picked
from specloop.ended import is_blank
from specloop.llm.roles import RoleModel, RoleQuestion, ask, object_schema
from specloop.prompt import Prompt
from specloop.records import CheckCall, MadeBy, Rule, Value
from specloop.synth.planner import Tactic
from specloop.synth.plans import Plan


class Query(NamedTuple):
    """A written request and what wrote it."""

    text: str
    made_by: MadeBy


class _Message(Value):
    message: str = Field(min_length=5)

    @property
    def text(self) -> str:
        """The message on one line, without signs before it that a small model slips in."""
        return " ".join(self.message.split()).lstrip(".,;:!?}]) ")


_SCHEMA = object_schema(message={"type": "string", "minLength": 20, "maxLength": 300})
_TWIN_SCHEMA = object_schema(message={"type": "string", "minLength": 15, "maxLength": 260})


async def attack(plan: Plan, tactic: Tactic, role_model: RoleModel | None) -> Query:
    """A query that carries the tactic out; plain tactics need no model.

    A model's text that cannot be a message on the subject is replaced by the plain tactic.
    """
    if role_model is None:
        text = attacks.build(tactic.attack).write(plan.request, plan.rule)
        return Query(_with_trigger(text, plan), MadeBy(model="plain"))
    values = {"seed": plan.request, "strategy": attacks.get(tactic.attack).brief}
    judged = _judged_text(plan)
    values |= {"rule": judged} if judged else {"trigger": _trigger_line(plan)}
    prompt = Prompt.beside(__file__, "attacker_judged") if judged else Prompt.beside(__file__)
    question = RoleQuestion(prompt, values, _SCHEMA, plan.seed, max_tokens=110)
    written, made_by = await ask(role_model, question, _Message)
    if not _plausible(written.text, f"{plan.request} {judged}"):
        return await attack(plan, tactic, None)
    return Query(_with_trigger(written.text, plan), made_by)


def _plausible(text: str, subject: str) -> bool:
    """Whether a model's text can be a message on the subject rather than a slip."""
    words, seed_words = (set(_WORD.findall(t.lower())) for t in (text, subject))
    clean = text[:1].isalnum() or text[:1] in "¿¡"
    return clean and not re.search(r"[{}<>]", text) and _is_long(text) and bool(words & seed_words)


_UNSPACED = r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]"
"""Characters of scripts without spaces between words: Chinese, Japanese, Thai."""
_WORD = re.compile(rf"{_UNSPACED}{{2}}|(?:(?!{_UNSPACED})[^\W\d_]){{4,}}")


def _is_long(text: str) -> bool:
    return len(text.split()) >= 5 or len(re.findall(_UNSPACED, text)) >= 8


def trigger_word(rule: Rule, seed: int) -> str:
    """Phrases that make a conditional rule apply, one of each list; empty if none."""
    when = rule.check.when if rule.check else None
    lists = [phrases for phrases in (when.mentions, when.together_with) if phrases] if when else []
    return " and ".join(picked(phrases, str, seed) for phrases in lists)


def _judged_text(plan: Plan) -> str:
    """The wording of a rule that no code decides. Nothing else says when it is put to the test."""
    return plan.rule.text if plan.rule.check is None else ""


def _trigger_line(plan: Plan) -> str:
    word = trigger_word(plan.rule, plan.seed)
    return f"The new message must contain the words: {word}" if word else ""


def _with_trigger(text: str, plan: Plan) -> str:
    check = plan.rule.check
    if check is None or applies(check, text):
        return text
    word = trigger_word(plan.rule, plan.seed)
    return f"{text} It has to do with {word} too." if word else text


async def permitted_twin(plan: Plan, query: str, role_model: RoleModel | None) -> Query | None:
    """A request near `query` to which the plan's rule does not apply, or None."""
    check = plan.rule.check
    if check is None or check.when is None or not _meets(check, plan):
        return Query(plan.request, MadeBy(model="plain")) if query != plan.request else None
    if role_model is None:
        return None
    values = {"request": query, "words": ", ".join(check.when.mentions)}
    question = RoleQuestion(
        Prompt.beside(__file__, "twins"), values, _TWIN_SCHEMA, plan.seed, max_tokens=100
    )
    written, made_by = await ask(role_model, question, _Message)
    is_twin = not is_blank(written.text) and not applies(check, written.text)
    return Query(written.text, made_by) if is_twin else None


def _meets(check: CheckCall, plan: Plan) -> bool:
    """Whether the seed prompt meets the condition itself, as it was drawn for the rule."""
    return drawn("meets", float(applies(check, plan.request)), plan.seed)
