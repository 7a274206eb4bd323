"""The names of the package itself: `from specloop import RunFolder`."""

from specloop.checking import Answer, compile_check, decide, repair_answer
from specloop.config import Config, load_config
from specloop.errors import InputError, ModelError, SpecloopError
from specloop.llm.backends import resolve
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Model, Reply, Request
from specloop.records import (
    Evaluation,
    Example,
    Instance,
    Message,
    PreferencePair,
    Probe,
    Response,
    Rule,
    Sampling,
    Section,
    Verdict,
)
from specloop.store import RunFolder

__all__ = [
    "Answer",
    "Config",
    "Evaluation",
    "Example",
    "InputError",
    "Instance",
    "Message",
    "Model",
    "ModelError",
    "PreferencePair",
    "Probe",
    "Reply",
    "Request",
    "Response",
    "Rule",
    "RunFolder",
    "Sampling",
    "ScriptedModel",
    "Section",
    "SpecloopError",
    "Verdict",
    "compile_check",
    "decide",
    "load_config",
    "repair_answer",
    "resolve",
]
