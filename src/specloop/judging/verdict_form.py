"""The form in which verdicts are asked for and read: JSON under a schema, or one line a spec.

It is strict in what counts. A verdict is right beside the call's key, as a member whose name holds
the key or at the end of a line that names the spec again. A label is exactly YES, NO or NA. A spec
that is named twice or with two labels has no verdict. So nothing that a judge copies out of the
judged text is a verdict, because the key is not in that text. It is tolerant in the rest: lists,
bold type, tables and fences around the lines, ids that were not asked for, an end that is cut off.
If the judged text holds no label and no id, so that none can be copied, lines without the key
count as well.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast

from specloop.judging.asking import Item, Reading, ReplyForm, one_of
from specloop.judging.readings import as_latin
from specloop.judging.value_form import Mentions, n_keys
from specloop.llm.base import Reply
from specloop.llm.roles import object_schema

LABELS = ("YES", "NO", "NA")
_REASON_SHOWN = 300

_NAME = re.compile(r'\s*,\s*"([^"\\]{1,40})"\s*:\s*')
_ID = re.compile(r"^[\s*_`#\-+|(\[]*([SB]\d{1,3})(?![A-Za-z0-9]|[./]\d)[\s*_`)\]]*[.:|,=)\-–—]*\s*")
_LABEL_FIRST = re.compile(
    r"^[\s*_`\"'(\[]*(YES|NO|NA)\b[\s*_`\"')\].]*(?:$|[|:;,\-–—]\s*+(?!(?:YES|NO|NA)\b))"
)
_ANY = re.compile(r"(?<![A-Za-z])(?:YES|NO|NA|[SB]\d{1,3})(?![A-Za-z0-9])")
_LABEL_LAST = re.compile(r"(?:^|[|:;=>→–—\-]|\.\s)[\s*_`\"'(\[]*(YES|NO|NA)[\s*_`\"')\].|]*$")

Match = re.Match[str]
Pairs = list[tuple[str, Item | None]]


@dataclass(frozen=True)
class VerdictForm(ReplyForm):
    """A verdict on each spec."""

    reason_chars: int = 120
    """0: no reasons."""
    plain: bool = False
    """The judged text is `plain`: lines without the key count, and labels alone need no key."""

    @property
    def members(self) -> dict[str, Any]:
        """The key, then each spec with its verdict."""
        verdict = one_of(LABELS)
        if self.reason_chars:
            text = {"type": "string", "maxLength": self.reason_chars}
            # A reason may copy text from the answer that ends the string and goes on in the form.
            # So the answer must not be able to know the name of the next member.
            before = dict.fromkeys(self._before, text)
            verdict = object_schema(**before, **{self._member: verdict})
        names = [self._name(spec) for spec in self.ids]
        return {"key": one_of([self.key])} | dict.fromkeys(names, verdict)

    @property
    def _before(self) -> Mapping[str, str]:
        """The texts before a verdict: their names in JSON, and how they are asked for."""
        return {"reason": "in one short sentence on what the answer does"}

    @property
    def _before_in_line(self) -> str:
        """The texts before a verdict in a line, as they are asked for."""
        return "why, in one short sentence"

    @property
    def _member(self) -> str:
        """The name of a verdict that has a reason before it."""
        return f"verdict_{self.key}"

    def _name(self, spec: str) -> str:
        """The name of a spec's member in JSON, with the key if it is a verdict that could be
        copied."""
        return spec if self.reason_chars or self.plain else f"{spec}_{self.key}"

    @property
    def words(self) -> str:
        """The form as an instruction at the end of the prompt."""
        return self._json_words() if self.enforced else self._line_words()

    def _json_words(self) -> str:
        # Small models copy a reason that is shown as an example.
        verdict = "its verdict, YES or NO or NA"
        if self.reason_chars:
            texts = ", ".join(f'"{name}" {how}' for name, how in self._before.items())
            verdict = f'{texts}, and "{self._member}"'
        first = self._name(self.ids[0])
        where = "under each id" if first == self.ids[0] else f'"{first}" and so on, each'
        return f'Reply with JSON: "key" is "{self.key}", then {where} {verdict}.'

    def _line_words(self) -> str:
        first = self.ids[0]
        reason = f"{first} | {self._before_in_line} | " if self.reason_chars else ""
        return (
            f"Reply with the line\nVERDICTS {self.key}\nand after it one line for each, in the"
            f" form\n{reason}{self.key} {first} ...\nwith YES or NO or NA in place of the dots."
        )

    def values_in(self, reply: Reply) -> Reading:
        """The verdicts on the specs asked for, and only those."""
        carries, pairs = self._json_pairs(reply) if self.enforced else (False, [])
        rest = _outside(reply.text, self.key) if carries else ""
        if not carries:
            # Servers that do not take the schema are asked for lines.
            carries, pairs = _line_pairs(self, reply)
            rest = "".join(line for line in lines_of(reply.text) if not self._is_own(line))
        if len(self.ids) == 1 and (slip := self._other(rest, pairs, reply)):
            return Reading({}, slip)
        if not carries:
            return Reading({}, "it was not in the form asked for, with its key")
        return self._sorted_out(pairs, reply)

    def _other(self, rest: str, pairs: Pairs, reply: Reply) -> str:
        """What is wrong around a reply's own verdict on one spec."""
        n = Mentions("verdict", LABELS).n_in(rest)
        n_own = sum(name in self.ids and item is not None for name, item in pairs)
        if n_own + n > 1 or (n_own and n_keys(rest, self.key, "VERDICTS?")):
            return "it had several verdicts"
        if n:
            return "its verdict was without the call's key"
        return "it was cut" if reply.finish == "length" else ""

    def _is_own(self, line: str) -> bool:
        """Whether a line announces verdicts, or is read as one."""
        return key_line([line], self.key) == 0 or any(item for _, item in _line_items(self, [line]))

    def _json_pairs(self, reply: Reply) -> tuple[bool, Pairs]:
        """Whether the reply has objects that begin with the key, and their other complete
        members."""
        begun, end = _objects(reply.text, self.key), self._name("")
        members = (member for _, at in begun for member in _members(reply.text, at))
        named = [(name, value) for name, value in members if name.endswith(end)]
        pairs = [(name.removesuffix(end), self._json_item(value)) for name, value in named]
        return bool(begun), pairs

    def _json_item(self, value: Any) -> Item | None:
        if not self.reason_chars:
            return _item(value, "")
        members = cast(dict[str, Any], value) if isinstance(value, dict) else {}
        reason = " | ".join(str(members.get(name, "")) for name in self._before)
        return _item(members.get(self._member), reason)

    def _sorted_out(self, pairs: Sequence[tuple[str, Item | None]], reply: Reply) -> Reading:
        times = Counter(name for name, _ in pairs)
        once = {name: item for name, item in pairs if item and times[name] == 1}
        items = {name: once[name] for name in self.ids if name in once}
        missing = [name for name in self.ids if name not in items]
        if not missing:
            return Reading(items)
        twice = [name for name in missing if times[name] > 1]
        if twice:
            return Reading(items, f"it had several verdicts on {', '.join(twice)}")
        if reply.finish != "stop":
            return Reading(items, "it was cut")
        return Reading(items, f"it had no readable verdict on {', '.join(missing)}")


