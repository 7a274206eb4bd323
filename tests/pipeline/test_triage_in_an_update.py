"""An update looks at the pairs of changed rules before it makes others."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands import specloop
from tests.scripted_server import ScriptedServer
from tests.updated import UpdatedRun

from specloop.checking import AnswerText, decide
from specloop.pipeline import Run
from specloop.pipeline.reviewing import ReviewPlan, planned_items
from specloop.records import PairTriage, PreferencePair, Revision, SetAside
from specloop.runrules import current_rules
from specloop.store import RunFolder

FEWER = ("at most 40 words", "at most 30 words")


def test_pairs_of_a_changed_rule_are_used_as_far_as_they_hold(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = UpdatedRun.made(tmp_path, server)
    folder = RunFolder(run.path)
    done = run.update(run.document(FEWER))
    triaged = folder.read(PairTriage)
    assert triaged
    assert f"triage of {len(triaged)} pairs of changed rules: " in done.stderr
    (revision,) = folder.read(Revision)
    aside = [
        one.content["id"]
        for one in folder.read(SetAside)
        if one.file == PreferencePair.FILE and one.document == revision.old
    ]
    assert {one.pair for one in triaged} <= set(aside)
    pairs = {pair.id: pair for pair in folder.read(PreferencePair)}
    rules = {rule.id: rule for rule in current_rules(folder)}
    used = [one for one in triaged if one.made]
    assert used
    for one in used:
        pair = pairs[one.made]
        assert set(pair.violated) <= rules.keys()
        for rule in (rules[id_] for id_ in pair.violated if rules[id_].check):
            assert rule.check
            chosen, rejected = (
                decide(rule.check, pair.request, AnswerText.of(text, "stop")).value
                for text in (pair.chosen_text, pair.rejected_text)
            )
            assert (chosen in ("YES", "NA"), rejected) == (True, "NO")

    items = planned_items(Run.resume(run.path), ReviewPlan("Ada", answers="pairs"))
    told = [item for item in items if item.before]
    assert items[: len(told)] == told
    assert {line for item in told for line in item.before} <= {
        f"triage: {one.outcome}: {one.reason}" for one in used
    }
    chain = json.loads(specloop("why", run.path, used[0].made, "--json").stdout)
    assert used[0].id in chain["below"]["triage"]["ids"]

    before, n_calls = run.lines(), len(server.bodies)
    specloop("pairs", run.path)
    run.update(run.document(FEWER))
    assert (len(server.bodies), run.lines()) == (n_calls, before)
