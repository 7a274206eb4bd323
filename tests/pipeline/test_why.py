"""From any datum of a run back to the line of the document, and from a rule to all that hangs on
it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.commands import Done, specloop
from tests.loop import SHOP_POLICY, config, run_stages
from tests.review_fixture import HOSTILE
from tests.scripted_server import ScriptedServer
from tests.unit.review.test_pairs import label, paired_run, side

from specloop.pipeline.origins import web_of
from specloop.records import (
    Answer,
    Decision,
    Edit,
    Evaluation,
    Exchange,
    Failure,
    Judgement,
    PreferencePair,
    Record,
    Rubric,
    RubricText,
    Rule,
    Section,
    SetAside,
    TrainingRun,
    content_id,
)
from specloop.review.decided import pair_item
from specloop.store import GOLD, RunFolder


def told(run: Path | RunFolder, *args: object) -> dict[str, Any]:
    path = run.path if isinstance(run, RunFolder) else run
    return json.loads(specloop("why", path, *args, "--json").stdout)


def kinds(chain: dict[str, Any]) -> list[str]:
    return [datum["kind"] for datum in chain["made_from"]]


def test_every_record_of_a_loop_leads_back_to_the_words_of_the_document(
    tmp_path: Path, server: ScriptedServer
) -> None:
    run = tmp_path / "run"
    run_stages(run, config(tmp_path, server))
    folder, lines = RunFolder(run), SHOP_POLICY.read_text().splitlines()
    pair = folder.read(PreferencePair)[0]
    chain = told(run, pair.id)
    rule = next(one for one in folder.read(Rule) if one.id == pair.violated[0])
    line = next(n for n, text in enumerate(lines, 1) if rule.quote in text)
    first = next(one for one in chain["made_from"] if one["text"] == rule.quote)
    assert first["id"] == f"shop_policy.md:{line}:3"
    assert kinds(chain) == sorted(kinds(chain), key=list(dict.fromkeys(kinds(chain))).index)
    assert {"section", "rule", "instance", "seed prompt", "probe", "exchange", "answer"} <= set(
        kinds(chain)
    )
    assert chain["rules"] == list(pair.violated)
    web = web_of(folder)
    for kind in (Exchange, Answer, Judgement, PreferencePair):
        for record in folder.read(kind):
            above = web.chain(web.find(record.id)).above
            assert {"document", "rule", "probe"} - {web.find(record.id).kind} <= {
                one.kind for one in above
            }
    hanging = told(run, "--rule", rule.text[:-1])
    about = [one.id for one in folder.read(PreferencePair) if rule.id in one.violated]
    assert sorted(hanging["below"]["pair"]["ids"]) == sorted(about)
    assert hanging["below"]["pair"]["n"] == len(about)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = paired_run(tmp_path / "run")
    rule = folder.read(Rule)[0]
    (folder / "document.txt").write_text("# Shop\n\nRule 0: be kind.\n")
    # The fixture's rules have no place of their own.
    placed = rule.model_copy(update={"start": 8, "end": 24})
    folder.replace(Rule, [placed, *folder.read(Rule)[1:]])
    folder.note(document={"name": "policy.md"})
    return folder


def a_training(of: list[PreferencePair], **more: Any) -> TrainingRun:
    ids = [pair.id for pair in of]
    given: dict[str, Any] = {
        "trainer": "dpo",
        "title": "DPO",
        "preferences": True,
        "base": "hf:m",
        "settings": {},
        "pairs_digest": content_id(ids),
        "n_pairs": len(ids),
        "model_path": "models/dpo/merged",
        "best_step": 1,
        "best_score": 1.0,
    }
    return TrainingRun.model_validate(given | more)


@pytest.mark.parametrize("noted", [True, False])
def test_a_pair_leads_on_to_the_trainings_and_evaluations_that_it_is_in(
    folder: RunFolder, noted: bool
) -> None:
    pairs = folder.read(PreferencePair)
    training = a_training(pairs, **({"pairs": tuple(p.id for p in pairs)} if noted else {}))
    path = f"hf:{folder.path}/models/dpo/merged"
    measured = Evaluation(label="dpo", model=path, of="dpo", benchmark="b", metrics=())
    folder.append([training, measured])
    chain = told(folder, pairs[0].id[:8])
    assert chain["below"]["training"]["ids"] == [training.id]
    assert chain["below"]["evaluation"]["ids"] == [measured.id]
    assert kinds(told(folder, measured.id))[-1] == "training"
    below = told(folder, "--rule", "rule 0")["below"]
    assert (below["training"]["n"], below["evaluation"]["n"], below["pair"]["n"]) == (1, 1, 3)


def test_what_people_said_leads_back_to_what_it_was_said_of(folder: RunFolder) -> None:
    pair = folder.read(PreferencePair)[0]
    rules = {one.id: one for one in folder.read(Rule)}
    sections = {one.id: one for one in folder.read(Section)}
    item, (_, case) = pair_item(pair, rules, sections).case, side(folder, "NO")
    decided = Decision(case=item.id, value="drop", by="Ada", comment="both are kind")
    labelled = label(case, "NO")
    gold = folder.part(GOLD)
    gold.make()
    gold.append([item, decided, case, labelled])
    chain = told(folder, decided.id)
    assert kinds(chain)[-2:] == ["pair", "reviewed item"]
    assert told(folder, labelled.id)["text"].startswith("NO by Ada (person)")
    below = told(folder, "--rule", "Rule 0: be kind.")["below"]
    assert below["decision"]["ids"] == [decided.id]
    assert below["label"]["ids"] == [labelled.id]


def test_edits_and_the_rubric_of_a_rule_stand_in_its_chain(folder: RunFolder) -> None:
    rule = folder.read(Rule)[0]
    text = RubricText(keeps="It greets.", breaks="It is rude.")
    edit = Edit(rule=rule.id, wording=rule.text, field="drop", after=True, author="Bo", time="2026")
    folder.append([edit, Rubric(rule_text=rule.text, text=text, edited_by="Ada")])
    chain = told(folder, rule.id)
    assert kinds(chain) == ["document", "document", "section", "edit", "rubric"]
    assert chain["made_from"][3]["text"] == "dropped by Bo, 2026"
    assert "by Ada" in chain["made_from"][4]["text"]
    assert chain["made_from"][0]["id"] == "policy.md:3:1"


def test_what_fell_out_says_why_and_what_it_was(folder: RunFolder) -> None:
    pair = folder.read(PreferencePair)[0]
    folder.replace(PreferencePair, folder.read(PreferencePair)[1:])
    aside = SetAside(
        file=PreferencePair.FILE,
        content=pair.model_dump(mode="json"),
        reason="rule 12 was reworded",
        rules=("12",),
    )
    odd = SetAside(file="pairs.jsonl", content={"id": "x"}, reason="other")
    folder.append([aside, odd])
    chain = told(folder, pair.id)
    assert chain["text"].endswith("[set aside: rule 12 was reworded]")
    assert kinds(chain)[-1] == "set aside"
    assert told(folder, odd.id)["text"] == "pairs.jsonl: other"


def test_a_chain_can_be_told_for_one_rule(folder: RunFolder) -> None:
    judged = folder.read(Judgement)[0]
    assert len(told(folder, judged.id)["verdicts"]) == 3
    (one,) = told(folder, judged.id, "--rule", "rule 1")["verdicts"]
    assert one["says"].startswith("YES by joint")
    failed = why(folder, folder.read(PreferencePair)[0].id, "--rule", "rule 1")
    assert failed.returncode == 2
    assert "is not about the rule" in failed.stderr


def why(folder: RunFolder, *args: object) -> Done:
    return specloop("why", folder.path, *args, check=False)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((), "name the id of a record"),
        (("zz",), "no record of this run has that id; near ones: "),
        (("",), "name the id of a record"),
        (("--rule", "rule"), "3 are meant by that: rule "),
        (("--rule", "Rule 0: be kinder to all"), "no rule of this run; near ones: rule "),
        (("--rule", "§"), "near ones: none"),
    ],
)
def test_unknown_and_ambiguous_names_are_told_with_near_ones(
    folder: RunFolder, args: tuple[str, ...], says: str
) -> None:
    failed = why(folder, *args)
    assert (failed.returncode, failed.stdout) == (2, "")
    assert says in failed.stderr
    assert len(failed.stderr.strip().splitlines()) == 1


def test_the_beginning_of_an_id_must_be_of_one_record(folder: RunFolder) -> None:
    folder.append(Failure(id=f"abcd{n}", stage="s", item="i", reason="r") for n in range(2))
    failed = why(folder, "abcd")
    assert failed.returncode == 2
    assert "2 are meant by that: failure abcd0" in failed.stderr
    assert told(folder, "abcd1")["id"] == "abcd1"


def test_texts_of_documents_and_models_cannot_move_the_cursor(folder: RunFolder) -> None:
    section = folder.read(Section)[0]
    text = f"Never say {HOSTILE}"
    hostile = Rule(section=section.id, text=text, quote=text, start=0, end=0)
    answer = Answer(case=HOSTILE, model="m", text=f"{HOSTILE}\nrule          forged")
    records: list[Record] = [hostile, answer]
    folder.append(records)
    for args in (
        (answer.id,),
        ("--rule", "Never say"),
        ("--rule", "Never sey <script"),
        ("q\x1b[2J",),
    ):
        done = why(folder, *args)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\nrule          forged" not in done.stdout
