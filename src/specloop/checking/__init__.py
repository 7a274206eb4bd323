"""Rules that code decides: what the checks in `checks` share.

`CheckCall` (in `specloop.records`) names a check with its options and the conditions under which it
applies; `decide` applies one, `compile_check` makes one from a rule's wording and `repair_answer`
edits an answer so that a set of checks holds.
"""

from specloop.checking.apply import Assumption, applies, assuming, decide
from specloop.checking.base import AnswerText, CheckResult, build
from specloop.checking.repair import leave_out, overapply, repair_answer
from specloop.checking.scope import names_occasion
from specloop.checking.wording import compile_check, compile_wording, link_exceptions

__all__ = [
    "AnswerText",
    "Assumption",
    "CheckResult",
    "applies",
    "assuming",
    "build",
    "compile_check",
    "compile_wording",
    "decide",
    "leave_out",
    "link_exceptions",
    "names_occasion",
    "overapply",
    "repair_answer",
]
