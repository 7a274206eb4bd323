"""Answers and judgements under another wording or other model options are another entrant's and
another judge's."""

# pyright: basic
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.specbench_fixture import WAYS, stored, written
from tests.tiny_model import make_tiny

from specloop.config import Config, build
from specloop.judges import judges
from specloop.judging.base import Judge, JudgeCase, JudgeResult, unscored
from specloop.judging.grader import Grader
from specloop.llm.backends.scripted import ScriptedModel
from specloop.llm.base import Model
from specloop.pipeline.model_pool import ModelRequest
from specloop.pipeline.specbench import entrants
from specloop.pipeline.specbench_protocol import judging_of
from specloop.prompt import digest_beside
from specloop.records import Answer, Judgement, Sampling, content_id
from specloop.responding.answers import Answering
from specloop.specbench.answering import asks_of
from specloop.specbench.cases import EntrantKey, JudgeKey, judges_of, labels_of
from specloop.specbench.comparison import Options, comparison_of
from specloop.specbench.judging import judge_answers
from specloop.specbench.stored import read_stored

A, B = "1a2b3c4d5e6f7081", "9f8e7d6c5b4a3928"


def config(options: dict[str, Any], **more: Any) -> Config:
    role = {"model": "openai:m", "options": options}
    return build(Config, {"roles": {"target": role, "judge": role}, "specbench": more}, "test")


def asked(options: dict[str, Any], **more: Any) -> tuple[str, str]:
    found = config(options, **more)
    return entrants(found)[0].request_digest, judging_of(found).grader.request_digest


def test_options_that_decide_a_reply_make_another_entrant_and_another_judge() -> None:
    plain = asked({"base_url": "http://127.0.0.1:1/v1"})
    assert plain == asked({"base_url": "http://127.0.0.1:2/v1", "timeout_s": 9.0})
    thinking = asked({"extra_body": {"chat_template_kwargs": {"enable_thinking": True}}})
    assert not set(plain) & set(thinking)


def test_answers_that_a_scorer_chose_follow_its_wording_and_its_models_options() -> None:
    by_joint, by_single, plain = (
        asked({}, methods=["best_of_n"], scorer={"name": "judge", "mode": mode})[0]
        for mode in ("joint", "sequential", "joint")
    )
    assert by_joint == plain != by_single
    assert asked({}, methods=["vanilla"], scorer="judge") == asked({}, methods=["vanilla"])


def test_a_judges_digest_is_that_of_its_prompt_file() -> None:
    digests = {name: judges.build(name).digest for name in judges.names() if judges.get(name).asks}
    assert all(digests.values())
    assert len(set(digests.values())) == len(digests)


def test_a_judge_without_a_prompt_file_has_no_digest() -> None:
    class Fair(Judge):
        async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
            raise NotImplementedError

    assert digest_beside(Fair()) == Fair().digest == ""


def test_two_wordings_of_one_entrant_stand_apart_and_only_their_labels_say_so() -> None:
    found = stored(ways=WAYS[:2], seeds=(0,), second_judge=False)
    again = [_answer(one, B) for one in found.answers if one.method == "vanilla"]
    told = [_answer(one, A) for one in found.answers]
    comparison = comparison_of(found._replace(answers=(*told, *again), judgements=()))
    assert [one.label for one in comparison.results] == [
        "raw",
        "vanilla · wording 1a2b3c",
        "vanilla · wording 9f8e7d",
    ]
    assert {len(one.cases) for one in comparison.results} == {24}
    assert list(labels_of([EntrantKey.of(told[0])]).values()) == ["raw"]


