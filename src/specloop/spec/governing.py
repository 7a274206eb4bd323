"""What governs a block: the lead-in of its list, the head of its column, a verdict in its row, or a
heading above it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from specloop.checking.text import any_case
from specloop.spec.actors import PEOPLE
from specloop.spec.blocks import Block
from specloop.spec.composing import HANGS, ONE_OF, UNRESOLVED, compose
from specloop.spec.mapped import sentence_texts
from specloop.spec.polarity import CHECK, CROSS, Bearing, bearing, stem_of_title
from specloop.spec.wording import is_conditional, main_clause, obligation

MAX_NESTED = 20
"""In lists nested deeper, entries are read without their lead-ins."""
MAX_TITLE = 4
"""Most words of a lead-in that is a title ("Things to avoid:")."""
MAX_CELLS = 100
"""In a table row with more cells, no verdict is looked for."""

_AND_NEVER = any_case(r"\w,? (?:and|but) (?P<ban>never|not)\W*$")
_ANNOUNCES = any_case(r"\b(following|as follows|these|below|the above|those)\b")
_SAID = re.compile(r"[\"“‘']")
_NAMED = any_case(r"(?:all |each )?(?:of )?the following [\w ]{1,40} (?:is|are) ")
_REFERS_BACK = any_case(r"(?:these|those) ")
_YES_NO = re.compile(
    rf"\s*(?:(?P<yes>(?i:yes|y|allowed|ok|permitted|always)(?i:, (?:always|of course))?|[{CHECK}])|"
    rf"(?P<no>(?i:no|n|never|not (?:allowed|permitted)|forbidden|prohibited)"
    rf"(?i:,? (?:never|not ever|ever|in no case|under no circumstances))?|[{CROSS}]))"
    "[\ufe0e\ufe0f\\s.!]*"
)
_ASKS_LEAVE = any_case(
    r"(?:\W*|allow\w*|permi\w+|ok(?:ay)?|may|can|acceptable|(?:yes|y) ?/ ?(?:no|n)|answer|"
    r"verdict|status|assistant|bot|do (?:it|this)|"
    r"(?:is it |is this )?(?:allowed|permitted|ok(?:ay)?|acceptable)|"
    r"(?:may|can) (?:the |it |you |we )*(?:assistant|bot|agent|do it|do this)?)\W*"
)
_ASKS = any_case(
    r"(?P<modal>may|can) (?P<who>you|we|it|they|(?:the |an? |our )?[\w-]+) (?P<act>\w[^?]*)\?"
)
_PEOPLE = any_case(rf"(?:[\w-]+ ){{0,2}}(?:{PEOPLE})(?: (?:with|of|in|on|at) .{{1,30}})?")
"""The head of a column that says who may do what the rows name."""
_ORDERS = any_case(
    r"(?:always )?(?:wear|say|write|send|take|bring|tell|ask|put on|keep|add|prefer|call it|"
    r"use (?:this|these|instead))(?: (?:this|these|instead))?:?"
)
"""The head of a column that names what to do ("Wear")."""
_RATHER = any_case(r"rather than|instead of|not|and not")
"""The head of a column of what not to say or use, beside one of what to."""
_WHO_MAY = any_case(r"who (?:may|can|is allowed to) [^?]{2,40}\??")
_ONLY_SOME = any_case(r"(?:only|nobody|no one|none|no \w+)\b")
"""A cell that restricts what its column's head asks ("Who may use it", "Only certified staff")."""
_ALLOWED = any_case(r"\b(?:allowed|permitted|may (?:i|we|you)|can (?:i|we|you))\b")
"""A heading over a table of what is allowed where."""
_WHERE = any_case(r"(?:in|at|on|during|for|with|after|before|by|from|to|outside|inside)\b")
_ASKS_DUTY = any_case(r"(?:is it |is this )?(?:required|mandatory|must|obligatory|needed)\W*")
_ASKS_BAN = any_case(r"(?:is it |is this )?(?:forbidden|prohibited|banned|disallowed)\W*")


def announces(stem: str) -> bool:
    """Whether the lead-in only announces its entries ('The assistant must do the following:')."""
    return bool(_ANNOUNCES.search(stem))


