"""Make a model think on, natively by continuing its turn or in further turns of the conversation,
and separate thought and answer in its replies.

Every backend gives a thought as `Reply.reasoning`; replies of a scripted model are separated here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Literal

from specloop.errors import InputError, ModelError
from specloop.llm.base import Reply
from specloop.llm.structured import with_last_words
from specloop.llm.thinking import ReplyParts
from specloop.records import Form, Message
from specloop.responding.base import (
    Method,
    MethodAnswer,
    MethodContext,
    Task,
    Wording,
)
from specloop.responding.wording import ThinkingTurns, spoken_on
from specloop.turntokens import broken_up

BEGIN, END = "<think>", "</think>"
_GOES_ON = re.compile(rf"\s*(?:{BEGIN}|{END})")

Unclosed = Literal["answer", "close"]
"""What to do with a thought that the model never ends, as models that do not reason write it:
`answer` uses the last call's text as the answer, as the reference code does; `close` ends the
thought for the model and makes it continue once more, with the answer."""


def plain(reply: Reply, wording: Wording) -> ReplyParts:
    """The parts of a reply to an ordinary request."""
    if wording.published:
        return continued(reply, wording)
    if reply.reasoning:
        return ReplyParts(reply.reasoning, reply.text.lstrip("\n"))
    begun = reply.text.lstrip().startswith(BEGIN)
    if begun and END not in reply.text:
        return ReplyParts(reply.text, "", closed=False)
    if begun or BEGIN not in reply.text.partition(END)[0]:
        return _after_first_end(reply.text)
    # An answer that mentions the tags.
    return ReplyParts("", reply.text.lstrip("\n"))


def plain_answer(reply: Reply, context: MethodContext, form: Form = "plain") -> MethodAnswer:
    """The answer that a reply to an ordinary request holds."""
    parts = plain(reply, context.wording)
    return MethodAnswer(parts.text, parts.thought, reply.finish, form)


def continued(reply: Reply, wording: Wording) -> ReplyParts:
    """The parts of a reply that continues a begun thought; a thought that never ends is the text.

    ModelError if the published code finds no answer.
    """
    if not wording.published:
        return _after_first_end(_whole(reply, END))
    if wording.answer_mark:
        return _after_mark(_whole(reply, END), wording.answer_mark)
    end = wording.close_thought or END
    return _after_last_end(_whole(reply, end), end)


def after_thought(reply: Reply, wording: Wording) -> ReplyParts:
    """The parts of a reply to a turn in which the thought had already ended. A server that searches
    the end in the reply takes all of it for thought."""
    if reply.reasoning and not reply.text:
        return ReplyParts("", reply.reasoning.lstrip("\n"))
    return plain(reply, wording)


def _whole(reply: Reply, end: str) -> str:
    """All that was written; the client gives `stop` without a text only for a thought that
    ended."""
    if reply.reasoning and (reply.text or reply.finish == "stop"):
        return f"{reply.reasoning}{end}{reply.text}"
    return reply.reasoning + reply.text


def _after_first_end(whole: str) -> ReplyParts:
    """The text after the thoughts, which may be several in a row; the answer itself may mention the
    tags."""
    end = whole.find(END)
    if end < 0:
        return ReplyParts("", whole.lstrip("\n"), closed=False)
    while _GOES_ON.match(whole, end + len(END)) and (at := whole.find(END, end + 1)) >= 0:
        end = at
    return ReplyParts(whole[:end].rstrip("\n"), whole[end + len(END) :].lstrip("\n"))


def _after_last_end(whole: str, end: str) -> ReplyParts:
    """The answer as in the reference code: all of it if there is no end; otherwise the thought is
    the piece before the last end, with the tag that begins it."""
    *before, text = whole.split(end)
    thought = before[-1].rstrip("\n") if before else ""
    return ReplyParts(thought, text.lstrip("\n"), closed=bool(before))


def _after_mark(whole: str, mark: str) -> ReplyParts:
    parts = whole.split(mark)
    if len(parts) != 2:
        raise ModelError(
            f"the published code takes what follows {mark!r} for the answer, and that stands"
            f" {len(parts) - 1} times in the reply instead of once"
        )
    return ReplyParts(parts[0], parts[1])


class Thinker(Method):
    """A method that continues the model's thought, or makes it think in separate turns."""

    published: ClassVar[bool] = True

    @classmethod
    def opening(cls, task: Task, wording: Wording) -> Sequence[Message] | None:
        """The first request, which may begin the model's turn or ask for a thought first."""
        return None

    def check(self, context: MethodContext) -> None:
        """InputError if neither form is possible."""
        super().check(context)
        if not native(context) and context.wording.thinking_turns is None:
            raise InputError(
                f"{context.model.name}: the published procedure continues the assistant's turn,"
                " which this model cannot; take a backend with prefill, or the protocol 'specloop'"
            )


