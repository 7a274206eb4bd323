"""Let the target answer, as the defender and under explicit constraints for the chosen side of
pairs."""

from __future__ import annotations

from collections.abc import Sequence

from specloop.ended import silence
from specloop.llm.base import Request
from specloop.llm.roles import RoleModel
from specloop.prompt import Prompt
from specloop.records import Answer, Case, Message, Purpose, Rule, Sampling


def constrained(probe: Case, rules: Sequence[Rule]) -> tuple[Message, ...]:
    """The probe's conversation with the rules in a system turn before it."""
    turns = Prompt.beside(__file__).render(
        rules="\n".join(f"- {rule.text}" for rule in rules), request=probe.request
    )
    return (turns[0], *probe.messages)


async def answer_to(
    role_model: RoleModel,
    probe: Case,
    messages: tuple[Message, ...],
    sampling: Sampling,
    purpose: Purpose = "defender",
) -> Answer:
    """One answer to a conversation, as a record."""
    reply = await role_model.model.generate(Request(messages=messages, sampling=sampling))
    return Answer(
        case=probe.id,
        purpose=purpose,
        model=role_model.model.name,
        sampling=sampling,
        request_digest=Prompt.beside(__file__).digest if messages != probe.messages else "",
        text=reply.text.strip(),
        finish=reply.finish,
        silent=silence(reply.text, reply.finish, reply.reasoning),
    )


def edited(source: Answer, text: str, purpose: Purpose, rules: tuple[str, ...]) -> Answer:
    """An answer as edited by the checks of some rules."""
    update = {"id": "", "text": text, "purpose": purpose, "repairs": rules, "source": source.id}
    return Answer.model_validate(source.model_dump() | update)
