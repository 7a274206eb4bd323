"""A small case for judges, and replies of scripted judges in the form that they are asked for."""

# pyright: basic
from __future__ import annotations

import json
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
    """The ids a prompt asks about: `S1-S3, B1`, or the single spec at its end."""
    single = re.findall(r"^Specification ([SB]\d+):", prompt, re.M)
    several = re.findall(r"own verdict on the answer for (.*)\.$", prompt, re.M)
    if single:
        return single
    ids: list[str] = []
    for part in several[-1].split(", "):
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


GRADES = {"YES": "7", "NO": "1", "NA": "NA"}
LABELS = {"YES": "0", "NO": "1", "NA": "NA"}
"""Of the policy judge."""


def policy_in(request: Request) -> str:
    """The id of the spec that is shown as a policy."""
    told = request.messages[0].content
    texts = (*SPECS.safety, *SPECS.behavioral)
    return next(n for n, text in zip(IDS, texts, strict=True) if text in told)


def proper(request: Request) -> str:
    """The reply of a judge that answers just what it is asked."""
    prompt = prompt_of(request)
    if "# Policy" in request.messages[0].content:
        return in_form(request, LABELS[TRUE[policy_in(request)]])
    if "your own grade" in prompt:
        (name,) = asked_in(prompt)
        return in_form(request, GRADES[TRUE[name]])
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


def verdict_reply(value: str, reason: str = "since") -> Script:
    """A judge that always gives the same verdict, or grade."""
    return lambda request: in_form(request, value, reason)


def in_form(request: Request, value: str, reason: str = "since") -> str:
    """A reply in the form asked for, with the call's key."""
    if request.json_schema:
        return json.dumps(_filled(json.loads(request.json_schema), value, reason))
    line = r"^(?:(\w+) \| .* \| )?(\w+ \w+) \.\.\.$"
    prompt = prompt_of(request)
    key = key_in(prompt)
    spec, head = re.findall(line, prompt, re.M)[0]
    if spec:
        lines = [f"{spec} | {reason} | {key} {spec} {value}" for spec in asked_in(prompt)]
        return "\n".join([f"VERDICTS {key}", *lines])
    return f"{reason}\n{head} {value}"


def _filled(schema: Any, value: str, reason: str) -> Any:
    if schema["type"] == "object":
        members = schema["properties"].items()
        return {
            name: reason if name == "reason" else _filled(part, value, reason)
            for name, part in members
        }
    return schema["enum"][0] if len(schema.get("enum", ())) == 1 else value
