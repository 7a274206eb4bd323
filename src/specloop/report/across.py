"""One entrant in two runs, the older with another version of the document: each rule that both
versions have, and the totals on those that are the same.

Where the same requests were asked, answers are compared request by request; where they were not,
the figures are compared as of separate samples. Rules of the older run have the ids of the newer
one here (`Links`).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from math import comb
from typing import NamedTuple

from specloop.errors import InputError
from specloop.evaluation import EvaluationSet, Results
from specloop.evaluation.believing import shared
from specloop.evaluation.correcting import Correction
from specloop.evaluation.general import GeneralScore
from specloop.evaluation.judged import AskedJudge, JudgedAnswer
from specloop.measuring.compliance import COMPLIANCE, JUDGED
from specloop.measuring.figures import (
    Sides,
    difference_apart,
    differences,
    figure_from,
    is_believed,
)
from specloop.metrics import Cases, cases_in, metric_of
from specloop.outcomes import settled
from specloop.records import Case, Evaluation, Figure, JudgeBelief
from specloop.report.claims import side_effects
from specloop.report.comparison import figure_of
from specloop.report.data import ReportData
from specloop.report.versus import eval_set_of, judged_answers
from specloop.revision.gate import GateStanding, State
from specloop.stats import Resampling

_CLASSIFIER = "classifier"


class Links(NamedTuple):
    """Rules of the older version by what they are in the newer one."""

    rules: Mapping[str, str]
    """Old id -> new id, of each rule that became one rule."""
    same: frozenset[str]
    """The new ids of those that demand the same as before."""


class RunSide(NamedTuple):
    """The evaluation of an entrant in a run."""

    where: str
    data: ReportData
    evaluation: Evaluation
    general: tuple[GeneralScore, ...] = ()

    @property
    def eval_set(self) -> EvaluationSet:
        """What it was measured on; InputError where the run has something else now."""
        eval_set = eval_set_of(self.data)
        if eval_set is None or eval_set.benchmark != self.evaluation.benchmark:
            raise InputError(
                f"{self.where}: {self.evaluation.label} was measured on other probes than the run "
                f"has now; run `specloop eval {self.where}`"
            )
        return eval_set


class _Measured(NamedTuple):
    """An entrant's graded answers in the newer run's terms."""

    results: Results
    eval_set: EvaluationSet
    belief: JudgeBelief | None

    def cases(self, by: AskedJudge, rules: frozenset[str] | None = None) -> dict[_Key, Cases]:
        """The cases of all figures, on some rules or all."""
        eval_set, graded = self.eval_set, self.results.graded
        if rules is not None:
            own = tuple(rule for rule in eval_set.rules if rule.id in rules)
            eval_set = eval_set._replace(rules=own)
            graded = [_on(one, rules) for one in graded]
        found: dict[_Key, Cases] = {}
        results = Results(graded, self.results.general)
        for cases in cases_in(results.evidence(eval_set, by)):
            found.setdefault((cases.metric.name, cases.group), cases)
        return found

    @property
    def own(self) -> AskedJudge:
        """Its judge, as far as it is believed about its answers."""
        is_whole = self.belief is not None and self.eval_set.settings.judged_share == 1
        return AskedJudge(self.belief.judge if self.belief and is_whole else "", self.belief)


_Key = tuple[str, str]


class Across(NamedTuple):
    """Standings by rule, in the newer version's ids, and by metric."""

    rules: Mapping[str, GateStanding]
    totals: Mapping[str, GateStanding]
    n_requests: tuple[int, int, int]
    """In the older run, in the newer one, and the same in both."""


class _Tested(NamedTuple):
    standing: GateStanding
    least_p: float
    """The least p-value that so many cases can give."""


def across(new: RunSide, old: RunSide, links: Links) -> Across:
    """An entrant's standing in the newer run against the older one. InputError where a run lacks
    the answers, or was evaluated on other probes than it has."""
    mine = _measured(new)
    theirs, n_shared = _renamed(_measured(old), mine, links)
    how = Resampling(new.data.manifest.confidence, mine.eval_set.settings.seed)
    compared = _Comparison(new, old, mine, theirs, how)
    return Across(
        compared.rules(frozenset(links.rules.values())),
        compared.totals(links.same),
        (len(theirs.eval_set.chosen), len(mine.eval_set.chosen), n_shared),
    )


def _measured(side: RunSide) -> _Measured:
    eval_set = side.eval_set
    graded = judged_answers(side.data, eval_set, side.evaluation)
    if not graded:
        raise InputError(
            f"{side.where}: no answers of {side.evaluation.label} are kept; run `specloop eval "
            f"{side.where}`"
        )
    return _Measured(Results(graded, side.general), eval_set, side.evaluation.belief)


