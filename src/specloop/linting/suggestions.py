"""Conflicts and duplicates that a model proposes: it is asked about pairs of rules that share rare
words. What it says is marked as its suggestion and is never an error."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from math import log
from typing import Any, Literal, cast, get_args

from specloop.items import Loop, each, local
from specloop.linting.base import Finding
from specloop.linting.document import DocumentStatement, LintDocument
from specloop.llm.base import Request, schema_text
from specloop.llm.roles import RoleModel, object_schema
from specloop.llm.structured import ask_json
from specloop.prompt import Prompt
from specloop.records import Failure

MOST = 40
"""Most pairs that a model is asked about, if no other number is given."""
COMMON = 40
"""A word that more rules share says little."""

_Relation = Literal["conflict", "same", "neither"]
_Pair = tuple[DocumentStatement, DocumentStatement]
_SCHEMA = schema_text(
    object_schema(
        why={"type": "string", "maxLength": 300},
        relation={"type": "string", "enum": list(get_args(_Relation))},
    )
)


async def suggest(
    document: LintDocument, role_model: RoleModel, most: int, tell: Callable[[str], object]
) -> list[Finding]:
    """What the model says of the likeliest pairs. `tell` gets a remark where it gave no answer."""
    prompt, model = Prompt.beside(__file__), role_model.model
    sampling = role_model.sampling(seed=0, max_tokens=300)

    async def ask(pair: _Pair) -> Finding | Failure | None:
        messages = prompt.render(first=pair[0].text, second=pair[1].text)
        request = Request(messages=messages, sampling=sampling, json_schema=_SCHEMA)
        relation, why = await ask_json(model, request, _read)
        return _finding(pair, relation, why, model.name)

    loop = Loop[_Pair, "Finding | None"](
        "asking about pairs", "lint", _name, local(role_model.settings.concurrency)
    )
    found = await each(ask, candidates(document, most), loop)
    failed = [one for one in found if isinstance(one, Failure)]
    if failed:
        tell(f"{len(failed)} pairs got no answer, the first: {failed[0].reason}")
    return [one for one in found if isinstance(one, Finding)]


def _read(content: Any) -> tuple[_Relation, str]:
    relation = content.get("relation") if isinstance(content, dict) else None
    if relation not in get_args(_Relation):
        raise ValueError('"relation" is not one of conflict, same, neither')
    return cast(_Relation, relation), str(content.get("why", ""))[:300]


def _name(pair: _Pair) -> str:
    return f"{pair[0].span[0]} and {pair[1].span[0]}"


def _finding(pair: _Pair, relation: _Relation, why: str, model: str) -> Finding | None:
    if relation == "neither":
        return None
    code = "CONFLICT-MODEL" if relation == "conflict" else "DUPLICATE"
    what = "these cannot both be kept" if relation == "conflict" else "these say the same"
    message = f"{what}, says the model: {' '.join(why.split())}"
    remedy = "read both; ignore this if it is wrong"
    return Finding(code, "warning", message, remedy, (pair[0].span, pair[1].span), model)


def candidates(document: LintDocument, most: int) -> Sequence[_Pair]:
    """The pairs of rules that share most rare words, the likeliest first."""
    rules = [one for one in document.statements if one.rule]
    having: defaultdict[str, list[int]] = defaultdict(list)
    for at, rule in enumerate(rules):
        for word in rule.said.words:
            having[word].append(at)
    scores: Counter[tuple[int, int]] = Counter()
    for places in having.values():
        if len(places) <= COMMON:
            for pair in _pairs_of(places):
                scores[pair] += log(1 + len(rules) / len(places))  # pyright: ignore[reportArgumentType]
    likely = ((score, rules[a], rules[b]) for (a, b), score in scores.items())
    ranked = sorted(
        (
            (-score / (1 + len(one.said.words ^ other.said.words)), one.span, one, other)
            for score, one, other in likely
            if one.comparable(other)
        ),
        key=lambda entry: entry[:2],
    )
    return [(one, other) for _, _, one, other in ranked[:most]]


def _pairs_of(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    for n, one in enumerate(places):
        yield from ((one, other) for other in places[n + 1 :])
