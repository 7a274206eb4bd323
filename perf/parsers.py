"""Measures whatever reads a model's or a document's words, on texts made to be slow to read.

    python -m perf.parsers [--chars 20000] [--limit 10] [--only decide,thought]

Each parser gets each text at a length and at four times that. Printed is, by parser, the text that
took longest, its seconds at both lengths, and whether they grow faster than the length does.
"""

# pyright: basic
from __future__ import annotations

import argparse
import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from specloop import checking
from specloop.benchmaker.leaks import Known
from specloop.benchmaker.write import reads_as_message
from specloop.ended import silence
from specloop.judging.grader import forbids
from specloop.judging.guard import neutral
from specloop.judging.signs import signs
from specloop.judging.value_form import ValueForm
from specloop.judging.verdict_form import VerdictForm
from specloop.llm.backends.openai.completion import Refusal
from specloop.llm.backends.openai.failure import CallPlace, failure
from specloop.llm.base import Reply
from specloop.llm.structured import parse_json
from specloop.llm.thinking import Begun, apart
from specloop.records import Specs
from specloop.refusals import refusal_of
from specloop.responding import thinking
from specloop.responding.wording import OurWording
from specloop.spec import SourceDocument, read_spec
from specloop.spec.markdown import parse_markdown
from specloop.spec.quotations import align
from specloop.spec.source import Format
from specloop.specbench.reference.verdicts import read_joint
from specloop.synth.languages import language_of
from specloop.terminal import harmless

KEY = "k" * 12
RULES = (
    "Answer in at most 50 words.",
    "Write at least three sentences.",
    "Never use exclamation marks.",
    "End every answer with 'Bye.'",
    "Begin every answer with 'Hello.'",
    "Never mention the word 'rake'.",
    "Give a numbered list.",
    "Do not use Markdown.",
    "Never give phone numbers or e-mail addresses.",
    "Ask exactly one question.",
    "Each paragraph has at most 40 words.",
    "Use no capital letters.",
    "If the user asks about lawns, mention the word 'moss'.",
)
MARKS = (
    " ", "\n", "\t", "a", "a ", "A ", "1", "1.", "1 ", "(", "[", "{", "<", "<a", "<a ", "<!--",
    "*", "**a", "|", "| ", "a|", "`", "``` ", "```\n", "_", "~", ">", "> ", "#", "# a\n", '"', "'",
    "\\", "-", "- ", "- a\n", "1. a\n", ".", ". ", ",", ", ", ":", ";", "&", "&#", "a, ", "a-",
    "a.", "a@", "@", "+1 ", "0,", "http://", "![", "[a](", "<think>", "</think>", "<YES>", "“a ",
    "<safety_specifications>", "é ", "\u2028", "\r\n", " \n", "\n ", "你", "must ", "the ", 
    "if a, ", "VERDICT ", "S1 | ",
    '{"a":', '{"', '["a" ', '{"key":', "\U0001f600", "\ud800", "\x1b[", "\0",
    "\u202e", "no ", "and ", "Never say a. ", "a:\n", "<p>", "&amp;", "https://a.", "%3C",
    "\\u003c",
)  # fmt: skip


def _document(format: Format) -> Callable[[str], object]:
    return lambda text: read_spec(SourceDocument.of(text.replace("\ud800", "?"), format=format))


def _deciding() -> Iterator[tuple[str, Callable[[str], object]]]:
    for rule in RULES:
        call = checking.compile_check(rule)
        if call is not None:
            yield (
                f"decide: {rule}",
                lambda text, call=call: checking.decide(call, text, checking.AnswerText(text)),
            )


def _align(text: str) -> object:
    source = "The bot must not lie. " * 40 + text[:2500]
    return align(text[:600] + "x", source, parse_markdown(source))


