"""Refine the doubtful rules of a document with a model, under a JSON schema.

Only doubtful rules and sentences that seem to oblige somebody and became no rule are shown, with
their lead-ins and a question for each doubt.

Every quotation from the model is aligned to the passage, or rejected and recorded as a failure. So
no rule can come from outside the document, from commentary or from an example. A wording that
demands nothing is rejected too. A rule that the model leaves out is kept only if the document
itself says 'must', 'should', 'is not allowed' or the like: then a small model's omission is more
likely wrong than the reading. Rules read from mood, tense or a heading are dropped if the model
does not confirm them. A passage without a readable answer keeps all its rules, and so does one in
which the model found nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from rapidfuzz import fuzz

from specloop.checking import compile_check
from specloop.items import Loop, each, local
from specloop.llm.base import Request, schema_text
from specloop.llm.roles import RoleModel, object_schema
from specloop.llm.structured import ask_json
from specloop.prompt import Prompt
from specloop.records import CATEGORIES, Category, Failure, MadeBy, Rule, RuleType
from specloop.spec.agreement import disagreement
from specloop.spec.context import tidy
from specloop.spec.extract import make_rule
from specloop.spec.facets import contradicts
from specloop.spec.passages import MAX_PASSAGE, Passage
from specloop.spec.quotations import Quoted, align
from specloop.spec.wording import Obligation, obligation

MAX_ENTRIES = 100
"""Most rules of one passage: a model that gives more is in a loop."""
MORE_RULES = 2
"""How many times the rules that code reads: a model hardly finds more in the same document."""
MIN_AGREEMENT = 50.0
"""How much of the rule's text, of 100, must come from its quotation."""


_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")


_Unmarked = Annotated[
    str,
    BeforeValidator(lambda text: _BULLET.sub("", text) if isinstance(text, str) else text),
    Field(max_length=MAX_PASSAGE),
]


class ModelRule(BaseModel):
    """One rule of the model's answer; small models copy a list entry with its bullet."""

    model_config = ConfigDict(extra="ignore")
    quote: _Unmarked
    text: _Unmarked
    type: RuleType
    category: Category


_TEXT = {"type": "string", "maxLength": 600}
_ENTRY = object_schema(
    quote=_TEXT,
    text=_TEXT,
    type={"type": "string", "enum": list(get_args(RuleType))},
    category={"type": "string", "enum": list(CATEGORIES)},
)
_ENTRIES = {"type": "array", "maxItems": 24, "items": _ENTRY}


def answer_schema(least: int) -> str:
    """The schema of an answer; without a least number of rules small models give none."""
    return schema_text(object_schema(rules=_ENTRIES | {"minItems": least}))


ENTRY = "an entry of a list or table"
REWORDED = "another wording in the document"


class Refined(NamedTuple):
    """A model's result for one passage."""

    passage: Passage
    rules: tuple[Rule, ...] = ()
    failures: tuple[Failure, ...] = ()
    places: tuple[tuple[int, int], ...] = ()
    """Where the model saw a rule, even if its wording could not be used."""


async def refine(
    todo: Sequence[Passage], role_model: RoleModel, record: Callable[[Sequence[Failure]], object]
) -> list[Refined]:
    """Ask the role's model about each passage, and return those with a readable answer in order.

    `record` gets each failure at once.
    """
    prompt, model = Prompt.beside(__file__), role_model.model
    sampling = role_model.sampling(seed=0, max_tokens=1500)

    async def ask(passage: Passage) -> Refined:
        messages = prompt.render(
            section=" > ".join(passage.part.section.path),
            passage=passage.text,
            questions=passage.asked,
        )
        schema = answer_schema(1 if passage.demands else 0)
        request = Request(messages=messages, sampling=sampling, json_schema=schema)
        entries = await ask_json(model, request, read_entries)
        made_by = MadeBy(model=model.name, prompt=prompt.digest, sampling=sampling)
        return read_rules(passage, entries, made_by)

    loop = Loop[Passage, Refined](
        "refining rules",
        "rules",
        where,
        local(role_model.settings.concurrency),
        failing=lambda refined: refined.failures,
        record=record,
    )
    results = await each(ask, todo, loop)
    return [refined for refined in results if isinstance(refined, Refined)]