class Governed(NamedTuple):
    """The lead-in of a block, and what it makes of it."""

    stem: str = ""
    kind: Bearing = ""
    announced: bool = False
    """Whether the lead-in is a block that announces its entries, and so states nothing itself."""


NOTHING = Governed()


class Governors:
    """What governs the blocks of one document."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._under: list[int] = []
        """Block -> the heading that it is under; -1 before the first."""
        head = -1
        for at, block in enumerate(blocks):
            self._under.append(head)
            head = at if block.kind == "heading" else head
        self.last = cache(self._last)
        """The last sentence of a block."""
        self._heading = cache(self._by_heading)
        self.over = cache(self._over)
        """What governs a block."""
        self.whole = cache(self._whole)
        """Whether an entry with a list in it is a rule by itself."""

    def _last(self, at: int) -> str:
        return next(reversed(sentence_texts(self._blocks[at].text.text)), "")

    def _over(self, at: int) -> Governed:
        block = self._blocks[at]
        if block.kind == "heading":
            return self._heading(block.lead, block.level) if block.lead >= 0 else NOTHING
        if block.kind == "item" and block.level > MAX_NESTED:
            return NOTHING
        if block.kind == "cell" and (verdict := self._by_row(at)):
            return verdict
        own = self._by_lead(block)
        if block.kind == "cell" and not own.kind and (above := self.above_table(at)) >= 0:
            return _said(self.last(above))
        if own.kind or (block.kind == "cell" and block.level > 1):
            return own
        top = self._heading(self._under[at], 0)
        if top.kind in ("", "open") and own.stem:
            return own
        if own.stem and is_conditional(own.stem) and top.kind != "require":
            return own._replace(kind="open")
        return own if own.stem and top.kind == "require" else top

    def by_line(self, at: int) -> bool:
        """Whether a line above a list says that an entry is demanded or forbidden ("Do not:")."""
        lead = self._blocks[at].lead
        by_line = lead >= 0 and self.last(lead).endswith(":")
        return by_line and self.over(at).kind in ("require", "forbid")

    def above_table(self, at: int) -> int:
        """A lead-in above a table that forbids what the cells of its first column name; else -1."""
        block = self._blocks[at]
        head = block.lead if block.level == 1 else -1
        while head >= 0 and self._blocks[head].kind == "cell":
            head -= 1
        if head < 0 or self._blocks[head].kind != "paragraph":
            return -1
        text = self.last(head)
        return head if text.endswith(":") and _said(text).kind == "forbid" else -1

    def item_of(self, at: int) -> int:
        """The entry that a paragraph further down in it belongs to; -1 if there is none."""
        level = self._blocks[at].level
        for above in range(at - 1, max(-1, at - 50), -1 if level else -at - 1):
            if self._blocks[above].kind == "item" and self._blocks[above].level <= level:
                return above
        return -1

    def _by_lead(self, block: Block) -> Governed:
        if block.lead < 0 or self._blocks[block.lead].aside == "example":
            return NOTHING
        lead, text = self._blocks[block.lead], self.last(block.lead)
        if lead.kind == "cell":
            return _by_column(text, block.text.text)
        if lead.aside or lead.kind == "heading" or not text:
            return NOTHING
        open_item = lead.kind == "item" and text[-1:] not in ".!?"
        if open_item and self.whole(block.lead):
            occasion = main_clause(text) != text and is_conditional(text)
            return Governed(text) if occasion and bearing(text) == "require" else NOTHING
        text = _with_purpose(lead.text.text, text)
        if text.endswith((":", "—", "...", "…")) or open_item:
            return self._in_list(block.lead, text) if lead.kind == "item" else _said(text)
        return _announced(lead.text.text) or _broken_off(text)

    def _whole(self, at: int) -> bool:
        """Whether an entry says all that it demands or forbids, so that the list in it only
        illustrates it ("Avoid big words" / '"utilise"') or has rules of its own."""
        text = self.last(at)
        duty = None if text[-1:] in ":—…" else obligation(text)
        if duty is None or " " not in text or HANGS.search(text) or announces(text):
            return False
        if stem_of_title(text) or self.over(at).kind not in ("", "require"):
            return False
        entries = self._entries(at)
        apart = [bool(_SAID.match(entry)) or obligation(entry) is not None for entry in entries]
        return any(apart) or (len(entries) == 1 and not entries[0][:1].islower())

    def _entries(self, at: int) -> list[str]:
        """The first sentences of the entries of the list in an entry."""
        level, found = self._blocks[at].level, list[str]()
        for block in self._blocks[at + 1 : at + 1 + MAX_CELLS]:
            if block.kind == "heading" or (block.kind == "item" and block.level <= level):
                break
            if block.lead == at and block.kind == "item":
                found += sentence_texts(block.text.text)[:1]
        return found

    def _in_list(self, item: int, text: str) -> Governed:
        """An entry as the lead-in of the list in it."""
        above = self.over(item)
        turned = _AND_NEVER.search(text)
        if turned and above.kind == "require" and above.stem:
            return Governed(f"{above.stem.rstrip(' :—–-')} {turned['ban']}", "forbid")
        stated = compose(above.stem, text, above.kind)
        if stated is UNRESOLVED:
            return Governed(text, "open")
        if stated is None:
            own = _said(text)
            return own if own.kind or not above.kind else own._replace(kind=above.kind)
        if stated.joined:
            forbids = stated.duty.negative or bearing(text) == "forbid"
            return Governed(stated.text, "forbid" if forbids else "require")
        return _said(stated.text)

    def _by_heading(self, at: int, level: int) -> Governed:
        """What the headings from `at` upwards say, or a lead-in over a heading of that level."""
        direct, near = True, NOTHING
        while at >= 0:
            block = self._blocks[at]
            if block.kind != "heading":
                over = self._over_headings(at, level)
                return over if over.kind else near
            kind, text = bearing(block.text.text, title=True), block.text.text
            if kind in ("forbid", "allow", "free"):
                return Governed(stem_of_title(text) or text, kind)
            if kind == "require":
                return Governed(stem_of_title(text), kind) if direct else near
            if kind == "open" and direct:
                near = Governed(text, kind)
            at, level, direct = block.lead, block.level, False
        return near

    def _over_headings(self, at: int, level: int) -> Governed:
        """A lead-in at the end of a section's text: it reaches the sections in that one. What comes
        after that section it cannot govern, but nothing else follows it."""
        outer = self._under[at]
        said = _said(self.last(at))
        if outer < 0 or self._blocks[outer].level < level:
            # "The following fields are required:" is about the headings, not what is below them.
            named = said.kind == "require" and _NAMED.match(said.stem)
            return NOTHING if named else said
        return said._replace(kind="open") if said.kind == "forbid" else NOTHING

    def _by_row(self, at: int) -> Governed | None:
        """What a yes, a no or a mark elsewhere in the row makes of a cell."""
        if self._blocks[at].level != 1:
            return None
        end = at + 1
        while end < len(self._blocks) and self._blocks[end].kind == "cell" and end < at + MAX_CELLS:
            if self._blocks[end].level == 1:
                break
            end += 1
        cells = [other for other in range(at + 1, end) if _YES_NO.fullmatch(self._text(other))]
        heads = [self._text(self._blocks[cell].lead) for cell in cells]
        title = self._text(self._under[at])
        by_people = any(map(_PEOPLE.fullmatch, heads)) or bool(_ALLOWED.search(title))
        said: list[Bearing] = [
            self._verdict(*pair, by_people) for pair in zip(cells, heads, strict=True)
        ]
        if by_people and "forbid" in said and len(set(said)) > 1:
            those = [head for head, kind in zip(heads, said, strict=True) if kind == "forbid"]
            where = "" if all(map(_WHERE.match, those)) else "for "
            named = " and ".join(those) if where else " and ".join(those).lower()
            return Governed(f"Not allowed {where}{named}", "forbid")
        if not said:
            return None
        if len(set(said)) > 1 or said[0] == "open":
            return Governed(self._text(at), "open")
        if said[0] == "forbid" and len(said) > 1 and any(map(_PEOPLE.fullmatch, heads)):
            return Governed("Nobody may", "forbid")
        return Governed(_denied(heads[0]) if said[0] == "forbid" else "", said[0])

    def contrast(self, at: int) -> str:
        """What the cell behind an order's says not to do ("rather than a leaflet"), if it does."""
        after = at + 1
        blocks = self._blocks
        if after >= len(blocks) or blocks[at].kind != "cell" or blocks[after].level == 1:
            return ""
        head = self._text(blocks[after].lead) if blocks[after].kind == "cell" else ""
        ordered = _ORDERS.fullmatch(self._text(blocks[at].lead)) and _RATHER.fullmatch(head)
        return f"{head.lower()} {self._text(after)}" if ordered else ""

    def _text(self, at: int) -> str:
        return self._blocks[at].text.text if at >= 0 else ""

    def _verdict(self, at: int, head: str, by_people: bool) -> Bearing:
        yes = bool((_YES_NO.fullmatch(self._text(at)) or {"yes": ""})["yes"])
        if _ASKS_BAN.fullmatch(head):
            return "forbid" if yes else "allow"
        if _ASKS_DUTY.fullmatch(head):
            return "require" if yes else "free"
        if by_people or _ASKS_LEAVE.fullmatch(head) or _ASKS.fullmatch(head):
            return "allow" if yes else "forbid"
        return "open"


