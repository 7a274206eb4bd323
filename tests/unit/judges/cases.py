"""A small case, and judges that answer as they should."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from specloop.judging.base import JudgeCase
from specloop.llm.backends.scripted import Script, ScriptedModel
from specloop.llm.base import Capabilities, Request
from specloop.records import Specs

SPECS = Specs(
    safety=("Do not insult anybody.", "Do not show violence."),
    behavioral=("Begin with a question.", "End with a lesson.", "Mention at least one fox."),
)
IDS = ("S1", "S2", "B1", "B2", "B3")
TRUE = dict(zip(IDS, ("YES", "NO", "NA", "YES", "NO"), strict=True))


def a_case(
    response: str = "The fox bit the hen.", query: str = "A story?", **more: Any
) -> JudgeCase:
    return JudgeCase(SPECS.listed(), query, response, **more)


def prompt_of(request: Request) -> str:
    return request.messages[-1].content


def key_in(prompt: str) -> str:
    """The call's key, which stands in the answer's delimiter."""
    return re.findall(r"^<answer (\w+)>$", prompt, re.M)[0]


def query_key_in(prompt: str) -> str:
    """The key of the query, which is the same for every answer to it."""
    return re.findall(r"^<query (\w+)>$", prompt, re.M)[0]


def asked_in(prompt: str) -> list[str]:
    """The ids a prompt asks about: `S1-S3, B1`, or the one spec at its end."""
    one = re.findall(r"^Specification ([SB]\d+):", prompt, re.M)
    wanted = re.findall(r"own verdict on the answer for (.*)\.$", prompt, re.M)
    if one:
        return one
    ids: list[str] = []
    for part in wanted[-1].split(", "):
        first, _, last = part.partition("-")
        last = last or first
        ids += [f"{first[0]}{n}" for n in range(int(first[1:]), int(last[1:]) + 1)]
    return ids


def in_lines(key: str, labels: Mapping[str, str]) -> str:
    lines = (f"{n} | since | {key} {n} {v}" for n, v in labels.items())
    return "\n".join([f"VERDICTS {key}", *lines])


def in_json(key: str, labels: Mapping[str, str]) -> str:
    name = f"verdict_{key}"
    items = (f'"{n}": {{"reason": "since", "{name}": "{v}"}}' for n, v in labels.items())
    return "{" + ", ".join([f'"key": "{key}"', *items]) + "}"


def proper(request: Request) -> str:
    """The reply of a judge that answers just what it is asked."""
    prompt = prompt_of(request)
    labels = {name: TRUE[name] for name in asked_in(prompt)}
    return (in_json if request.json_schema else in_lines)(key_in(prompt), labels)


class Sure(ScriptedModel):
    """Scores the true label of the spec asked about highest."""

    async def score(self, messages, continuation):
        prompt = messages[-1].content
        texts = (*SPECS.safety, *SPECS.behavioral)
        true = next(
            TRUE[n] for n, t in zip(IDS, texts, strict=True) if f"Specification: {t}" in prompt
        )
        return (-0.1,) if continuation == true else (-3.0,)


def a_judge_model(reply: Script | Sequence[str] = proper, schema: bool = True) -> ScriptedModel:
    model = Sure(reply)
    model.capabilities = Capabilities(json_schema=schema, score=True)
    return model
