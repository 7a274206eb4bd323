"""Who answers in a rehearsal: a model that keeps to every form it is asked for, and counts.

It leads the least way or the most way. The least: every reply is understood at once and as short as
may be, every answer keeps its rules. The most: replies are as long as their form lets them, cannot
be read until they are asked for the last time, and every answer breaks its rules. What the run has
stored already is answered from there, and costs nothing.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from specloop.checking import Assumption
from specloop.judging.asking import n_before
from specloop.llm.base import Alternative, Capabilities, Reply, Request
from specloop.llm.calls.cache import StoredCalls
from specloop.llm.calls.wrap import score_key
from specloop.llm.structured import is_repair, told_in_words
from specloop.pipeline.model_pool import ModelRequest
from specloop.pipeline.rehearsal import Amount, reply_before, text_of
from specloop.records import Message
from specloop.responding.thinking import END
from specloop.responding.wording import NOTHING_TO_CHANGE
from specloop.spec.refine import MAX_ENTRIES
from specloop.spec.wording import obligation

_LEAST_CHARS = 8.0
"""Characters a token where they are fewest: some servers count whole words."""
MOST_CHARS = 3.0
"""Of a reply of the most way."""
_MOST_OTHER = 1.5
"""Tokens of a character that is none of ASCII."""
_MOST_TURN = 16
"""Tokens around a turn."""
_LABEL = 60
"""Characters of the longest text that is a label and no message."""
_UNREADABLE = "unreadable"
_SAME = '"the_same": "yes"'
_APPLIES, _APART, _KEEPS, _BREAKS = "zqapplies", "zqapart", "zqkeeps", "zqbreaks"
"""First words of what is written in a rehearsal: what code would find in it."""


_LABELS = {"YES": ("YES", "No"), "NO": ("NO", "Yes")}
"""What is scored for a verdict: "No" is that of a judge who is asked whether a rule is broken."""


class Way(NamedTuple):
    """One way in which a run can go."""

    most: bool
    fit: bool = True
    """Rules apply to the seed prompts that a model is still to write."""
    verdict: Literal["YES", "NO"] = "NO"
    """Of every judge."""
    first: Literal["", "decided", "undecided", "fit", "unfit", "conditional"] = ""
    """Rules that instances hold before others, where a model's labels are still to say which: those
    that code can decide, or some seed prompt fits, or the others, or those with a condition; empty:
    as they are drawn."""


class RehearsalAssumption(Assumption):
    """What code would find in texts of a rehearsal, by the text's first word."""

    def __init__(self, *, most: bool) -> None:
        self._most = most

    def applies(self, request: str) -> bool | None:
        """Whether rules apply to a request."""
        return True if _APPLIES in request else False if _APART in request else None

    def is_example(self, request: str) -> bool | None:
        """The least way every request that is still to be written is one, the most way none."""
        is_written = _APPLIES in request or _APART in request
        return not self._most if is_written else None

    def kept(self, answer: str) -> bool | None:
        """Whether an answer keeps its rules."""
        return True if _KEEPS in answer else False if _BREAKS in answer else None

    def repaired(self, answer: str) -> str | None:
        """A text that broke its rules keeps them now; the least way it cannot be repaired."""
        return answer.replace(_BREAKS, _KEEPS) if self._most and _BREAKS in answer else None


class Sample(NamedTuple):
    """Items that are rehearsed in place of more."""

    times: float = 1.0
    """How many each of them stands for."""
    n: float = 0
    """Their number; infinite where each stands for others just like it."""

    def factor(self, role: str, *, most: bool) -> float:
        """By which a role's amounts are multiplied: with the error of a sample, but for the target,
        which answers every item."""
        error = 0.0 if self.times == 1 or role in ("target", "defender") else 1 / math.sqrt(self.n)
        return self.times * (1 + error if most else 1 - error)