def _renamed(old: _Measured, new: _Measured, links: Links) -> tuple[_Measured, int]:
    """The older run's answers with the newer one's ids of rules and of requests that both asked,
    and how many those are."""
    theirs = {_asked(probe): probe for probe in reversed(new.eval_set.chosen)}
    asked = {probe.id: theirs.get(_asked(probe), probe) for probe in old.eval_set.probes}
    new_ids = (probe.id for probe in theirs.values())
    rules = {
        rule.id: rule.model_copy(update={"id": links.rules[rule.id]})
        for rule in old.eval_set.rules
        if rule.id in links.rules
    }

    def renamed(probe: Case) -> Case:
        targets = tuple(links.rules.get(rule, rule) for rule in probe.targets)
        update = {"scenario": probe.scenario, "targets": targets}
        return asked[probe.id].model_copy(update=update)

    graded = [
        one._replace(
            probe=renamed(one.probe),
            answer=one.answer.model_copy(update={"case": asked[one.probe.id].id}),
            verdicts=tuple(
                verdict.model_copy(update={"rule": rules[verdict.rule].id})
                for verdict in one.verdicts
                if verdict.rule in rules
            ),
        )
        for one in old.results.graded
    ]
    instances = tuple(
        instance.model_copy(
            update={"rules": tuple(rules[rule].id for rule in instance.rules if rule in rules)}
        )
        for instance in old.eval_set.instances
    )
    eval_set = old.eval_set._replace(
        probes=tuple(map(renamed, old.eval_set.probes)),
        instances=instances,
        rules=tuple(rules.values()),
        held_out=new.eval_set.held_out,
    )
    results = Results(graded, old.results.general)
    n_shared = len({asked[probe.id].id for probe in old.eval_set.chosen} & {*new_ids})
    return _Measured(results, eval_set, _belief(old.belief, links)), n_shared


def _asked(probe: Case) -> tuple[str, ...]:
    """What makes two runs' probes the same request."""
    said = [f"{message.role}\n{message.content}" for message in probe.messages]
    return (*said, probe.query, probe.side)


def _belief(belief: JudgeBelief | None, links: Links) -> JudgeBelief | None:
    if belief is None:
        return None
    families = tuple(
        family.model_copy(
            update={"rules": tuple(links.rules.get(rule, rule) for rule in family.rules)}
        )
        for family in belief.families
    )
    return belief.model_copy(update={"families": families})


def _on(graded: JudgedAnswer, rules: frozenset[str]) -> JudgedAnswer:
    kept = tuple(verdict for verdict in graded.verdicts if verdict.rule in rules)
    return graded._replace(verdicts=kept)


class _Comparison(NamedTuple):
    new: RunSide
    old: RunSide
    mine: _Measured
    theirs: _Measured
    how: Resampling

    @property
    def by(self) -> AskedJudge:
        """The judge, as far as it is believed about both."""
        belief = shared(self.mine.belief, self.theirs.belief)
        whole = all(one.own.judge for one in (self.mine, self.theirs))
        return AskedJudge(belief.judge if belief and whole else "", belief)

    @property
    def correction(self) -> Correction:
        """Takes the judge's errors off."""
        belief = self.new.evaluation.belief
        known = self.new.data.certificates
        mine = (one for one in known if belief and one.id == belief.certificate)
        return Correction(next(mine, None), self.how, self.mine.eval_set.worth.labelled_by)

    def rules(self, linked: frozenset[str]) -> dict[str, GateStanding]:
        """Each measured rule of the newer version."""
        alone = self.mine.cases(self.mine.own)
        sides = self._sides(linked)
        tested: dict[str, _Tested] = {}
        for rule in (rule.id for rule in self.mine.eval_set.rules):
            key = next((k for k in ((COMPLIANCE, rule), (JUDGED, rule)) if k in alone), None)
            if key is None:
                tested[rule] = _Tested(GateStanding(why="no probe and no judge has tested it"), 0.0)
            elif rule not in linked:
                tested[rule] = _Tested(GateStanding(None, self._figure(alone[key])), 0.0)
            else:
                shown = next((k for k in ((COMPLIANCE, rule), key) if k in sides[0]), key)
                tested[rule] = self._tested(shown, alone[key], sides)
        return _settled(tested, 1 - self.how.confidence)

    def totals(self, same: frozenset[str]) -> dict[str, GateStanding]:
        """The totals on the rules that are the same."""
        sides = self._sides(same)
        level, found = 1 - self.how.confidence, dict[str, GateStanding]()
        for name in (COMPLIANCE, *side_effects(), "perplexity"):
            key = (name, "")
            before, after = (figure_of(one.evaluation, name) for one in (self.old, self.new))
            judges = {end.judge for end in (before, after) if end}
            told = judges - {_CLASSIFIER} if name == "over_refusal" else set[str]()
            if told:
                tested = _Tested(GateStanding(before, after, why="a model tells refusals"), 0.0)
            elif key in sides[0]:
                tested = self._tested(key, sides[0][key], sides)
            else:
                continue
            found |= _settled({name: tested}, level)
        return found

    def _sides(self, rules: frozenset[str]) -> tuple[dict[_Key, Cases], ...]:
        """The cases of both, and of both as far as both answered the same requests."""
        first, second = self.mine.results, self.theirs.results
        _, mine, theirs = first.beside(second)
        ends, both = ((self.mine, first), (self.theirs, second)), (self.mine, mine)
        every = (*ends, both, (self.theirs, theirs))
        return tuple(m._replace(results=r).cases(self.by, rules) for m, r in every)

    def _tested(self, key: _Key, shown: Cases, sides: tuple[dict[_Key, Cases], ...]) -> _Tested:
        mine, theirs, mine_shared, theirs_shared = (side.get(key) for side in sides)
        after = self._figure(shown)
        if mine is None or theirs is None:
            before = self._figure(theirs) if theirs else None
            return _Tested(GateStanding(before, after, why="it was not measured so before"), 0.0)
        before, pair = self._figure(theirs), (mine_shared, theirs_shared)
        one, two = pair if _is_enough(mine, theirs, *pair) else (mine, theirs)
        assert one is not None
        assert two is not None
        is_paired = one is mine_shared
        if is_paired:
            figure = next(differences(Sides([one], [two]), Sides([mine], [theirs]), self.how))
        else:
            figure = difference_apart(one, two, self.how)
        figure = self.correction.difference(figure, one, two)
        return _Tested(
            GateStanding(before, after, figure, is_paired), _least_p(one, two, is_paired=is_paired)
        )

    def _figure(self, cases: Cases) -> Figure:
        return self.correction.figure(figure_from(cases, self.how), cases)


