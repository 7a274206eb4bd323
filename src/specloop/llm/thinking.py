"""Separate the thought and the text of a reply, in the same way for every backend.

A thought is at the beginning of a reply, between marks that differ by model, or in a channel of its
own (gpt-oss). It may begin before the reply: by the chat template or a prefill. Later marks belong
to the answer, such as one that explains them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterable
from typing import NamedTuple

from specloop.ended import Finish

_NAME = r"(?:[a-z]+[:_])?(?:think|(?:ant)?thinking|thoughts?|reasoning|scratchpad)"
_TAG = rf"<\s?{_NAME}\s?>"
_OTHERS = {
    "[THINK]": "[/THINK]",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|inner_prefix|>": "<|inner_suffix|>",
    "<|think|>": "<|/think|>",
    "◁think▷": "◁/think▷",
    "<unused94>thought": "<unused95>",
    "<|channel>thought": "<channel|>",
    "<|channel|>analysis<|message|>": "<|end|><|start|>assistant<|channel|>final<|message|>",
}
"""Marks of Magistral, Bespoke and Sky, Command A, Apertus, Solar, Kimi, MedGemma, Gemma and
gpt-oss. All others write tags, mostly `<think>`."""
_ENDS = {begin.lower(): end for begin, end in _OTHERS.items()}

_WRAPS = re.compile(r"<\|(?:(?:begin|end)_of_solution|(?:START|END)_(?:RESPONSE|TEXT))\|>")
"""Marks around the answer after a thought."""

_BEGIN = re.compile(rf"{_TAG}|" + "|".join(map(re.escape, _OTHERS)), re.I)
_END = re.compile(rf"<\s?/\s?{_NAME}\s?>|" + "|".join(map(re.escape, _OTHERS.values())), re.I)
_MARKS_BEGIN = frozenset(mark[0] for marks in _OTHERS.items() for mark in marks)
"""How every mark begins, tags included."""
_BEGUN = re.compile(rf"({_BEGIN.pattern})\s*\Z", re.I)
_TURN_BEGUN = re.compile(rf"(?:{_BEGIN.pattern})\s*(?:(?:{_END.pattern})\s*)?\Z", re.I)

_THINK = re.compile(r"(</?think>)")
_HARMONY = ("<|channel|>", "<|message|>", "<|start|>", "<|end|>", "<|return|>", "<|call|>")
_HEAD = re.compile(
    r"(?:<\|start\|>\s*assistant\s*)?<\|channel\|>\s*(\w+)[^<\n]*(?:<\|constrain\|>\s*\w+)?<\|message\|>"
)
_TAIL = re.compile(r"<\|(?:end|return|call|start)\|>")
_UNMARKED = re.compile(r"\s*(?:assistant)?(?:analysis|commentary)(.*?)assistantfinal(.*)", re.S)
"""Channels whose marks were left out when the reply was decoded."""
_UNMARKED_OPEN = re.compile(r"\s*analysis(?=[A-Z]|[^\x00-\x7f])")

_QUOTED = ("``", '""', "''", "“”", "‘’", "«»", "„“", "()", "「」")

_BULLET = re.compile(r"^[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+\Z", re.M)

_MAX_THOUGHTS = 20
"""Several thoughts in a row; the answer follows them."""

_UNDRAWN = "\ufeff\u200b\u2060"
"""Characters without width; some servers begin a reply with one."""

_JSON = ("{", '["', "[{")

ANY = "any"
"""A thought was begun by an unknown mark."""


class Marks(NamedTuple):
    """What a model writes before and after a thought."""

    begin: str = "<think>"
    end: str = "</think>"

    def stops(self, stops: tuple[str, ...]) -> tuple[str, ...]:
        """The strings that end a reply, with the model's own mark for the end of a thought; for a
        message with a channel, its end."""
        own = "<|end|>" if self.end.startswith("<|end|>") else self.end
        return tuple(own if stop == "</think>" else stop for stop in stops)


class Begun(NamedTuple):
    """How the model's reply was begun for it."""

    prefill: str = ""
    in_words: bool = False
    """The model was only asked to begin like this: its first token is not the one after the
    prefill."""
    may_repeat: bool = False
    """The server's reply may repeat the prefill."""
    mark: str = ""
    """The mark with which the chat template begins a thought, so that the reply begins inside
    it."""
    stops_there: bool = False
    """The call stops where the thinking ends, so a thought without an end is whole."""
    stop: tuple[str, ...] = ()
    """Where to cut the reply, because the server takes no stop sequences."""
    cut: bool = False
    """The reply did not end by itself."""


