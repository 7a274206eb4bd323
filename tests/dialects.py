"""Servers that refuse what real ones refuse, in their own words, with an obedient model behind.

Each is a function from a body to its refusal, if any. The sources are the vendors' documentation
and public reports of users, named where the wording is.
"""

# pyright: basic
from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from aiohttp import web

from tests.openai_server import LLAMA, OLLAMA, SGLANG, VLLM, completion, owned_by

Body = dict[str, Any]
Refusal = tuple[int, Any] | None
LIMITS = ("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "pattern")


class Peculiar(NamedTuple):
    """A server: what it refuses, what it tells of itself, options a user would give."""

    refuses: Callable[[Body], Refusal]
    pages: dict[str, Any] | None = None
    options: Mapping[str, Any] = MappingProxyType({})


def _openai(message: str, param: str | None = None, code: str | None = None) -> Any:
    kind = "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def schema_of(body: Body) -> dict[str, Any]:
    given = body.get("response_format", {})
    return given.get("json_schema", {}).get("schema") or given.get("value") or {}


def has(body: Body, *names: str) -> str:
    return next((name for name in names if name in body), "")


def roles(body: Body) -> list[str]:
    return [message["role"] for message in body["messages"]]


def openai(body: Body) -> Refusal:
    # platform.openai.com/docs/guides/structured-outputs: supported schemas.
    if fault := strict_fault(schema_of(body)):
        text = f"Invalid schema for response_format 'reply': {fault}"
        return 400, _openai(text, "response_format", "invalid_json_schema")
    if unknown := has(body, "top_k", "continue_final_message", "random_seed"):
        return 400, _openai(f"Unrecognized request argument supplied: {unknown}")
    return None


def openai_reasoning(body: Body) -> Refusal:
    # platform.openai.com/docs/guides/reasoning; the messages as users report them of o3 and gpt-5.
    if "max_tokens" in body:
        text = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use"
            " 'max_completion_tokens' instead."
        )
        return 400, _openai(text, "max_tokens", "unsupported_parameter")
    if body.get("temperature", 1) != 1:
        text = (
            "Unsupported value: 'temperature' does not support 0.0 with this model. Only the"
            " default (1) value is supported."
        )
        return 400, _openai(text, "temperature", "unsupported_value")
    if name := has(body, "top_p", "logprobs", "stop"):
        text = f"Unsupported parameter: '{name}' is not supported with this model."
        return 400, _openai(text, name, "unsupported_parameter")
    return openai(body)


def azure(body: Body) -> Refusal:
    # azure-sdk-for-net issue 46579 (schemas), and the API versions before 2024-09 (token limit).
    if "max_completion_tokens" in body:
        return 400, _openai("Unrecognized request argument supplied: max_completion_tokens")
    if body.get("response_format", {}).get("type") == "json_schema":
        text = (
            "response_format value as json_schema is enabled only for api versions"
            " 2024-08-01-preview and later"
        )
        return 400, {"error": {"message": text, "type": "", "param": "", "code": "BadRequest"}}
    return None


def vllm(body: Body) -> Refusal:
    # Gemma's chat template; vLLM answers with the template's own words.
    if "system" in roles(body):
        text = "System role not supported"
        return 400, {"object": "error", "message": text, "type": "BadRequestError", "code": 400}
    return None


def sglang(body: Body) -> Refusal:
    if "developer" in roles(body):
        return 400, {"object": "error", "message": "Unknown role: developer", "code": 400}
    return None


def llama_cpp(body: Body) -> Refusal:
    # llama.cpp issues 25746 and 17473 (repetitions), and its check of a begun turn.
    if any(n >= 300 for n in limits_in(schema_of(body))):
        text = "Failed to initialize samplers: failed to parse grammar"
        return 400, {"error": {"code": 400, "message": text, "type": "invalid_request_error"}}
    if roles(body)[-1] == "assistant":
        text = "Assistant response prefill is incompatible with enable_thinking."
        return 400, {"error": {"code": 400, "message": text, "type": "invalid_request_error"}}
    return None


def ollama(_: Body) -> Refusal:
    # docs.ollama.com/openai: what it does not know it overlooks.
    return None


def lm_studio(body: Body) -> Refusal:
    # lmstudio-bug-tracker issue 189.
    if body.get("response_format", {}).get("type") == "json_object":
        return 400, {"error": "'response_format.type' must be 'json_schema' or 'text'"}
    return None


def deepseek(body: Body) -> Refusal:
    # llm-exe issue 662 (schemas); api-docs.deepseek.com/guides/json_mode (the word json).
    given = body.get("response_format", {}).get("type")
    if given == "json_schema":
        code = "invalid_request_error"
        return 400, _openai("This response_format type is unavailable now", None, code)
    if given == "json_object" and "json" not in json.dumps(body["messages"]).lower():
        text = "Prompt must contain the word 'json' in some form to use 'response_format' of type"
        return 400, _openai(f"{text} 'json_object'.")
    return None


def mistral(body: Body) -> Refusal:
    # langchain-azure issue 82 and php-mistral issue 76 (extra inputs); docs.mistral.ai/api.
    extra = ("seed", "logprobs", "top_logprobs", "top_k", "max_completion_tokens")
    found = [
        {
            "type": "extra_forbidden",
            "loc": ["body", name],
            "msg": "Extra inputs are not permitted",
            "input": body[name],
        }
        for name in extra
        if name in body
    ]
    if found:
        return 422, {"object": "error", "message": {"detail": found}, "type": "invalid"}
    last = body["messages"][-1]
    if last["role"] == "assistant" and not last.get("prefix"):
        text = "Expected last role User or Tool (or Assistant with prefix True) for serving"
        return 400, {"object": "error", "message": f"{text} but got assistant", "code": 3230}
    return None


