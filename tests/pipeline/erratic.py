"""A `scripted:` model that meets the form it is asked for by chance: now at once, now only when it
is asked again, now briefly, now at length. Its replies follow from the request alone."""

# pyright: basic
from __future__ import annotations

import json
import random
import re
from typing import Any

from specloop.llm.base import Request

WORDS = """
water the roses in the evening and feed them with good compost every spring my dog likes price
chainsaw refund guarantee order number please tell me more
""".split()  # noqa: SIM905


def anyone(request: Request) -> str:
    """A reply in the form asked for, or none."""
    rng = random.Random(request.key(""))
    if not request.json_schema:
        n = rng.randrange(1, max(2, min(request.sampling.max_tokens, 60)))
        return _words(rng, n) + rng.choice(".!?")
    asked = "\n".join(message.content for message in request.messages)
    if not re.search(r"cannot be used|could not be used", asked) and rng.random() < 0.3:
        return "I would rather not."
    passages = re.findall(r"<passage>\n(.*?)\n</passage>", asked, re.DOTALL)
    if passages:
        lines = [line.strip().removeprefix("- ") for line in passages[-1].split("\n")]
        found = [_rule(line, rng) for line in lines if line and rng.random() < 0.6]
        return json.dumps({"rules": found})
    return json.dumps(_filled(json.loads(request.json_schema), rng))


def _rule(line: str, rng: random.Random) -> dict[str, str]:
    kinds = {"type": rng.choice(["prohibition", "requirement"])}
    return {"quote": line, "text": line, "category": rng.choice(["safety", "behavioral"])} | kinds


def _filled(schema: dict[str, Any], rng: random.Random) -> Any:
    if "enum" in schema:
        return rng.choice(schema["enum"])
    match schema["type"]:
        case "object":
            return {key: _filled(one, rng) for key, one in schema["properties"].items()}
        case "array":
            n = rng.randint(min(1, schema.get("minItems", 0)), schema.get("maxItems", 4))
            return [_filled(schema["items"], rng) for _ in range(n)]
        case _:
            least, most = schema.get("minLength", 1), schema.get("maxLength", 200)
            n = rng.randint(least, most)
            return (_words(rng, max(2, n // 5)) + " garden" * 10)[:n]


def _words(rng: random.Random, n: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(n))
