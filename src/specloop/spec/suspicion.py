"""What seems to oblige somebody though no rule was read from it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from specloop.checking.sought import sought
from specloop.checking.text import any_case
from specloop.spec.bans import FREED
from specloop.spec.blocks import Block
from specloop.spec.customs import Customs
from specloop.spec.governing import Governors
from specloop.spec.verbs import can_be_verb, has_predicate
from specloop.spec.wording import main_clause, obligation, only_explains, plain

MAX_ENTRY = 12
"""Most words of an entry or cell that only names something."""
_SIGN = sought(
    r"\b(?:must|shall|should|ought to|never|cannot|can['’]t|won['’]t|may not|(?:not|never) (?:be )?"
    r"(?:allowed|permitted)|prohibited|forbidden|banned|mandatory|ha(?:s|ve) to|needs? to|"
    r"(?:required|obliged) to|do not|don['’]t|avoid|refrain)\b"
)
_LIMITS = sought(
    r"\b(?:only|alone|nobody|no one|at (?:most|least|once)|"
    r"no (?:more|less|fewer|later|longer|other)|nothing (?:else|other)|none|"
    r"maximum|minimum|or (?:less|fewer|more)|no exceptions?|"
    r", not (?!only)\w+|: [^:]*\bno \w+|in advance|beforehand|within|until|"
    r"first|straight away|immediately|without (?:delay|asking)|"
    r"as long as|provided that|if you)\b|"
    r"^(?:if|when|whenever|once|whoever|for (?:any|every)thing else)\b|, then \w+[.!]?$"
)
_NAMES_DUTY = sought(
    r"\b(?:consent|permission|approval|in writing|written notice|duty|duties|obligations?|"
    r"responsib\w+|deadline|breach|violations?|offen[cs]e|misconduct|forfeits?|penalt(?:y|ies)|"
    r"compulsory|obligatory|needed|required|due|payable|valid|refused|rejected|excluded|reserved|"
    r"bans?|removal|dismissal|fines?|warning|restricted|limited|confidential|expected|"
    r"encouraged|discouraged|unwelcome|at fault)\b"
)
_CUSTOM = sought(
    r"\b(?:belongs?|stays?|remains?|goes?|comes?|ends?|needs?|requires?|falls? to|counts? as|"
    r"(?:is|are) (?:by|for|at)|loses?|bears?|answerable|liable|means? an?|"
    r"gets?|takes? precedence|(?:the same|that) (?:goes|applies|holds)|likewise|"
    r"so (?:is|are|do|does)|is(?: not|n['’]t) an? [\w-]+ \w+)\b"
)
_CLAUSE = re.compile(r"(?:\s*[;:—–]|\s-|,? (?:and|but|so|then))\s+")
_NOTICE = any_case(
    r"(?!(?:for|by|in|version|questions?|thank|from|see|as|welcome)\b)[\w’'-]+(?: [\w’'-]+){0,3} "
    r"(?:in|on|off|at|as|before|after|under|over|within|by|with|throughout)\b[^,;:]{0,40}\."
)
"""A short notice without a verb ("Shoes off at the door.")."""
_YES_IF = any_case(r"(?:yes|sure|of course)\b.*\b(?:if|once|when|but|as long as)\b")


def seems_to_oblige(text: str) -> bool:
    """Whether a sentence has a word of duty, forbids something, or is an imperative."""
    bare = FREED.sub("X", plain(text))
    return not bare.endswith("?") and bool(_SIGN.search(bare) or obligation(text))


@dataclass(slots=True)
class Suspicion:
    """Which sentences of one document seem to oblige somebody."""

    blocks: Sequence[Block]
    customs: Customs
    read: set[int]
    """The blocks that rules were read from."""
    _governors: Governors | None = field(default=None, init=False)

    def of(self, text: str, index: int) -> bool:
        """Whether a sentence, or a part of one, of a block does."""
        bare = plain(text)
        if bare.endswith("?") or (self._is_allowed(index) and not _SIGN.search(bare)):
            return False
        if seems_to_oblige(text):
            return True
        explains = only_explains(bare) or FREED.search(bare) or bare.endswith(":")
        if not self.customs.dense or explains:
            return False
        return (
            any(sign.search(bare) for sign in (_LIMITS, _NAMES_DUTY, _CUSTOM))
            or bool(_YES_IF.match(bare))
            or self.customs.may_be(text)
            or self._hidden_order(bare, index)
            or self._is_bare_entry(bare, index)
            or bool(_NOTICE.fullmatch(bare) and not has_predicate(bare.split()))
        )

    def of_note(self, text: str) -> bool:
        """Whether a sentence of a note does, in a document of short rules."""
        return self.customs.dense and seems_to_oblige(text)

    def _is_allowed(self, index: int) -> bool:
        """Whether a block is an entry of what is allowed, or no duty."""
        if self.blocks[index].lead < 0:
            return False
        if self._governors is None:
            self._governors = Governors(self.blocks)
        return self._governors.over(index).kind in ("allow", "free")

    def _hidden_order(self, bare: str, index: int) -> bool:
        """Whether a clause begins with a word that can be a verb and has no subject."""
        if self.blocks[index].kind == "cell" and self.blocks[index].level == 1:
            return False
        parts = [main_clause(bare), *_CLAUSE.split(bare)[1:]]
        parts = [part for part in parts if " " in part]
        return any(
            seems_to_oblige(part) or _may_order(part) or _YOU_DO.match(part) for part in parts
        )

    def _is_bare_entry(self, bare: str, index: int) -> bool:
        """Whether an entry or cell only names something, beside others that are rules."""
        block = self.blocks[index]
        cell = block.kind == "cell" and block.level > 1 and block.lead >= 0
        if not (cell or block.kind == "item") or not 1 < len(bare.split()) <= MAX_ENTRY:
            return False
        return not has_predicate(bare.split()) and self._beside_rules(index)

    def _beside_rules(self, index: int) -> bool:
        block = self.blocks[index]
        near = range(max(0, index - NEAR), min(len(self.blocks), index + NEAR + 1))
        return any(
            at in self.read
            and (self.blocks[at].kind, self.blocks[at].lead) == (block.kind, block.lead)
            for at in near
        )


_YOU_DO = any_case(
    r"you (?!(?:are|were|have|had|can|could|may|might|will|would|get|know|want|need|find|see)\b)"
    r"[a-z]+ \w"
)
"""What the document tells of whom it addresses."""
NEAR = 30
"""How many blocks away another entry of a list or cell of a column is looked for."""


def _may_order(clause: str) -> bool:
    first, *rest = clause.split(maxsplit=6)
    return len(rest) > 1 and can_be_verb(first.strip(",")) and not has_predicate(rest)
