"""What a refusal says about the form of a request: about roles, schemas and parameters.

Each server has its own words, so they are searched for what was sent and for the usual complaints
about it. A refusal for another reason (a prompt that is too long, a bad key) teaches nothing.
"""

from __future__ import annotations

import re
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

from specloop.llm.backends.openai.body import schema_form
from specloop.llm.backends.openai.dialect import Dialect, Learnt, Structured
from specloop.llm.backends.openai.failure import NotTakenError
from specloop.llm.base import Request
from specloop.llm.schema import LIMITS, has_limits, shape

_FORM = {400, 404, 405, 415, 422, 500, 501}
"""HTTP statuses that servers give for a form they do not take."""

_ROUTED = re.compile(r"endpoints? found|requested parameters|parameters?\b", re.I)
"""How a router says that no provider takes a request; any other 404 is about the model or the
address."""

_NOT_TAKEN = re.compile(
    r"unsupported|unavailable|unrecogni[sz]ed|unexpected|deprecated|incompatible|cannot find field"
    r"|extra[_ ](?:forbidden|inputs?|fields?)|additional propert|cannot both|no longer|forbidden"
    r"|unknown (?:name|field|parameter|argument|variant|role)|invalid (?:role|parameter|argument)"
    r"|(?:not|n't|never|no) (?:\w+ )?(?:support|permit|allow|accept|available|implement|enable"
    r"|recogni[sz]e|valid)"
    r"|only [^.]{0,40}(?:allowed|supported|default|permitted|available)",
    re.I,
)
_UNKNOWN = re.compile(
    r"extra[_ ](?:forbidden|inputs?|fields?)|unrecogni[sz]ed|additional propert|cannot find field"
    r"|unknown (?:name|field|parameter|argument)|unsupported parameter|unexpected (?:keyword|field)"
    r"|response_format[`'\"]? (?:is|are|parameter)?\s*(?:not|n't|un)",
    re.I,
)
_EXTRA = re.compile(r"extra[_ ](?:forbidden|inputs)", re.I)
_SYSTEM = re.compile(
    r"must alternate|alternating|only [\w ,]{0,60}roles? (?:are|is)|role must be"
    r"|input should be 'user'"
    r"|(?:system|developer) instruction"
    r"|system[`'\"]? (?:role|message|prompt|instruction)s?[^.]{0,60}?"
    r"(?:not|n't|unsupported|must be|invalid|unexpected|no )"
    r"|(?:does|do)(?: not|n't) (?:support|accept|have|allow)[^.]{0,30}system"
    r"|(?:unsupported|unexpected|unknown|invalid|no)[^.]{0,30}(?:role|variant)\W+(?:value\W+)?system"
    r"|(?:unsupported|unexpected|unknown|no) system"
    r"|role\W+system\W[^.]{0,40}(?:not|n't|unsupported|invalid|unexpected)",
    re.I,
)
_KNOWS_SYSTEM = re.compile(r"after the \W?optional\W? system", re.I)
_PARTS = re.compile(
    r"expected (?:an? )?\W?str|be an? (?:valid )?string|of type string|type: sequence"
    r"|unmarshal array|list found|content(?: |\[\]\.)type",
    re.I,
)
_SCHEMA = re.compile(
    r"response_?format|json[_ ]?(?:schema|object)|schema|structured[_ ]?outputs?|grammar"
    r"|guided[_ ]?(?:decoding|json)|xgrammar|outlines|requested parameters|response format"
    r"|required for format",
    re.I,
)
_THIS_SCHEMA = re.compile(
    r"(?:invalid|bad|unsupported|complex|large)[^.]{0,40}schema|schema[^.]{0,40}(?:invalid|complex"
    r"|large)|grammar|compil|keyword|in context|nest|propert|enum|pattern|repetition"
    r"|too (?:large|complex|many)",
    re.I,
)
_GRAMMAR = re.compile(r"grammar|compil|repetition|too (?:large|complex|many)|guided|xgrammar", re.I)
_VALUE = re.compile(r"one of [`'\"]?json[`'\"]?\W|missing field\W+value", re.I)
_KINDS = re.compile(r"(?:must be|one of|expected|supported|only)[^.]{0,200}['\"`]\w+['\"`]", re.I)
_LIMIT = re.compile(r"\b(?:" + "|".join(sorted(LIMITS)) + r")\b")
_PREFILL = re.compile(
    r"prefill|continue_final_message|add_generation_prompt"
    r"|(?:last|final) (?:\w+ )?(?:message|role|turn)|assistant message|must end with",
    re.I,
)
_INSTEAD = re.compile(
    r"(?:use|did you mean|replaced by|in favou?r of)\W{1,3}(?:the )?[`'\"]?(\w+)[`'\"]?", re.I
)
_RANGE = re.compile(
    r"must|range|between|positive|greater|less|invalid|at least|at most|one of|too", re.I
)
_OTHER_CAUSE = re.compile(
    r"context (?:length|window|size)|maximum context|too long|too many tokens|token limit"
    r"|max_tokens|api key|quota|billing|credit|balance|content (?:policy|management|filter)"
    r"|moderation|safety|rate limit|model .{0,60}(?:not exist|not found)",
    re.I,
)