def gemini(body: Body) -> Refusal:
    # ChatterUI issue 227: the compatible endpoint puts the error into a list.
    unknown = [name for name in ("seed", "logprobs", "top_logprobs", "top_k") if name in body]
    if unknown:
        lines = (
            f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
            for name in unknown
        )
        told = {"code": 400, "message": "\n".join(lines), "status": "INVALID_ARGUMENT"}
        return 400, [{"error": told}]
    return None


def openrouter(body: Body) -> Refusal:
    # block/buzz issue 3018: none of the providers behind it takes all that is asked for.
    if body.get("response_format", {}).get("type") == "json_schema":
        text = "No endpoints found that can handle the requested parameters."
        return 404, {"error": {"message": text, "code": 404}}
    return None


def tgi(body: Body) -> Refusal:
    # text-generation-inference issues 3058 and 2899 (forms); its validation of the parameters.
    given = body.get("response_format", {})
    place = "Failed to deserialize the JSON body into the target type: response_format:"
    if given.get("type") == "json_schema":
        kinds = "expected one of `json`, `regex`, `json_object` at line 1 column 200"
        return 422, f"{place} unknown variant `json_schema`, {kinds}"
    if given.get("type") == "json_object" and "value" not in given:
        return 422, f"{place} missing field `value` at line 1 column 168"
    if not 0 < body.get("top_p", 0.5) < 1:
        text = "Input validation error: `top_p` must be > 0.0 and < 1.0"
        return 422, {"error": text, "error_type": "validation"}
    if len(body.get("stop", ())) > 4:
        text = "Input validation error: `stop` supports up to 4 stop sequences. Given: 5"
        return 422, {"error": text, "error_type": "validation"}
    return None


_LISTED = ("structured_outputs", "response_format", "seed", "top_k")
_ROUTED = {"/v1/models": {"data": [{"id": "some/model", "supported_parameters": _LISTED}]}}
DIALECTS = {
    "OpenAI": Peculiar(openai, options={"server": "openai"}),
    "OpenAI, reasoning models": Peculiar(openai_reasoning, options={"server": "openai"}),
    "Azure, old API version": Peculiar(azure, options={"server": "openai"}),
    "vLLM, template without system": Peculiar(vllm, VLLM),
    "SGLang": Peculiar(sglang, SGLANG),
    "llama.cpp, thinking model": Peculiar(llama_cpp, LLAMA),
    "Ollama": Peculiar(ollama, OLLAMA),
    "LM Studio": Peculiar(lm_studio, owned_by("organization_owner")),
    "DeepSeek": Peculiar(deepseek, owned_by("deepseek")),
    "DeepSeek behind a gateway": Peculiar(deepseek),
    "Mistral": Peculiar(mistral, owned_by("mistralai")),
    "Mistral behind a gateway": Peculiar(mistral),
    "Gemini, compatible endpoint": Peculiar(gemini, owned_by("google")),
    "OpenRouter": Peculiar(openrouter, _ROUTED),
    "TGI": Peculiar(tgi),
}


class PeculiarServer:
    """Refuses what it refuses and lets an obedient model answer the rest."""

    def __init__(self, refuses: Callable[[Body], Refusal]) -> None:
        self._refuses = refuses
        self.refused: list[Any] = []
        self.taken: list[Body] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if refusal := self._refuses(body):
            status, told = refusal
            self.refused.append(told)
            text = told if isinstance(told, str) else json.dumps(told)
            return web.Response(status=status, text=text)
        self.taken.append(body)
        return web.json_response(_answer(body))


def _answer(body: Body) -> dict[str, Any]:
    said = "\n".join(message["content"] for message in body["messages"])
    if schema_of(body) or '"colour"' in said:
        text = '{"colour": "red", "reason": "it is"}'
    elif body["messages"][-1]["role"] == "assistant":
        text = " it is red."
    else:
        begun = "Sure," if "Begin your answer with" in said else "Well,"
        text = f"{begun} it is red."
    more: dict[str, Any] = {}
    if body.get("logprobs"):
        tops = [{"token": "Well", "logprob": -0.1}]
        more = {"logprobs": {"content": [{"logprob": -0.1, "top_logprobs": tops}]}}
    return completion(text, **more)


def strict_fault(schema: Any, where: str = "()") -> str:
    """What OpenAI's strict mode has against a schema: its documented subset at its narrowest, as
    Azure and fine-tuned models have it. Empty where there is nothing."""
    if not schema:
        return ""
    if "type" not in schema and not {"$ref", "anyOf"} & schema.keys():
        return f"In context={where}, schema must have a 'type' key."
    if limit := next((name for name in LIMITS if name in schema), ""):
        return f"In context={where}, '{limit}' is not permitted."
    if schema.get("type") == "object":
        names = list(schema.get("properties", {}))
        if schema.get("additionalProperties") is not False:
            return f"In context={where}, 'additionalProperties' is required to be false."
        if sorted(schema.get("required", ())) != sorted(names):
            return f"In context={where}, 'required' is required to include every key."
    inner = dict(schema.get("properties", {})) | {"items": schema.get("items")}
    return next(
        (f for name, one in inner.items() if (f := strict_fault(one, f"{where}.{name}"))), ""
    )


def limits_in(schema: Any) -> list[int]:
    if isinstance(schema, dict):
        own = [value for name, value in schema.items() if name in LIMITS and isinstance(value, int)]
        return own + [n for value in schema.values() for n in limits_in(value)]
    return []
