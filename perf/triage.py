"""A triage of stored pairs beside making them all anew: pairs, calls, agreement.

    python -m perf.triage [N]

For N requests (200) to a scripted model, and for each kind of change of a policy of five rules, two
of which a judge decides. The model keeps seven in ten of the rules that it is not told and nine in
ten of those that it is; the judge is wrong on one answer in twenty, each time it is asked anew.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence
from itertools import count

from perf.triage_worth import MadeFrom, TriageWorth, changed_pairs, triage_worth
from tests.judge_replies import prompt_of, verdict_reply

from specloop.checking import compile_check
from specloop.config import RoleSettings, Synthesis, build
from specloop.draws import seed_of
from specloop.judging.base import rule_case
from specloop.judging.grader import check_judgement
from specloop.llm.backends.scripted import Script, ScriptedModel
from specloop.llm.base import Reply, Request
from specloop.llm.roles import RoleModel, RoleModels
from specloop.pipeline.judged_pairs import PairingSource, pairing_context
from specloop.records import (
    Answer,
    Case,
    Exchange,
    Instance,
    Judgement,
    Message,
    PreferencePair,
    Rule,
    RuleChange,
    Sampling,
    verdicts_of,
)
from specloop.revision.triage import TriageContext
from specloop.synth.defender import answer_to
from specloop.synth.exchange import SynthesisContext
from specloop.synth.pairs import make_pairs, materials

SHORT, BYE, CHEAP, KIND, NAME = (
    "Keep answers under 24 words.",
    'End every answer with the line "Bye now."',
    'Never use the word "cheap".',
    "Be kind to every guest.",
    "Ask every guest for a name.",
)
POLICY = (SHORT, BYE, CHEAP, KIND, NAME)
CHANGES: dict[str, tuple[str, str]] = {
    "a number changed": (SHORT, "Keep answers under 14 words."),
    "reversed, by code": (SHORT, "Keep answers over 24 words."),
    "reversed, by judge": (KIND, "Be curt with every guest."),
    "reworded, by judge": (NAME, "Ask every guest for a name and a number."),
    "removed": (CHEAP, ""),
    "new": ("", 'Never use the word "garden".'),
}
KEPT, ALONE, WRONG = 0.9, 0.7, 0.05
"""How often the model keeps a rule that it is told, and one that it is not; how often the judge is
wrong."""
_LONG = (
    "Our people have many years of practice with beds, borders, ponds, walls and old fruit trees."
)


def rule(text: str) -> Rule:
    """A rule with the check of its wording."""
    check = compile_check(text)
    return Rule(section="s", text=text, quote=text, start=0, end=len(text), check=check)


def share(*about: object) -> float:
    """A draw in [0, 1)."""
    return seed_of(*map(str, about)) % 10_000 / 10_000


def answer(request: Request) -> str:
    """An answer that keeps some of the rules: more of those that it is told."""
    asked, seed = request.messages[-1].content, request.sampling.seed
    told = request.messages[0].content if len(request.messages) > 1 else ""

    def keeps(words: str) -> bool:
        return share(asked, seed, words) < (KEPT if words in told else ALONE)

    most = re.search(r"under (\d+) words", told)
    is_long = "over 24" in told if "words" in told else not keeps("words")
    parts = [f"Thank you for asking about {asked.split()[-1].rstrip('?')}."]
    parts += ["You are very welcome, dear guest."] if keeps("kind") and "curt" not in told else []
    parts += ["May I have your name?"] if keeps("name") else []
    parts += [_LONG] if is_long else []
    parts += ["It is cheap."] if not keeps("cheap") else []
    parts += ["See the garden."] if not keeps("garden") else []
    if most and keeps("words"):
        parts = parts[: 1 + (int(most[1]) > 20)]
    return " ".join(parts) + ("\nBye now." if keeps("Bye") else "")


def judge() -> Script:
    """Decides by words of the answer, and is wrong at times, whatever it said before."""
    asked = count()

    def script(request: Request) -> str | Reply:
        before, _, said = prompt_of(request).rpartition("<answer ")
        rule = prompt_of(request).rpartition("Specification ")[2]
        is_kind, asks = "dear guest" in said, "your name" in said
        kept = not is_kind if "curt" in rule else is_kind if "kind" in rule else asks
        is_wrong = share("judge", next(asked), len(before)) < WRONG
        return verdict_reply("YES" if kept != is_wrong else "NO")(request)

    return script


def context_of(rules: Sequence[Rule]) -> tuple[SynthesisContext, list[ScriptedModel]]:
    """What pairs under some rules are made with."""
    target, asked = ScriptedModel(answer), ScriptedModel(judge())
    of = {"target": target, "defender": target, "compliance": asked}
    settings = {role: RoleSettings(model=model.name) for role, model in of.items()}
    models = RoleModels({role: RoleModel(model, settings[role]) for role, model in of.items()})  # type: ignore[dict-item, misc]
    table = {"judge": "sequential", "trust_judge": "weak", "contrast_share": 0.0}
    synthesis = build(Synthesis, table | {"defender_rules": False}, "synthesis")
    beliefs = PairingSource(beliefs={r.id: "weak" for r in rules if r.check is None})
    return pairing_context(models, rules, synthesis, beliefs), [target, asked]


class Stored:
    """Pairs as a run has them, with what they were made of."""

    def __init__(self, n: int) -> None:
        self.rules = [rule(text) for text in POLICY]
        self.instance = Instance(rules=tuple(r.id for r in self.rules), seed=0)
        self.cases = [
            Case(
                messages=(Message(role="user", content=f"What do you say about plant{at}?"),),
                scenario=self.instance.id,
                side="violation",
                split="train",
            )
            for at in range(n)
        ]
        self.answers: dict[str, Answer] = {}
        self.exchanges: dict[str, Exchange] = {}
        self.pairs: list[PreferencePair] = []

    async def make(self) -> Stored:
        """Make them."""
        context, _ = context_of(self.rules)
        judgements: list[Judgement] = []
        target = context.models.get("target")
        assert target
        for case in self.cases:
            made = await answer_to(target, case, case.messages, Sampling(seed=1))
            own = [check_judgement(rule_case(case.messages, made, context.decidable))]
            judged = await context.judge(case, made, [r for r in self.rules if r.check is None])
            own += [judged] if judged else []
            broken = tuple(v.rule for v in verdicts_of(own) if v.value == "NO")
            exchange = Exchange(
                probe=case.id,
                answer=made.id,
                wave=0,
                round=0,
                strategy="",
                roles={},
                violated=broken,
            )
            self.answers[made.id], self.exchanges[exchange.id] = made, exchange
            judgements += own
        items = materials(
            list(self.exchanges.values()),
            self.cases,
            self.answers.values(),
            [self.instance],
            judgements,
        )
        records = await make_pairs(items, context)
        self.answers |= {one.id: one for one in records if isinstance(one, Answer)}
        self.pairs = [one for one in records if isinstance(one, PreferencePair)]
        return self

    async def worth(self, old: str, new: str) -> tuple[int, TriageWorth]:
        """The worth of a triage for a change of one rule."""
        rules = [r for r in self.rules if r.text != old] + ([rule(new)] if new else [])
        changes = [
            RuleChange(kind="kept", old=(r.id,), new=(r.id,)) for r in self.rules if r.text != old
        ]
        changes.append(
            RuleChange(
                kind="new" if not old else "reworded" if new else "gone",
                old=tuple(r.id for r in self.rules if r.text == old),
                new=(rule(new).id,) if new else (),
            )
        )
        synthesis, models = context_of(rules)
        context = TriageContext(synthesis, {one.id: one for one in self.cases}, self.answers)
        instance = self.instance.model_copy(update={"rules": tuple(r.id for r in rules)})
        made_from = MadeFrom({instance.id: instance}, self.exchanges)
        touched = changed_pairs(self.pairs, changes, rules)
        found = await triage_worth(
            touched, changes, context, made_from, lambda: sum(len(m.requests) for m in models)
        )
        return len(self.pairs), found


async def main(n: int) -> None:
    """Print a line a change."""
    stored = await Stored(n).make()
    print("change               touched  right invert answer irrel  pairs/calls  anew        agree")
    for name, (old, new) in CHANGES.items():
        total, one = await stored.worth(old, new)
        counts = [one.outcomes.get(k, 0) for k in ("right", "inverted", "new answer", "irrelevant")]
        told = "  ".join(f"{count:5}" for count in counts)
        agree = one.agree / one.n if one.n else 1.0
        print(
            f"{name:20} {one.n:3}/{total:3}  {told}  {one.pairs:4}/{one.calls:<5}"
            f"  {one.remade:4}/{one.remade_calls:<5}  {agree:.3f}"
        )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