def read_entries(content: Any) -> list[Any]:
    """The entries of a model's answer; ValueError if it is not a list of rules."""
    entries = content.get("rules") if isinstance(content, dict) else content
    if not isinstance(entries, list):
        raise ValueError('it is not an object with a list of "rules"')
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"it has {len(entries)} rules, more than {MAX_ENTRIES}")
    return entries


def read_rules(passage: Passage, entries: Sequence[Any], made_by: MadeBy) -> Refined:
    """Read rules from a model's answer; a quotation that is not in the passage is a failure."""
    rules: dict[str, Rule] = {}
    failures: list[Failure] = []
    places: list[tuple[int, int]] = []
    for entry in entries:
        span, outcome = _rule(passage, entry, made_by)
        places += [span] if span else []
        if isinstance(outcome, Failure):
            failures.append(outcome)
        else:
            rules.setdefault(outcome.id, outcome)
    return Refined(passage, tuple(rules.values()), tuple(failures), tuple(places))


def _rule(
    passage: Passage, entry: Any, made_by: MadeBy
) -> tuple[tuple[int, int] | None, Rule | Failure]:
    """The place of the quotation, and the rule or why there is none."""
    try:
        answer = ModelRule.model_validate(entry)
    except ValidationError as error:
        lacking = error.errors()[0]["loc"]
        place = lacking[-1] if lacking else "form"
        return None, failure(passage, f"a rule has no valid {place!r}: {str(entry)[:80]}")
    span = align(answer.quote, passage.source, passage.blocks)
    if span is None:
        reason = f"the quotation is not in the section: {answer.quote[:120]!r}"
        return None, failure(passage, reason)
    duty = obligation(answer.text)
    if reason := _refusal(passage, answer, span, duty):
        return span, failure(passage, f"{reason}: {answer.text[:120]!r}")
    duty = duty or Obligation("indicative", False)
    rule = make_rule(passage.source, passage.part, tidy(answer.text), span, duty)
    contrary = contradicts(answer.type, duty)
    weaker = duty.force == "must" and answer.type in ("guideline", "definition")
    known = rule.type if contrary or weaker else answer.type
    update = {"type": known, "category": answer.category, "confidence": "medium"}
    update |= {"extracted_by": made_by}
    return span, rule.model_copy(update=update)


def _refusal(
    passage: Passage, answer: ModelRule, span: tuple[int, int], duty: Obligation | None
) -> str:
    """Why an answer with a quotation from the passage is no rule; empty if it is one."""
    torn = duty is not None and not duty.explicit and _is_torn(passage.source, span[0])
    if torn or (duty is None and answer.type != "definition"):
        return "the rule demands nothing"
    if fuzz.token_set_ratio(answer.text.lower(), answer.quote.lower()) < MIN_AGREEMENT:
        return "the rule says something else than its quotation"
    quoted = passage.quoted(span)
    objection = _objection(passage, answer.text, quoted)
    # A list's entry without its lead-in: if the plain reading has the rule, it joins the two.
    copied = set(_words(answer.text)) <= set(_words(answer.quote))
    entry = bool(quoted.lead) and copied and not quoted.is_reported
    return f"the rule departs from its quotation: {objection}" if objection and not entry else ""


def _objection(passage: Passage, text: str, quoted: Quoted) -> str:
    """Why the rule's text does not say what its quotation says in context; empty if it does."""
    if quoted.is_reported:
        return "the document only reports those words"
    return disagreement(quoted.said, text, passage.text, " ".join(passage.part.section.path))


def _is_torn(source: str, start: int) -> bool:
    """Whether a quotation begins inside a clause: 'take three days' is then no instruction."""
    gap = re.search(r"\w(\s+)\Z", source[max(0, start - 8) : start])
    return gap is not None and gap[1].count("\n") < 2  # A blank line ends the text before it.