def _by_column(head: str, cell: str) -> Governed:
    """What the head of a column gives a cell below it."""
    titled = _titled(head)
    if _WHO_MAY.fullmatch(head) and _ONLY_SOME.match(cell):
        return Governed(head.rstrip(" :?"), "forbid")
    required = bearing(head, title=True) == "require" and not titled.stem
    if _ORDERS.fullmatch(head) or required:
        return Governed(head.rstrip(" :"), "require")
    return titled


def _denied(head: str) -> str:
    """What a no in the column of a head says: "May Wick refund?" becomes "Wick may not refund"."""
    asked = _ASKS.fullmatch(head)
    if asked is None:
        return "Do not"
    return (
        f"{asked['who'][0].upper()}{asked['who'][1:]} {asked['modal'].lower()} not {asked['act']}"
    )


def _announced(text: str) -> Governed | None:
    """What a sentence of a block that announces its entries says of them."""
    last, *before = reversed(sentence_texts(text))
    for sentence in (last, *before):
        ahead = announces(sentence) and not _REFERS_BACK.match(sentence)
        kind = bearing(sentence) if ahead else ""
        if kind in ("forbid", "allow", "free"):
            return Governed(sentence, kind, announced=sentence == last)
    return None


_TO_DO_SO = any_case(r"to do (?:so|this|that)\b")
_MAY_DO = any_case(
    r"(?:[\w-]+ ){1,3}(?:can|may|(?:is|are) (?:able|allowed) to) (?P<act>\w[^.;:]{3,100})\."
)