_LISTED = re.compile(
    r"expected|(?<!un)(?<!not )supported (?:parameter|field|argument)s?"
    r"|(?:valid|allowed|accepted|permitted) (?:parameter|field|argument|value)s?",
    re.I,
)
"""Begins a list of what is taken."""
_WORDS = frozenset({"seed", "stop", "prompt", "messages", "regex"})
"""Parameters whose names are words of the language."""

_DECIDE = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
DECISIVE = frozenset(_DECIDE)
"""Without them something else would be measured: they may be renamed, never left out."""
_DROPPABLE = frozenset(
    {"temperature", "top_p", "top_k", "seed", "random_seed", "stop", "logprobs", "top_logprobs"}
)
_WITH_IT = {"logprobs": frozenset({"top_logprobs"}), "temperature": frozenset({"top_p"})}
"""A server that does not take the one does not take the other, which need not be refused, too."""
_LEAST_TEMPERATURE = 0.01


class Lesson(NamedTuple):
    """What to change; a guess has to prove itself before it is believed."""

    learnt: Learnt
    guess: bool = False


class RefusedRequest(NamedTuple):
    """A request that was refused, how it was put, and what the server said."""

    request: Request
    dialect: Dialect
    refused: NotTakenError

    @property
    def words(self) -> str:
        """What the server said, and what a provider behind it said."""
        return self.refused.words


def lesson(case: RefusedRequest) -> Lesson | None:
    """What the refusal teaches; None if it says nothing about the form."""
    status = case.refused.status
    if status not in _FORM or (status == 404 and not _ROUTED.search(case.words)):
        return None
    for look in (_of_roles, _of_parts, _of_parameters, _of_schemas, _of_prefill):
        if learnt := look(case):
            return Lesson(learnt)
    # No cause is named: perhaps the schema is it.
    unclear = status in (400, 422) and not _OTHER_CAUSE.search(case.words)
    if not unclear or "response_format" not in case.refused.sent:
        return None
    return Lesson(Learnt(schemas={shape(case.request.json_schema): "words"}), guess=True)


def _of_roles(case: RefusedRequest) -> Learnt | None:
    roles = {message.role for message in case.request.messages}
    developer = "developer" in roles and case.dialect.developer
    if developer and "developer" in case.words.lower() and _NOT_TAKEN.search(case.words):
        return Learnt(developer=False)
    if not case.dialect.system or not _SYSTEM.search(case.words):
        return None
    turns = [message.role for message in case.request.messages]
    repeats = any(a == b for a, b in pairwise(turns))
    if repeats and not case.dialect.alternating and _KNOWS_SYSTEM.search(case.words):
        return Learnt(alternating=True)
    return Learnt(system=False) if repeats or roles & {"system", "developer"} else None


def _of_parts(case: RefusedRequest) -> Learnt | None:
    sent = case.dialect.parts and any(message.parts for message in case.request.messages)
    return Learnt(parts=False) if sent and _PARTS.search(case.words) else None