def native(context: MethodContext) -> bool:
    """Whether the assistant's turn can be continued."""
    return (context.continuer or context.model).capabilities.prefill


def talk(context: MethodContext) -> ThinkingTurns:
    """The turns of the conversational form."""
    assert context.wording.thinking_turns is not None, "checked before"
    return context.wording.thinking_turns


def no_contradiction(method: Method, context: MethodContext, **published: object) -> None:
    """InputError if an option has a value that the published procedure does not have."""
    for field, value in published.items():
        said = getattr(method, field)
        if context.wording.published and field in method.model_fields_set and said != value:
            raise InputError(
                f"option {field!r}: the published procedure has {value!r}, not {said!r};"
                " leave it out, or take the protocol 'specloop'"
            )


async def think_natively(
    task: Task,
    context: MethodContext,
    openings: Sequence[str],
    unclosed: Unclosed,
    most: int = 0,
) -> MethodAnswer:
    """Make one call for each opening, which is written into the thought before the model continues;
    the last call ends the thought and gives the answer.

    With `most`, no thought has more tokens than that, and one more call gives the answer.
    """
    messages = context.wording.augmented(task)
    # They hold specs: a document's text must not end the thought.
    *first, last = [broken_up(opening) for opening in openings]
    prefix = context.wording.open_thought
    for opening in first:
        prefix += opening
        prefix += f"{await _thought(messages, context, prefix, most)}\n\n"
    prefix += last
    if most:
        prefix += await _thought(messages, context, prefix, most)
        return await _after_closing(messages, context, prefix)
    reply = await context.ask(messages, "answer", prefix, stop=())
    parts = continued(reply, context.wording)
    if (
        parts.closed
        or context.wording.published
        or unclosed == "answer"
        or reply.finish == "filter"
    ):
        thought = parts.thought if parts.closed else ""
        return MethodAnswer(parts.text, prefix + thought, reply.finish, "native")
    return await _after_closing(messages, context, prefix + parts.text.rstrip())


async def _thought(
    messages: Sequence[Message], context: MethodContext, prefix: str, most: int
) -> str:
    """The continued thought, without its end."""
    limit = _limit(context, most)
    reply = await context.ask(messages, "think", prefix, stop=(END,), max_tokens=limit)
    thought = reply.reasoning or reply.text
    if not context.wording.published:
        thought = broken_up(thought.partition(END)[0])
    return thought.rstrip()


async def _after_closing(
    messages: Sequence[Message], context: MethodContext, prefix: str
) -> MethodAnswer:
    """The answer after a thought that is ended for the model."""
    prefix += context.wording.close_thought
    reply = await context.ask(messages, "answer", prefix, stop=())
    text = after_thought(reply, context.wording).text
    return MethodAnswer(text, prefix.rstrip(), reply.finish, "native")


def _limit(context: MethodContext, most: int) -> int:
    """Most tokens of a thought: no more than those of an answer."""
    usual = context.sampling.max_tokens
    return min(most, usual) if most else usual


async def think_in_turns(
    task: Task, context: MethodContext, turns: Sequence[str], most: int = 0
) -> MethodAnswer:
    """Make one call for each turn that asks for a thought, of at most `most` tokens if that is
    above 0, then one for the answer."""
    messages = with_last_words(context.wording.augmented(task), turns[0])
    thoughts: list[str] = []
    for turn in (*turns[1:], talk(context).final):
        reply = await context.ask(messages, "think", max_tokens=_limit(context, most))
        parts = plain(reply, context.wording)
        thoughts.append(parts.text or parts.thought.lstrip().removeprefix(BEGIN).strip())
        messages = spoken_on(messages, thoughts[-1], Message(role="user", content=turn))
    reply = await context.ask(messages, "answer")
    text = plain(reply, context.wording).text
    return MethodAnswer(text, "\n\n".join(thoughts), reply.finish, "conversational")