@dataclass
class StandIn:
    """Stands in for one role's model in one stage."""

    name: str
    stage: str
    request: ModelRequest
    way: Way
    known: Capabilities
    """Of the model itself, as far as is known before it is opened."""
    stored: StoredCalls
    replies: dict[str, Reply]
    """To the calls of this rehearsal."""
    sample: Sample
    repairs: int
    """Times that a judge's reply is asked for again."""
    votes: int
    """Of a panel that compares an attack with its original."""

    def __post_init__(self) -> None:
        can_score = self.known.score or self.way.most
        self.capabilities = self.known._replace(json_schema=True, score=can_score)
        self.asked = Amount()
        """What had to be paid."""
        self.identity = self._who = f"{self.name} {self.request.reply_options}"
        self._votes = Counter[str]()
        self._n_formed = 0

    async def aopen(self) -> None:
        """Nothing to find out."""

    async def aclose(self) -> None:
        """Nothing to free."""

    async def generate(self, request: Request) -> Reply:
        """The stored reply, or one that leads the run this way."""
        known = reply_before(request, self._who, self.replies, self.stored)
        if known is not None:
            return known
        formed = self._formed(request) if request.json_schema else ""
        if self._is_unreadable(request):
            reply = Reply(text=f"{_UNREADABLE} {text_of(80)}", finish="length")
        elif request.first_token:
            best = Alternative(token=self.way.verdict, logprob=0.0)
            reply = Reply(text=self.way.verdict, first_token=(best,))
        elif request.json_schema:
            reply = Reply(text=self._voted(request, formed))
        else:
            reply = Reply(text=self._free(request))
        self.replies[request.key(self._who)] = reply
        self._count(self._prompt(request), self._tokens(request, formed))
        return reply

    async def score(self, messages: Sequence[Message], continuation: str) -> tuple[float, ...]:
        """The stored figures, or such that this way's verdict is the most probable."""
        key = score_key(self._who, messages, continuation)
        reply = self.replies.get(key) or self.stored.get(key)
        if reply is None:
            request = Request(messages=tuple(messages), prefill=continuation)
            # Not every backend tells the tokens of a scoring.
            most, best = self.way.most, continuation in _LABELS[self.way.verdict]
            self._count(*(self._prompt(request), 1.0) if most else (0.0, 0.0))
            self.replies[key] = reply = Reply(text="", logprobs=(-0.1 if best else -1.0,))
        return reply.logprobs or ()

    def _count(self, prompt: float, completion: float) -> None:
        self.asked = self.asked.plus(Amount(1, prompt, completion))

    def _prompt(self, request: Request) -> float:
        """Tokens of a prompt, with its schema or with that in words, whichever is less or more."""
        forms = [[*(message.written for message in request.messages), request.prefill]]
        if not self.way.most:
            return sum(map(len, forms[0])) / _LEAST_CHARS
        if request.json_schema:
            forms.append([message.written for message in told_in_words(request).messages])
        texts = max(forms, key=lambda each: sum(map(len, each)))
        tokens = sum(_most_tokens(text) + _MOST_TURN for text in texts)
        return tokens + _most_tokens(request.json_schema)

    def _tokens(self, request: Request, formed: str) -> float:
        """Of a reply. A form that is enforced lets no reply be longer than it is itself."""
        if not self.way.most:
            return max(1.0, len(formed.split()))
        room = request.sampling.max_tokens
        return min(room, len(formed)) if formed and self.known.json_schema else room

    def _is_unreadable(self, request: Request) -> bool:
        """Whether the most way has this reply asked for again."""
        if not self.way.most or not request.json_schema:
            return False
        if self.request.role == "scorer":
            return True  # A method goes on as long as no answer is known to be the best.
        if not request.without_schema:  # One repair, which shows the reply.
            return not is_repair(request)
        return n_before(request) < self.repairs

    def _free(self, request: Request) -> str:
        """A text in no form. What makes pairs is led the other way than what finds violations."""
        most = self.way.most
        word = _BREAKS if most is not (self.stage == "pairs") else _KEEPS
        if most:
            n = round(request.sampling.max_tokens * MOST_CHARS)
            return f"{word} {self._mark(request)} {text_of(n)}"
        ends = END if request.prefill and not request.sampling.stop else ""
        if self.stage.startswith("evaluate"):
            # As methods end soonest: the same again, and a review that finds nothing amiss.
            return f"{ends}{word}\n{NOTHING_TO_CHANGE}"
        return f"{ends}{word} {self._mark(request)} {text_of(20)}"

    def _mark(self, request: Request) -> str:
        """Differs from model to model and from request to request, but the least way not by model
        and sampling."""
        if self.way.most:
            return request.key(self._who)[:12]
        return Request(messages=request.messages).key("")[:12]

    def _formed(self, request: Request) -> str:
        role, most = self.request.role, self.way.most
        if role == "extractor":
            return json.dumps({"rules": _extracted(request, self.way)})
        word = _APPLIES if (self.way.fit if role == "planner" else not most) else _APART
        texts = _Texts(word, self._mark(request), _question(request))
        filler = _Filler(self.way, texts, self._n_formed)
        return json.dumps(filler.value(json.loads(request.json_schema)), ensure_ascii=False)

    def _voted(self, request: Request, formed: str) -> str:
        """The reply that can be read. The most way a panel that compares two messages is asked as
        long as a vote can decide it, and then finds against them."""
        self._n_formed += 1
        if not self.way.most or _SAME not in formed:
            return formed
        messages = "\n".join(message.content for message in request.messages[:2])
        self._votes[messages] += 1
        against = self._votes[messages] > self.votes // 2
        return formed.replace(_SAME, '"the_same": "no"') if against else formed