def _of_schemas(case: RefusedRequest) -> Learnt | None:
    form = schema_form(case.dialect, case.request)
    sent = form not in ("", "words") and "response_format" in case.refused.sent
    if not sent or not _SCHEMA.search(case.words):
        return None
    next_form = _next_form(form, case)
    if next_form != "bare" and _THIS_SCHEMA.search(case.words):
        return Learnt(schemas={shape(case.request.json_schema): next_form})
    return Learnt(structured=next_form)


def _next_form(form: str, case: RefusedRequest) -> Structured:
    """The next way to put a schema, by what the server says of the last."""
    words = case.words
    if form in ("object", "value"):
        return "words"
    limited = form == "schema" and has_limits(case.request.json_schema)
    if limited and (_LIMIT.search(words) or _GRAMMAR.search(words)):
        return "bare"
    if _VALUE.search(words):
        return "value"
    if _UNKNOWN.search(words) or _GRAMMAR.search(words):
        return "words"
    return "words" if _KINDS.search(words) and "json_object" not in words else "object"


def _of_parameters(case: RefusedRequest) -> Learnt | None:
    lessons = filter(None, (_without(name, case) for name in _named(case)))
    first = next(lessons, None)
    return first and reduce(Learnt.joined, lessons, first)


def _named(case: RefusedRequest) -> set[str]:
    """The parameters that the server names as the cause, of those that were sent."""
    param, sent = case.refused.param, case.refused.sent
    if param in sent:
        return {param}
    words = _LISTED.split(case.words, maxsplit=1)[0]
    named = {name for name in sent if _mentioned(name, words)}
    # Of two that exclude each other the one that says less is left out.
    return named - {"temperature"} if "top_p" in named and "both" in words else named


def _mentioned(name: str, words: str) -> bool:
    """Whether a name stands in the words, and as a name."""
    if name not in _WORDS:
        return bool(re.search(rf"\b{name}\b", words))
    before = r"(?:[:`'\"\[.,(] ?|\b(?:parameter|field|argument|property|input|support)s?:? |^)"
    after = r"\b"
    verb = r"[`'\"]?\s*(?::|is\b|are\b|does\b|must\b|has\b|not\b|may\b|cannot\b|and\b|should\b)"
    return bool(re.search(rf"{before}{name}{after}|\b{name}{verb}", words))


def _without(name: str, case: RefusedRequest) -> Learnt | None:
    """How to do without a parameter as it was sent."""
    original = next((own for own, theirs in case.dialect.renamed.items() if theirs == name), name)
    if other := _other_name(name, original, case):
        return Learnt(renamed={original: other})
    if name == "temperature" and _refuses_zero(case):
        return Learnt(least_temperature=_LEAST_TEMPERATURE)
    not_taken = _NOT_TAKEN.search(case.words)
    # A top_p of 1 says nothing, and replies are cut here as well: any complaint will do.
    harmless = name == "stop" or (name == "top_p" and case.request.sampling.top_p == 1)
    if name in _DROPPABLE and (not_taken or (harmless and _RANGE.search(case.words))):
        return Learnt(dropped=_WITH_IT.get(original, frozenset()) | {original})
    return None


def _other_name(name: str, original: str, case: RefusedRequest) -> str:
    """The name that the server has for it; empty where it has none."""
    if original in case.dialect.renamed or not _NOT_TAKEN.search(case.words):
        return ""
    others = [other for other in _INSTEAD.findall(case.words) if "_" in other and other != name]
    if others:
        return others[0]
    if name in _DECIDE:
        return _DECIDE[name]
    return "random_seed" if name == "seed" and _EXTRA.search(case.words) else ""


def _refuses_zero(case: RefusedRequest) -> bool:
    """Whether greedy drawing has to be asked for by a low temperature."""
    if case.request.sampling.temperature or case.dialect.least_temperature:
        return False
    return bool(re.search(r"positive|greater than|> ?0|\(0|range", case.words, re.I))


def _of_prefill(case: RefusedRequest) -> Learnt | None:
    prefill = case.dialect.prefill
    if not case.request.prefill or prefill == "words" or not _PREFILL.search(case.words):
        return None
    if prefill != "prefix" and re.search(r"prefix\W+true|with prefix", case.words, re.I):
        return Learnt(prefill="prefix")
    return Learnt(prefill="words")