class ReplyParts(NamedTuple):
    """The parts of a reply."""

    thought: str
    text: str
    closed: bool = True
    """False if a thought was begun and not ended."""


def thought_begun(opening: str) -> str:
    """The mark of a thought that begins at the end of a prompt; empty if there is none."""
    match = _BEGUN.search(opening)
    return match[1] if match else ""


def begins_thought(text: str) -> bool:
    """Whether a text begins with the mark of a thought."""
    return bool(_BEGIN.match(text.lstrip()))


def own_marks(tokens: Container[str], template: str) -> Marks:
    """The marks of a model, by its tokens and its chat template; `<think>` if it has none."""

    def known(mark: str) -> bool:
        return mark in tokens or mark in template

    if known("<think>"):
        return Marks()
    if "<|channel|>" in tokens:
        return Marks(*list(_OTHERS.items())[-1])
    tag = re.search(rf"<{_NAME}>", template)
    if tag:
        return Marks(tag[0], _end_text(tag[0]))
    return next((Marks(*pair) for pair in _OTHERS.items() if known(pair[0])), Marks())


def in_own_marks(prefill: str, own: Marks, plain: Callable[[str], str]) -> str:
    """A prefill with `<think>` replaced by the model's own marks; the rest is data, made
    `plain`."""
    if prefill.startswith("<think>"):
        marks = {"<think>": own.begin, "</think>": own.end}
        return "".join(marks.get(part) or plain(part) for part in _THINK.split(prefill))
    channels = own.begin.startswith("<|channel|>") and prefill
    return f"{'<|channel|>final<|message|>' if channels else ''}{plain(prefill)}"


def answering(opening: str, own: Marks) -> str:
    """A prompt up to the beginning of the answer, after any thought that the prompt begins."""
    final = "<|channel|>final<|message|>" if own.begin.startswith("<|channel|>") else ""
    return opening + answer_begun(opening, final)


def turn_begun(opening: str, prefill: str) -> str:
    """The text that the model continues: its turn as the template opens it, then the prefill.

    If both the template and the prefill begin a thought, only the prefill does. If only the
    template begins one, it is ended before the answer in the prefill.
    """
    if begins_thought(prefill):
        return _TURN_BEGUN.sub("", opening) + prefill
    mark = thought_begun(opening)
    if prefill and mark:
        return f"{opening.rstrip()}\n\n{_end_text(mark)}\n\n{prefill}"
    return opening + prefill


def answer_begun(opening: str, answer: str) -> str:
    """The text after a prompt if the model answers at once: the end of a thought that the prompt
    begins, if any, and the answer."""
    mark = thought_begun(opening)
    return f"\n{_end_text(mark)}\n\n{answer}" if mark else answer


def marks_among(tokens: Iterable[str]) -> frozenset[str]:
    """The control tokens of a model that separate its thoughts from its answers."""
    known = frozenset(tokens)
    marks = {token for token in known if _BEGIN.fullmatch(token) or _END.fullmatch(token)}
    marks |= {token for token in known if _WRAPS.fullmatch(token)}
    marks |= known & {"<|channel>", "<channel|>", "<unused94>", "<unused95>"}
    return frozenset(marks | (known & set(_HARMONY) if "<|channel|>" in known else set()))


def apart(reply: str, begun: Begun) -> ReplyParts:
    """The thought and the text of a reply.

    A thought begun by the prefill and the text after it are left unchanged, because the caller
    joins them.
    """
    mark = _open_in(begun.prefill)
    if mark and not begun.in_words:
        return _closed(reply, _end_of(mark).search(reply))
    shown = reply.lstrip(f"{_UNDRAWN} \n")
    reply = shown if begins_thought(shown) else reply
    if _HEAD.match(shown):
        return _channels(reply)
    match = _UNMARKED.fullmatch(reply)
    if match:
        return ReplyParts(match[1].strip(), match[2].lstrip())
    if begun.cut and (glued := _UNMARKED_OPEN.match(reply)):
        return ReplyParts(reply[glued.end() :].strip(), "", closed=False)
    return _tagged(reply, begun.mark or mark)


def ended(parts: ReplyParts, begun: Begun, finish: Finish) -> Finish:
    """How the reply ended: a reply that ended within its thought is not whole."""
    lost = not parts.closed and not begun.stops_there
    return "other" if lost and finish == "stop" else finish


def _open_in(prefill: str) -> str:
    """The last mark in a prefill that begins a thought which does not end there."""
    begins = list(_BEGIN.finditer(prefill))
    if not begins:
        return ""
    last = begins[-1]
    return "" if _end_of(last[0]).search(prefill, last.end()) else last[0]


