"""`openai:` models: any server that speaks OpenAI's chat completions (vLLM, SGLang, llama.cpp,
Ollama, OpenRouter, hosted APIs)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool

from specloop.llm.backends import Backend, backends
from specloop.llm.base import Model
from specloop.llm.calls.retry import RetryPolicy
from specloop.records import Value

Kind = Literal[
    "openai",
    "vllm",
    "sglang",
    "llama.cpp",
    "ollama",
    "openrouter",
    "deepseek",
    "mistral",
    "unknown",
]
"""What a server is."""
Continue = Literal["flags", "final", "prefix", "words"]
"""How a begun assistant turn is continued.

flags   `continue_final_message` with `add_generation_prompt` false
final   a final assistant message is continued anyway
prefix  `prefix: true` on the final assistant message (DeepSeek, Mistral)
words   not at all: the model is asked to begin so
"""
_Places = Annotated[int, Field(ge=1, lt=2**31)]


class EndpointTable(Value):
    """One of several servers of the same model; what it leaves out is as for the model."""

    url: str
    api_key_env: str = ""
    max_concurrency: _Places | None = None


def _as_table(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


@backends.register("openai")
class OpenAI(Backend):
    """A server that speaks OpenAI's chat completions, `openai:MODEL`."""

    reach = frozenset(
        {
            *("base_url", "base_urls", "api_key_env", "max_concurrency", "timeout_s"),
            *("connect_timeout_s", "retry", "context"),
        }
    )

    base_url: str = ""
    """Else $OPENAI_BASE_URL, else OpenAI's."""
    base_urls: tuple[Annotated[EndpointTable, BeforeValidator(_as_table)], ...] = ()
    """Several servers of the same model, instead of `base_url`: addresses or tables."""
    api_key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds the key."""
    max_concurrency: _Places = 1024
    """Calls in flight to one server at most; fewer while it is overloaded."""
    timeout_s: float = Field(default=600.0, gt=0)
    connect_timeout_s: float = Field(default=10.0, gt=0)
    retry: RetryPolicy = RetryPolicy()
    server: Kind | Literal[""] = ""
    """What the server is; empty: it is asked."""
    prefill: Continue | Literal[""] = ""
    """How a begun assistant turn is continued; empty: as is known of the server."""
    regex_field: str = ""
    """Field for a regular expression, dots for nesting; empty: as is known of the server."""
    max_tokens_field: str = ""
    structured: Literal["auto", "schema", "object", "words"] = "auto"
    """How JSON is asked for: by a schema that the server enforces, as a JSON object whose fields
    are described in words, or in words alone; auto: as the server takes it."""
    system: Literal["auto", "user"] = "auto"
    """Where system text goes: auto: into a message of that role, unless the server refuses it;
    user: in front of the user's turn."""
    thinking: StrictBool | None = None
    """Thinking on or off, by the server's own parameter; None: as the server has it."""
    thinking_begun: bool = False
    """The chat template opens the think block, so a reply cut inside it shows no mark of it."""
    raw_text: bool = False
    """A thought that stands in a reply's text is left there, to the letter."""
    context: int = Field(default=0, ge=0)
    """Tokens of prompt and answer together; 0: as the server tells."""
    omit: tuple[str, ...] = ()
    """Parameters never sent, such as temperature for models that refuse it."""
    extra_body: dict[str, Any] = Field(default_factory=dict)
    """Sent with every request; replaces what would be sent otherwise."""

    def open(self, name: str) -> Model:
        """A model behind one or several servers."""
        from specloop.llm.backends.openai.model import OpenAIModel

        return OpenAIModel(name, self)
