"""Which answers a person is shown: the doubtful ones, of every rule, drawn by what they hold."""

from __future__ import annotations

from pathlib import Path

from tests.review_fixture import case, judged_run

from specloop.records import Answer, Case, Judgement, Rule, Verdict, VerdictValue
from specloop.review.candidates import Candidate, judged_candidates
from specloop.review.choosing import chosen, doubt


def candidate(number: int, *said: tuple[VerdictValue, float | None], rule: str = "r") -> Candidate:
    verdicts = tuple(Verdict(rule="r", value=value, probability=p) for value, p in said)
    return Candidate(case(number, rule), verdicts)


def test_disagreement_comes_before_doubt_and_doubt_before_certainty() -> None:
    differ = candidate(0, ("YES", 0.99), ("NO", 0.01))
    unread = candidate(1, ("YES", None), ("unscored", None))
    unsure = candidate(2, ("YES", 0.55))
    sure = candidate(3, ("YES", 0.98))
    silent = candidate(4, ("YES", None))
    every = [silent, sure, unsure, unread, differ]
    assert sorted(every, key=doubt, reverse=True) == [differ, unread, unsure, sure, silent]
    assert set(chosen(every, 2)) == {differ.case, unread.case}


def test_every_rule_gives_its_share_however_many_cases_it_has() -> None:
    many = [candidate(n, ("YES", 0.5), rule="many") for n in range(50)]
    few = [candidate(n, ("YES", 0.99), rule="few") for n in range(3)]
    rules = [one.rule_text for one in chosen([*many, *few], 6)]
    assert (rules.count("many"), rules.count("few")) == (3, 3)
    rules = [one.rule_text for one in chosen([*many, *few], 20)]
    assert (rules.count("many"), rules.count("few")) == (17, 3)


def test_the_choice_follows_from_the_content_and_more_cases_keep_it() -> None:
    every = [candidate(n, ("YES", 0.5), rule=f"rule {n % 4}") for n in range(40)]
    twelve = chosen(every, 12)
    assert chosen(list(reversed(every)), 12) == twelve
    assert set(twelve) <= set(chosen(every, 20))
    assert twelve != sorted(twelve, key=lambda one: one.rule_text)


def test_an_even_choice_does_not_look_at_verdicts() -> None:
    doubtful = [candidate(n, ("YES", 0.5), ("NO", 0.5)) for n in range(20)]
    sure = [candidate(n, ("YES", 0.99)) for n in range(20, 40)]
    assert all(one in [c.case for c in doubtful] for one in chosen([*doubtful, *sure], 20))
    plain = [Candidate(one.case) for one in (*doubtful, *sure)]
    assert chosen([*doubtful, *sure], 20, "even") == chosen(plain, 20, "even")


def test_the_verdicts_of_an_evaluation_are_cases_once_each_by_content(tmp_path: Path) -> None:
    folder = judged_run(tmp_path / "run")
    found = judged_candidates(folder, folder.read(Rule))
    assert len(found) == 18
    assert {len(one.verdicts) for one in found} == {2}
    assert {one.case.section for one in found} == {("Shop", "Tone")}
    other = judged_run(tmp_path / "other", reverse=True)
    again = judged_candidates(other, other.read(Rule))
    assert {one.case.id for one in again} == {one.case.id for one in found}


def test_answers_of_two_models_that_are_alike_are_one_case_of_no_model(tmp_path: Path) -> None:
    folder = judged_run(tmp_path / "run", n_answers=1, n_rules=1)
    (first,) = folder.read(Answer)
    twin = Answer(case=first.case, model="hf:other", text=first.text)
    judged = folder.read(Judgement)[0]
    folder.append([twin, Judgement.of(judged.verdicts, answer=twin.id, judge="joint", model="j")])
    (one,) = judged_candidates(folder, folder.read(Rule))
    assert one.case.answered_by == ""
    assert len(one.verdicts) == 3


def test_what_code_decided_and_what_was_cut_is_not_reviewed(tmp_path: Path) -> None:
    folder = judged_run(tmp_path / "run", n_answers=1, n_rules=1, said=lambda *_: {})
    (asked,), (rule,) = folder.read(Case), folder.read(Rule)
    cut = Answer(case=asked.id, model="m", text="And so", finish="length")
    whole = folder.read(Answer)[0]
    by_code = Verdict(rule=rule.id, value="NO", kind="check")
    of_cut = Verdict(rule=rule.id, value="YES")
    folder.append(
        [
            cut,
            Judgement.of([by_code], answer=whole.id, judge="check", model="code"),
            Judgement.of([of_cut], answer=cut.id, judge="joint", model="j"),
        ]
    )
    assert judged_candidates(folder, [rule]) == []
