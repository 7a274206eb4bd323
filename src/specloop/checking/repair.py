"""Minimal edits that make an answer keep a set of checks.

The answer is split into sentences. Repairs of single sentences come first, then demanded texts are
added in their place, and sentences are dropped from the end while a length limit is broken. The
checks themselves verify the result: an answer that cannot be repaired gives None, never a
half-repaired text.
"""

from __future__ import annotations

from collections.abc import Sequence

from specloop.checking.apply import applies, assumed, decide
from specloop.checking.base import Addition, AnswerText, Check, build
from specloop.checking.text import contains, same_line, sentences
from specloop.records import CheckCall


def repair_answer(
    calls: Sequence[CheckCall], request: str, text: str, without: str = ""
) -> str | None:
    """Edit `text` so that every check that applies to the request holds, or return None.

    Sentences that say `without` are dropped.
    """
    if (assumed_repair := assumed().repaired(text)) is not None:
        return assumed_repair
    calls = [single for call in calls for single in _singly(call)]
    active = [build(call) for call in calls if applies(call, request)]
    inactive = [build(call) for call in calls if call.only and not applies(call, request)]
    additions = _additions(active)
    whole = next((addition.text for addition in additions if addition.place == "whole"), None)
    if whole is not None:
        return whole if _kept(calls, request, whole) else None
    fixed = [addition.text for addition in (*additions, *_additions(inactive))]
    fixed += [without] if without else []
    body = [s for s in sentences(text) if len(s.split()) > 1]
    body = [s for s in body if not any(same_line(s, f) or contains(s, f) for f in fixed)]
    of_body = [check for check in active if check.addition() is None]
    for check in of_body:
        body = check.repair(body)
    while body:
        repaired = _assemble(additions, of_body, body)
        if _kept(calls, request, repaired):
            return repaired
        body.pop()
    return None


def overapply(call: CheckCall, others: Sequence[CheckCall], request: str, text: str) -> str | None:
    """Apply `call` to the answer to a request where it must not be applied; None if that fails.

    The checks of `others` still hold, unless the call fixes the whole answer.
    """
    addition = build(call).addition()
    if addition is None or applies(call, request):
        return None
    everywhere = call.model_copy(update={"when": None, "only": False})
    whole = addition.place == "whole"
    corrupted = addition.text if whole else repair_answer([*others, everywhere], request, text)
    if corrupted is None or not decide(call, request, AnswerText(corrupted)).over_applied:
        return None
    return corrupted


def leave_out(call: CheckCall, others: Sequence[CheckCall], request: str, text: str) -> str | None:
    """Remove from `text` what `call` demands of an answer to the request; None if that fails.

    The checks of `others` still hold.
    """
    addition = build(call).addition()
    if addition is None or addition.place == "whole" or not applies(call, request):
        return None
    corrupted = repair_answer(others, request, text, without=addition.text)
    if corrupted is None or decide(call, request, AnswerText(corrupted)).value != "NO":
        return None
    return corrupted


def _singly(call: CheckCall) -> list[CheckCall]:
    """Split a call of several checks into one call each, under the same conditions."""
    if call.name != "all_of":
        return [call]
    own = (CheckCall.model_validate(options) for options in call.options["checks"])
    return [call.model_copy(update={"name": o.name, "options": o.options}) for o in own]


def _additions(checks: Sequence[Check]) -> list[Addition]:
    return [addition for check in checks if (addition := check.addition())]


def _assemble(additions: Sequence[Addition], of_body: Sequence[Check], body: list[str]) -> str:
    opening, inside, closing = (
        [addition.text for addition in additions if addition.place == place]
        for place in ("opening", "inside", "closing")
    )
    layouts = (check.lay_out(body) for check in of_body)
    laid_out = next((layout for layout in layouts if layout is not None), None)
    middle = "\n".join([*inside, laid_out]) if laid_out else " ".join([*inside, *body])
    return "\n".join([*opening, middle, *closing])


def _kept(calls: Sequence[CheckCall], request: str, text: str) -> bool:
    return all(decide(call, request, AnswerText(text)).value in ("YES", "NA") for call in calls)