def _end_of(mark: str) -> re.Pattern[str]:
    if mark == ANY:
        return _END
    if mark.lower() in _ENDS:
        return re.compile(re.escape(_ENDS[mark.lower()]), re.I)
    return re.compile(rf"<\s?/\s?{re.escape(_tag_name(mark))}\s?>", re.I)


def _end_text(mark: str) -> str:
    return _ENDS.get(mark.lower()) or f"</{_tag_name(mark)}>"


def _tag_name(mark: str) -> str:
    return mark.strip("<> \t").split()[0]


def _closed(reply: str, end: re.Match[str] | None) -> ReplyParts:
    if end is None:
        return ReplyParts(reply, "", closed=False)
    return ReplyParts(reply[: end.start()], reply[end.end() :])


def _outer_end(reply: str, mark: str) -> re.Match[str] | None:
    """The end of a thought that may hold others in tags of the same name; the first end if not all
    of them end."""
    ends = list(_end_of(mark).finditer(reply))
    fences = _fences(reply)
    matches = _BEGIN.finditer(reply)
    begins = [begin.start() for begin in matches if not _is_mentioned(reply, begin, fences)]
    for n_before, end in enumerate(ends):
        if bisect_left(begins, end.start()) <= n_before:
            return end
    return ends[0] if ends else None


def _tagged(reply: str, mark: str) -> ReplyParts:
    """The thoughts in a row at the beginning."""
    thoughts: list[str] = []
    rest = reply
    if not mark and not any(map(reply.__contains__, _MARKS_BEGIN)):
        return ReplyParts("", reply)
    if not mark and not _BEGIN.match(reply.lstrip()):
        end = _lone_end(reply)
        if end is None:
            return ReplyParts("", _unwrapped(reply))
        thoughts.append(reply[: end.start()].strip())
        rest = reply[end.end() :]
    while len(thoughts) < _MAX_THOUGHTS and ((begun := _BEGIN.match(rest.lstrip())) or mark):
        inside = rest.lstrip()[begun.end() :] if begun else rest
        part = _closed(inside, _outer_end(inside, begun[0] if begun else mark))
        thoughts.append(part.thought.strip())
        if not part.closed:
            return ReplyParts(_joined(thoughts), "", closed=False)
        rest, mark = part.text, ""
    return ReplyParts(_joined(thoughts), _unwrapped(rest.lstrip()))


def _joined(thoughts: list[str]) -> str:
    return "\n\n".join(filter(None, thoughts))


def _unwrapped(text: str) -> str:
    """The answer without the marks that some models put around it."""
    match = _WRAPS.match(text.lstrip())
    return _WRAPS.sub("", text).strip() if match else text


def _lone_end(reply: str) -> re.Match[str] | None:
    """The end of a thought that the chat template began, so that the reply has only its end.

    An end that the answer only mentions does not count: one in a code block or in quotes, within a
    sentence or in JSON, or as an item of a list.
    """
    ends = list(_END.finditer(reply))
    if not ends or reply.lstrip().startswith(_JSON):
        return None
    begins = _BEGIN.search(reply)
    fences = _fences(reply)
    for end in ends:
        if begins and begins.start() < end.start():
            return None
        if not _is_mentioned(reply, end, fences):
            return end
    return None


def _fences(reply: str) -> list[int]:
    """The places where the marks of code blocks end."""
    return [mark.end() for mark in re.finditer("```", reply)]


def _is_mentioned(reply: str, end: re.Match[str], fences: list[int]) -> bool:
    start = end.start()
    before, after = reply[max(0, start - 40) : start], reply[end.end() : end.end() + 40]
    if bisect_right(fences, start) % 2 or f"{before[-1:]}{after[:1]}" in _QUOTED:
        return True
    if _BULLET.search(before):
        return True
    return bool(re.search(r"\S[ \t]\Z", before[-2:]) and re.match(r"[ \t]+[a-z|]|[.,;:!?)]", after))


def _channels(reply: str) -> ReplyParts:
    """The messages by channel: gpt-oss writes each into one; `final` is the answer."""
    pieces = _HEAD.split(reply)
    messages = zip(pieces[1::2], pieces[2::2], strict=True)
    bodies = [(name, _TAIL.split(body)[0]) for name, body in messages]
    thought = _joined([body.strip() for name, body in bodies if name != "final"])
    final = [body for name, body in bodies if name == "final"]
    return ReplyParts(thought, "".join(final), closed=bool(final))