def test_two_wordings_of_one_judge_are_two_judges_that_never_mix() -> None:
    found = stored(ways=WAYS[:1], seeds=(0,), second_judge=False)
    first = [_judged(one, A) for one in found.judgements]
    other = [_judged(one, B) for one in found.judgements[:6]]
    both = found._replace(judgements=(*other, *first))
    labels = [judge.label for judge in judges_of(both.judgements)]
    assert labels == [f"joint by scripted:judge, wording {asked[:6]}" for asked in (A, B)]
    comparison = comparison_of(both, Options(judge=labels[1]))
    assert sum(case.judgement is not None for case in comparison.results[0].cases) == 6
    assert comparison.judge == JudgeKey.of(other[0])
    assert [judge.label for judge in judges_of(first)] == ["joint by scripted:judge"]


def test_a_grader_knows_the_key_of_its_judgements() -> None:
    grader = Grader("joint", judges.build({"name": "joint", "chunk": 3}), "openai:j")
    assert JudgeKey.by(grader).label == "joint(chunk=3) by openai:j"
    assert (
        JudgeKey.by(grader).request_digest
        == grader.request_digest
        != grader._replace(options="{}").request_digest
    )


class Worded(Judge):
    wording: str

    @property
    def digest(self) -> str:
        return self.wording

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        return JudgeResult(unscored(case.specs, ""))


async def test_what_was_asked_otherwise_is_not_done_yet(tmp_path: Path) -> None:
    found = stored(n_rows=2, ways=WAYS[:1], seeds=(0,), second_judge=False)
    folder = written(tmp_path, found._replace(answers=found.answers[:1], judgements=()))
    for wording in ("old", "new", "new"):
        grader = Grader("worded", Worded(wording=wording), "scripted:judge")
        place = Answering(folder, "judge", "verdicts")
        await judge_answers(read_stored(folder), grader, ScriptedModel([""]), place)
    digests = [content_id([wording, ""]) for wording in ("old", "new")]
    assert [one.request_digest for one in folder.read(Judgement)] == digests
    entrant = entrants(config({}))[0]
    ids, others = (
        {ask.blank.id for ask in asks_of(found.scenarios, one, (Sampling(),))}
        for one in (entrant, entrant._replace(request_digest=A))
    )
    assert not ids & others


def _answer(one: Answer, request_digest: str) -> Answer:
    return Answer(**one.model_dump(exclude={"id", "request_digest"}), request_digest=request_digest)


def _judged(one: Judgement, request_digest: str) -> Judgement:
    return Judgement(
        **one.model_dump(exclude={"id", "request_digest"}), request_digest=request_digest
    )


def test_the_order_of_options_makes_no_other_entrant() -> None:
    """A run folder notes its options sorted."""
    told = {
        "roles": {
            "target": {
                "model": "openai:m",
                "options": {"extra_body": {"top_k": 20, "chat_template_kwargs": {"a": 1}}},
            },
            "judge": {"model": "openai:j"},
        },
        "specbench": {
            "methods": ["vanilla", "best_of_n"],
            "scorer": {
                "name": "judge",
                "mode": {"name": "joint", "repairs": 1, "chunk": 2},
                "alpha": 0.5,
            },
        },
    }
    noted = json.loads(json.dumps(told, sort_keys=True))
    first, again = (entrants(build(Config, one, "test")) for one in (told, noted))
    assert first == again
    assert first[1].scorer == "judge(alpha=0.5, mode=joint(chunk=2, repairs=1)) by openai:j"


def test_a_checkpoint_that_was_written_anew_is_another_entrant(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    checkpoint = make_tiny(tmp_path / "tiny")
    request = ModelRequest("target", f"hf:{checkpoint}", {})
    before = request.identity
    assert request.identity == before
    weights = next(checkpoint.glob("*.safetensors"))
    os.utime(weights, (1, 1))
    assert request.identity == before
    weights.write_bytes(weights.read_bytes() + b"\0")
    assert request.identity != before


def test_how_a_model_is_loaded_makes_no_other_entrant() -> None:
    def asked(options: dict[str, object]) -> str:
        return ModelRequest("target", "embedded:m", options).identity

    assert asked({"cache_gb": 2}) == asked({})
    assert asked({"exact": True}) != asked({})