def one_object(text: str, key: str) -> dict[str, Any] | None:
    """The members of the only object that begins with the key.

    None if there is no such object, more than one, or a repeated member.
    """
    begun = _objects(text, key)
    members = list(_members(text, begun[0][1])) if len(begun) == 1 else []
    return dict(members) if members and len(dict(members)) == len(members) else None


def _objects(text: str, key: str) -> list[tuple[int, int]]:
    """Where objects with the key begin, and their members after it."""
    return [match.span() for match in re.finditer(rf'\{{\s*"key"\s*:\s*"{key}"', text)]


def _outside(text: str, key: str) -> str:
    """The text before and after the first object with the key."""
    start = _objects(text, key)[0][0]
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(text, start)
    except (ValueError, RecursionError):  # a number of too many digits, too deep, cut
        end = len(text)
    return f"{text[:start]}\n{text[end:]}"


def _members(text: str, at: int) -> Iterator[tuple[str, Any]]:
    """The members of an object from a place after one of them, up to the first unreadable one.

    What follows that one is ignored: it may be inside a string that quotes the answer.
    """
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=_without_repeats)
    while name := _NAME.match(text, at):
        try:
            value, at = decoder.raw_decode(text, name.end())
        except (ValueError, RecursionError):  # a number of too many digits, too deep
            return
        yield name[1], value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; empty if it repeats a name."""
    return dict(pairs) if len(dict(pairs)) == len(pairs) else {}


def _item(label: Any, reason: str) -> Item | None:
    if label not in LABELS:
        return None
    return Item(label, " ".join(reason.split())[:_REASON_SHOWN])


def plain(text: str) -> bool:
    """Whether a text holds no label and no id, in look-alike letters either."""
    return not _ANY.search(as_latin(text))


def _line_pairs(form: VerdictForm, reply: Reply) -> tuple[bool, Pairs]:
    """Whether a line of the reply has the key, and the verdicts in the lines after the first
    one."""
    lines = lines_of(reply.text)
    if reply.finish != "stop" and lines and not lines[-1].endswith("\n"):
        del lines[-1]
    start = key_line(lines, form.key)
    if start is None:
        return False, []
    return True, list(_line_items(form, lines[start + 1 :]))


def lines_of(text: str) -> list[str]:
    """Lines with their ends. Only a line feed ends a line, no other mark of a judged text."""
    return re.findall(r"[^\n]*\n|[^\n]+", text.replace("\r\n", "\n"))


def key_line(lines: Sequence[str], key: str) -> int | None:
    """The place of the first line that announces verdicts, with the key."""
    bare = [re.sub(r"\W+", " ", line).strip() for line in lines]
    head = f"VERDICTS {key}"
    return bare.index(head) if head in bare else None


def _line_items(form: VerdictForm, lines: Iterable[str]) -> Iterator[tuple[str, Item | None]]:
    """The verdicts of lines that have one beside the key, or an id and a label if that is enough. A
    line with two verdicts has no item.

    Without the key, a line that ends before its label is the last one read: what follows may be the
    text that its reason quotes.
    """
    for line in lines:
        named = _ID.match(line)
        rest = line[named.end() :].strip() if named else ""
        if form.key in line:
            yield from _keyed(form.key, line, rest)
        elif form.plain:
            first, last = _LABEL_FIRST.match(rest), _LABEL_LAST.search(rest)
            if named and (first or last):
                yield named[1], _line_item(rest, first, last)
            elif named and "|" in named[0]:
                return


def _keyed(key: str, line: str, rest: str) -> Iterator[tuple[str, Item | None]]:
    """The verdict beside the key, at the end of a line with no other one.

    None where the form itself is repeated.
    """
    spec = rf"{key}\W+([SB]\d{{1,3}})\b"
    whole = re.search(rf"{spec}\W+(YES|NO|NA)[\s*_`\"')\].|]*$", line)
    named = _ID.match(line)
    if whole and line.count(key) == 1 and (named is None or named[1] == whole[1]):
        yield whole[1], _item(whole[2], _bare(rest.partition(key)[0]))
    else:
        names = re.findall(rf"{spec}(?!\W*?(?:\.\.\.|…))", line)
        yield from ((name, None) for name in names)


def _line_item(rest: str, first: Match | None, last: Match | None) -> Item | None:
    """The label at the end of the line or at its beginning, unless it has two."""
    if first and last and first[1] != last[1]:
        return None
    if last:
        return _item(last[1], _bare(rest[: last.start()]))
    return _item(first[1], _bare(rest[first.end() :])) if first else None


def _bare(text: str) -> str:
    return text.strip(" \t|:;=>→–—-*_`\"'")


def ranges(ids: Sequence[str]) -> str:
    """Ids for a prompt, runs of them shortened: `S1-S12, B1, B4-B6`."""
    runs = groupby(
        enumerate(ids), key=lambda numbered: (numbered[1][0], int(numbered[1][1:]) - numbered[0])
    )
    parts: list[str] = []
    for _, run in runs:
        names = [name for _, name in run]
        parts += names if len(names) < 3 else [f"{names[0]}-{names[-1]}"]
    return ", ".join(parts)