def failure(passage: Passage, reason: str) -> Failure:
    """What a passage's answer had that is no rule."""
    return Failure(stage="rules", item=where(passage), reason=reason, kind="left out")


def where(passage: Passage) -> str:
    """The name of a passage among failures."""
    section = passage.part.section.anchor or " > ".join(passage.part.section.path) or "beginning"
    return f"{section}@{passage.blocks[0].start}"


def merge(rules: Sequence[Rule], refined: Iterable[Refined]) -> list[Rule]:
    """The document's rules after refinement, in reading order."""
    by_id = {rule.id: rule for rule in rules}
    for result in refined:
        old = [rule for rule in rules if _inside(rule, result.passage)]
        for new in result.rules:
            same = [rule for rule in old if _overlap(_span(rule), _span(new))]
            if len(same) > 1 or (not same and _is_disputed(new, result.passage)):
                continue
            settled = _settled(same[0], new) if same else _unplaced(new, result.passage)
            by_id[settled.id] = settled
        for rule in old if result.places else ():
            seen = any(_overlap(_span(rule), place) for place in result.places)
            if not seen and not _is_explicit(rule):
                by_id.pop(rule.id, None)
    order = sorted(by_id.values(), key=lambda rule: (rule.start, rule.end))
    return [_relinked(rule, by_id) for rule in order]


def _is_disputed(rule: Rule, passage: Passage) -> bool:
    return bool(_objection(passage, rule.text, passage.quoted(_span(rule))))


def _settled(old: Rule, new: Rule) -> Rule:
    """The model's wording, unless it only leaves out words that make the rule clear; the rule keeps
    its id, and its doubts are settled."""
    new = _as_worded(new, old.text, old.scope)
    known = {"id": old.id, "exception_to": old.exception_to, "confidence": "medium", "doubts": ()}
    poorer = set(_words(new.text)) <= set(_words(old.text))
    if not poorer:
        return new.model_copy(update=known)
    contrary = contradicts(new.type, Obligation("must", old.direction == "negative"))
    update = known | {"category": new.category, "extracted_by": new.extracted_by}
    return old.model_copy(update=update if contrary else update | {"type": new.type})


def _unplaced(rule: Rule, passage: Passage) -> Rule:
    """A rule that only the model saw. In a list or table its surroundings are not known."""
    entry = any(
        b.kind in ("item", "cell") and _overlap(_span(rule), (b.start, b.end))
        for b in passage.blocks
    )
    return _as_worded(rule, rule.quote, (*rule.scope, ENTRY) if entry else rule.scope)


def _as_worded(rule: Rule, wording: str, scope: tuple[str, ...]) -> Rule:
    """The rule under the document's scope. If code reads the model's text differently from the
    document's wording, the model may have left out a scope, and the rule gets no check."""
    same = compile_check(rule.text, scope) == compile_check(wording, scope)
    return rule.model_copy(update={"scope": scope if same else (*scope, REWORDED)})


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _span(rule: Rule) -> tuple[int, int]:
    return rule.start, rule.end


def _inside(rule: Rule, passage: Passage) -> bool:
    return any(b.start <= rule.start and rule.end <= b.end for b in passage.blocks)


def _overlap(first: tuple[int, int], second: tuple[int, int]) -> bool:
    shared = min(first[1], second[1]) - max(first[0], second[0])
    return shared * 2 > min(first[1] - first[0], second[1] - second[0])


def _is_explicit(rule: Rule) -> bool:
    """Whether the document itself says that it is a rule, even if a model leaves it out."""
    duty = obligation(rule.text)
    return (duty is not None and duty.explicit) or rule.exception_to is not None


def _relinked(rule: Rule, by_id: Mapping[str, Rule]) -> Rule:
    """The rule without the link to a rule that is no more."""
    base = rule.exception_to
    return rule if base is None or base in by_id else rule.model_copy(update={"exception_to": None})
