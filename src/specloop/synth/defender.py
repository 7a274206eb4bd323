"""The target answers: as the defender, and under explicit constraints for the chosen side of
pairs."""

from __future__ import annotations

from collections.abc import Sequence

from specloop.ended import silence
from specloop.llm.base import Request
from specloop.llm.roles import RoleModel
from specloop.prompt import Prompt
from specloop.records import MadeBy, Message, Probe, Response, Rule, Sampling, last_request


def constrained(probe: Probe, rules: Sequence[Rule]) -> tuple[Message, ...]:
    """The probe's conversation with the rules in a system turn before it."""
    turns = Prompt.beside(__file__).render(
        rules="\n".join(f"- {rule.text}" for rule in rules), request=last_request(probe.messages)
    )
    return (turns[0], *probe.messages)


async def answer(
    role_model: RoleModel,
    probe: Probe,
    messages: tuple[Message, ...],
    sampling: Sampling,
    purpose: str = "defender",
) -> Response:
    """One answer to a conversation, as a record."""
    reply = await role_model.model.generate(Request(messages=messages, sampling=sampling))
    digest = Prompt.beside(__file__).digest if messages != probe.messages else ""
    made_by = MadeBy(model=role_model.model.name, prompt=digest, sampling=sampling)
    content = {
        "probe": probe.id,
        "text": reply.text.strip(),
        "finish": reply.finish,
        "silent": silence(reply.text, reply.finish, reply.reasoning),
        "purpose": purpose,
        "made_by": made_by,
    }
    return Response.model_validate(content)