def _with_purpose(text: str, last: str) -> str:
    """The last sentence of a lead-in, with what it refers to ("To do so, follow these steps:")."""
    so = _TO_DO_SO.match(last)
    before = sentence_texts(text)[-2:-1] if so else []
    does = _MAY_DO.fullmatch(before[0]) if before else None
    return f"To {does['act']}{last[so.end() :]}" if so and does else last


def _broken_off(text: str) -> Governed:
    """What a line without a colon gives the list below it ("The librarian should")."""
    if _STEPS.search(text):
        return _said(text)
    if is_conditional(text) and main_clause(text) == text and text[-1] not in ".!?":
        return Governed(re.sub(r",?(?: then)?$", "", text))
    if not text[-1].isalpha():
        return NOTHING
    return _said(text) if HANGS.search(text) else _titled(text)


_STEPS = any_case(r"\b(?:these|the following|as follows)(?: \w+){0,2}$")
"""The end of a line that announces what is below it, though it has no colon."""


def _said(text: str) -> Governed:
    if ONE_OF.search(text):
        return Governed(text, "free")
    kind = bearing(text)
    if kind == "forbid" and not announces(text) and len(text.split()) <= MAX_TITLE:
        return Governed(stem_of_title(text) or text, kind)
    return Governed(text, bearing(text), announces(text))


def _titled(text: str) -> Governed:
    """What a line or column head that works like a heading gives those below it."""
    kind, stem = bearing(text, title=True), stem_of_title(text)
    return Governed(stem or text, kind) if stem or kind in ("forbid", "open") else NOTHING