PARSERS: dict[str, Callable[[str], object]] = {
    "parse_json": parse_json,
    "value": lambda text: ValueForm(KEY, ("verdict",), True, ("YES", "NO")).read(Reply(text=text)),
    "verdicts": lambda text: VerdictForm(KEY, ("S1", "B1"), True, 200).read(Reply(text=text)),
    "verdict lines": lambda text: VerdictForm(KEY, ("S1",), False, 0).read(
        Reply(text=f"VERDICTS {KEY}\n{text}")
    ),
    "reference": lambda text: read_joint(text, Specs(safety=(), behavioral=())),
    "thought": lambda text: apart(text, Begun()),
    "thought begun": lambda text: apart(f"<think>{text}", Begun()),
    "think": lambda text: thinking.plain(Reply(text=text), OurWording()),
    "neutral": neutral,
    "signs": signs,
    "silence": lambda text: silence(text, "stop"),
    "refusal": refusal_of,
    "language": language_of,
    "harmless": harmless,
    "message": lambda text: reads_as_message(text, 400),
    "leak": lambda text: Known([(text, "a")]).nearest(text),
    "error body": lambda text: failure(CallPlace("m", "u", "K", False), Refusal(400, text)),
    "spec": forbids,
    "rule": checking.compile_check,
    "align": _align,
    "markdown": _document("markdown"),
    "text": _document("text"),
    "html": _document("html"),
    **dict(_deciding()),
}


class Measured(NamedTuple):
    """The slowest text of a parser."""

    parser: str
    mark: str
    seconds: float
    """At the length asked for."""
    longer: float
    """At four times that."""
    odd: str = ""
    """An exception that is no ValueError and none of specloop's own."""

    @property
    def grows(self) -> bool:
        """Whether the time grows clearly faster than the length."""
        return self.longer > 0.5 and self.longer > 10 * max(self.seconds, 0.005)


class _LateError(BaseException):
    pass


def _late(*_: object) -> None:
    raise _LateError


def timed(parse: Callable[[str], object], text: str, limit: float) -> tuple[float, str]:
    """CPU seconds that a parser takes, `limit` at most, and what it raised on no purpose."""
    before = signal.signal(signal.SIGVTALRM, _late)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit)
    begun, odd = time.process_time(), ""
    try:
        parse(text)
    except _LateError:
        return limit, ""
    except Exception as error:
        ours = isinstance(error, ValueError) or type(error).__module__.startswith("specloop")
        odd = "" if ours else f"{type(error).__name__}: {error}"[:80]
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return time.process_time() - begun, odd


def texts(n: int) -> Iterator[tuple[str, str]]:
    """The marks with the texts made of them."""
    for mark in MARKS:
        yield mark, (mark * (n // len(mark) + 1))[:n]
        yield f"{mark}...", f"The bot{mark * (n // len(mark))}!"


def measured(name: str, n: int, limit: float) -> Measured:
    """What came of one parser."""
    parse, worst = PARSERS[name], Measured(name, "", 0.0, 0.0)
    for (mark, short), (_, long) in zip(texts(n), texts(4 * n), strict=True):
        seconds, odd = timed(parse, short, limit)
        longer, odd_too = timed(parse, long, limit) if seconds < limit else (limit, "")
        result = Measured(name, mark, seconds, longer, odd or odd_too)
        if result.odd:
            return result
        worst = max(worst, result, key=lambda m: (m.grows, m.longer))
    return worst


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m perf.parsers")
    parser.add_argument("--chars", type=int, default=20_000)
    parser.add_argument("--limit", type=float, default=10.0)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    n_bad = 0
    print("| parser | slowest text | s | s at 4 times | grows faster |")
    print("| --- | --- | --- | --- | --- |")
    for name in PARSERS:
        if not any(name.startswith(part) for part in options.only.split(",")):
            continue
        result = measured(name, options.chars, options.limit)
        n_bad += result.grows or bool(result.odd)
        remark = result.odd or ("yes" if result.grows else "")
        cells = (name, repr(result.mark), f"{result.seconds:.3f}", f"{result.longer:.3f}", remark)
        print(f"| {' | '.join(cells)} |".replace("||", "| |"), flush=True)
    return 1 if n_bad else 0


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        raise SystemExit(main())
