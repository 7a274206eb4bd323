"""A worked example whose grade contradicts a rule that code decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from specloop.checking import AnswerText, compile_check, decide
from specloop.linting.document import LintDocument
from specloop.lints import Finding, Lint, lints
from specloop.records import CheckCall, Example, GradedAnswer, Rule

MOST = 200_000
"""Most decisions; beyond that an answer is held only against the rules of its section."""


class _Decided(NamedTuple):
    rule: Rule
    call: CheckCall


@lints.register("EXAMPLE-GRADE")
class ExampleGrade(Lint):
    """A worked example graded GOOD breaks a rule of the document that code decides, or one graded
    BAD keeps the only rule of its section. Readers then follow the example or the rule, not both.

    Example:

        Do not use exclamation marks.
        <assistant> <!-- GOOD --> Yes, helmets are free! </assistant>

    What to do: correct the answer or its grade, or narrow the rule.
    """

    title = "a grade against a rule"
    severity = "error"

    def find(self, document: LintDocument) -> Iterator[Finding]:
        """Graded answers against every rule that code decides without a condition on its place."""
        decided = [
            _Decided(rule, call)
            for rule in document.rules
            if (call := rule.check or compile_check(rule.text, rule.scope))
        ]
        examples = document.spec.examples
        near = len(decided) * sum(len(example.answers) for example in examples) > MOST
        by_id: defaultdict[str, list[_Decided]] = defaultdict(list)
        for one in decided:
            by_id[one.rule.id].append(one)
        for example in examples:
            own = [one for rule in dict.fromkeys(example.rules) for one in by_id.get(rule, ())]
            for answer in example.answers:
                yield from self._of(document, example, answer, own if near else decided)
                yield from self._bad(document, example, answer, own)

    def _of(
        self, document: LintDocument, example: Example, answer: GradedAnswer, rules: list[_Decided]
    ) -> Iterator[Finding]:
        for rule, call in rules if answer.is_kept else ():
            result = decide(call, _request(example), AnswerText.of(answer.text))
            if result.value == "NO":
                message = f"this answer is graded GOOD and breaks a rule ({result.reason})"
                remedy = "correct the answer or its grade, or narrow the rule"
                span = _place(document, example, answer)
                yield self.finding(message, remedy, span, (rule.start, rule.end))

    def _bad(
        self, document: LintDocument, example: Example, answer: GradedAnswer, own: list[_Decided]
    ) -> Iterator[Finding]:
        """An answer graded BAD that keeps all there is to keep."""
        if answer.is_kept is not False or len(own) != 1 or len(example.rules) != 1:
            return
        rule, call = own[0]
        result = decide(call, _request(example), AnswerText.of(answer.text))
        if result.value == "YES":
            message = f"this answer is graded BAD and keeps the only rule here ({result.reason})"
            remedy = "correct the answer or its grade, or state the rule that it breaks"
            span = _place(document, example, answer)
            yield self.finding(message, remedy, span, (rule.start, rule.end), severity="warning")


def _request(example: Example) -> str:
    turns = [*example.conversation, *(turn for a in example.answers for turn in a.messages)]
    asked = [turn.content for turn in turns if turn.role == "user"]
    return asked[-1] if asked else ""


def _place(document: LintDocument, example: Example, answer: GradedAnswer) -> tuple[int, int]:
    """Where the answer stands; the whole example if its words cannot be found."""
    words = answer.messages[-1].content if answer.messages else ""
    at = document.text.find(words, example.start, example.end) if words else -1
    return (at, at + len(words)) if at >= 0 else (example.start, example.end)