class _Texts(NamedTuple):
    """What filled-in texts begin with, are told apart by, and are about."""

    word: str
    mark: str
    subject: str


class _Filler:
    """Fills a JSON schema; `turn` says which option is taken."""

    def __init__(self, way: Way, texts: _Texts, turn: int) -> None:
        self._way, self._texts, self._turn = way, texts, turn
        self._n = 0

    def value(self, schema: Mapping[str, Any]) -> Any:
        """The shortest or the longest value; what is unknown is left empty."""
        if "enum" in schema:
            return self._choice(schema["enum"])
        match schema.get("type"):
            case "object":
                return {key: self.value(inner) for key, inner in schema["properties"].items()}
            case "array":
                return [self.value(schema["items"]) for _ in range(self._length(schema))]
            case "string":
                return self._text(schema.get("maxLength", 200))
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return self._way.most
            case _:
                return None

    def _choice(self, options: Sequence[Any]) -> Any:
        if self._way.verdict in options:
            return self._way.verdict
        if "NA" in options:  # Grades of a rule.
            return (max if self._way.verdict == "YES" else min)(set(options) - {"NA"})
        if "yes" in options:
            return "yes" if self._way.most else "no"
        # The most way takes them in turn, so that few texts come out the same.
        return options[self._turn % len(options)] if self._way.most else min(options, key=str)

    def _length(self, schema: Mapping[str, Any]) -> int:
        # Not every server that takes a schema keeps to its least.
        least = min(1, schema.get("minItems", 0))
        return schema.get("maxItems", schema.get("minItems", 4)) if self._way.most else least

    def _text(self, longest: int) -> str:
        self._n += 1
        most = self._way.most
        if longest < _LABEL:
            return f"{self._texts.mark}{self._n}{text_of(longest)}"[:longest] if most else "word"
        text = f"{self._texts.word} {self._texts.mark}{self._n}"
        filling = re.sub(r"[{}<>\s]+", " ", self._texts.subject)
        return f"{text} {filling} {text_of(longest)}"[:longest] if most else text


def _question(request: Request) -> str:
    """The turn that asks: a repair shows the reply and asks again after it."""
    return request.messages[-3 if is_repair(request) else -1].content


def _most_tokens(text: str) -> float:
    if text.isascii():
        return len(text) / MOST_CHARS
    n_ascii = sum(map(str.isascii, text))
    return n_ascii / MOST_CHARS + _MOST_OTHER * (len(text) - n_ascii)


_PASSAGE = re.compile(r"<passage>\n(.*)\n</passage>", re.DOTALL)


def _extracted(request: Request, way: Way) -> list[dict[str, str]]:
    """What an extractor says: every line, so that every rule stays as code reads it, and may be
    attacked; or one that is a rule by its wording, so that those that are none by theirs go."""
    passage = _PASSAGE.search(_question(request))
    lines = [
        line.strip().removeprefix("- ") for line in (passage[1] if passage else "").split("\n")
    ]
    category = "safety" if way.most else "behavioral"
    kinds = {"type": "requirement", "category": category}
    listed = sorted(filter(None, lines), key=lambda line: (not _is_explicit(line), len(line)))
    shown = listed[: MAX_ENTRIES if way.most else 1]
    return [{"quote": line, "text": line} | kinds for line in shown]


def _is_explicit(line: str) -> bool:
    duty = obligation(line)
    return duty is not None and duty.explicit