def _n(cases: Cases | None) -> int:
    return sum(unit.value is not None for unit in cases.units) if cases else 0


def _is_enough(mine: Cases, theirs: Cases, *both: Cases | None) -> bool:
    """Whether requests that both asked are at least half of what the smaller run has."""
    n_both = min(map(_n, both))
    return n_both > 0 and 2 * n_both >= min(_n(mine), _n(theirs))


def _clusters(cases: Cases) -> set[str]:
    return {unit.cluster for unit in cases.units if unit.value is not None}


def _least_p(mine: Cases, theirs: Cases, *, is_paired: bool) -> float:
    first, second = _clusters(mine), _clusters(theirs)
    if is_paired:
        return 2.0 ** (1 - len(first & second))
    return 2 / comb(len(first) + len(second), len(first))


def _settled(tested: Mapping[str, _Tested], level: float) -> dict[str, GateStanding]:
    """The standings with their states; p-values are corrected for all that are decided together.

    What so few cases cannot decide under that correction is left out of it and open (Tarone,
    1990).
    """
    whys = {name: _why_open(one) for name, one in tested.items()}
    compared = {
        name: one for name, one in tested.items() if one.standing.difference and not whys[name]
    }
    least = [one.least_p for one in compared.values()]
    bar = level / next(k for k in count(1) if sum(p <= level / k for p in least) <= k)
    for name, one in compared.items():
        if one.least_p > bar:
            whys[name] = "too few independent cases for any difference to show"
    decided = {name: one.standing.difference for name, one in compared.items() if not whys[name]}
    figures = [figure for figure in decided.values() if figure]
    better = metric_of(figures[0].name).better if figures else "up"
    outcomes = dict(zip(decided, settled(figures, better, 1 - level), strict=True))
    return {
        name: _with_state(one.standing, outcomes.get(name), whys[name])
        for name, one in tested.items()
    }


def _why_open(tested: _Tested) -> str:
    """Why nothing can be said, however many cases there are; empty where something can."""
    before, after, difference, _, _, why = tested.standing
    ends = filter(None, (after, difference))
    levels = [one.belief or "unmeasured" for one in ends if not is_believed(one)]
    if levels:
        return f"judged by a judge that is {levels[-1]}"
    if why or (difference is None and before is None and after is not None):
        return why
    if difference is None or difference.value is None or difference.ci_low is None:
        return "no case could be scored"
    return ""


def _with_state(standing: GateStanding, settled_as: Figure | None, why: str) -> GateStanding:
    if settled_as is None:
        return standing._replace(state="open" if why else "new", why=why)
    outcome, corrected = settled_as.outcome, settled_as.corrected
    state, why = _STATES.get(outcome or "", ("open", "no interval"))
    doubtful = corrected is not None and (
        corrected.ci_low is None
        or corrected.ci_high is None
        or corrected.ci_low <= 0 <= corrected.ci_high
    )
    if state in ("better", "worse") and doubtful:
        state, why = "open", "the judge's errors could explain the difference"
    return standing._replace(difference=settled_as, state=state, why=why)


_STATES: Mapping[str, tuple[State, str]] = {
    "better": ("better", ""),
    "worse": ("worse", ""),
    "noise": ("as before", ""),
    "changed": ("changed", ""),
    "open": ("open", "unscored cases could reverse it"),
}
