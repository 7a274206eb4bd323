"""A labelled moderation policy, and a bring-your-own-policy model behind a real HTTP server."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.commands import specloop
from tests.scripted_server import ScriptedServer

from specloop.errors import InputError
from specloop.gold import load_gold
from specloop.records import Certificate, GoldCase, Judgement
from specloop.store import GOLD, RunFolder

POLICY = "Spam policy (#SP)\n\nSP0: useful texts.\nSP2: offers.\n\nOutput: VALID or INVALID"
HEAD = ",,,,,,,,,a model's classification,\n"


def folder(path: Path, *lines: str, policy: str = POLICY) -> str:
    path.mkdir(exist_ok=True)
    (path / "policy.txt").write_text(policy, encoding="utf-8")
    (path / "golden_dataset.csv").write_text(HEAD + "\r\n".join(lines), encoding="utf-8")
    return f"safeguard:{path}"


def texts(path: Path, n: int = 12) -> str:
    """As many allowed texts as offers; one offer is hidden too well."""
    allowed = [f'{i},"Your report, part {i}.",,,,,,,,SP0,' for i in range(n)]
    offers = [f"{i},Buy offer {i} naïvely!,,,,,,,,SP2," for i in range(n - 1)]
    return folder(
        path,
        "SP0,,",
        *allowed,
        "SP2 ,,",
        *offers,
        f"{n},A hidden one.,,,SP0,",
        ",,",
        ",,Recall,0.9",
    )


class SafeguardServer(ScriptedServer):
    """Plays a server of such a model: reads the policy from the system's message, classifies the
    content of the user's, reasons apart, and answers in the form that the request ends with."""

    takes_schemas = True

    async def _answer(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json()
        self.bodies.append(body)
        wanted = body.get("response_format", {}).get("json_schema", {}).get("schema")
        if wanted and not self.takes_schemas:
            return web.json_response(
                {"error": {"message": "response_format is unknown"}}, status=400
            )
        system, user = (message["content"] for message in body["messages"])
        content = re.findall(r"<answer (\w+)>\n(.*)</answer", user, re.S)[0][1]
        label = "1" if "offers" in system and "offer" in content else "0"
        if wanted:
            (name,) = wanted["properties"]
            text = json.dumps({name: label})
        else:
            text = re.findall(r"^(VIOLATION \w+) \.\.\.$", user, re.M)[0] + f" {label}"
        message = {"role": "assistant", "content": text, "reasoning_content": "It says SP2, so 1."}
        usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return web.json_response({"model": body["model"], "choices": [choice], "usage": usage})


@pytest.mark.parametrize("takes_schemas", [True, False])
def test_a_model_that_takes_a_policy_is_measured_on_its_labelled_texts(
    tmp_path: Path, takes_schemas: bool
) -> None:
    run, gold = tmp_path / "run", texts(tmp_path / "spam")
    with SafeguardServer() as server:
        server.takes_schemas = takes_schemas
        options = f'{{ base_url = "{server.url}" }}'
        done = specloop(
            *("judge", "calibrate", run, "--gold", gold, "--judge", "policy"),
            *("--model", "openai:gpt-oss-safeguard-20b", "--set", f"roles.judge.options={options}"),
        )
    assert done.returncode == 0
    (made,) = RunFolder(run).read(Certificate)
    figures = {name: made.figure(name) for name in ("sensitivity", "specificity", "unscored")}
    assert {name: round(figure.value, 3) for name, figure in figures.items()} == {
        "sensitivity": 1.0,
        "specificity": round(11 / 12, 3),
        "unscored": 0.0,
    }
    assert [(one.by, one.kind) for one in made.labellers] == [("golden_dataset.csv", "document")]
    (system, user) = (message for message in server.bodies[-1]["messages"])
    assert system["role"] == "system"
    assert POLICY in system["content"]
    assert POLICY not in user["content"]
    judged = RunFolder(run).part(GOLD).read(Judgement)
    assert {verdict.rationale for one in judged for verdict in one.verdicts} == {
        "violation 0",
        "violation 1",
    }


def test_texts_are_cases_by_category_and_what_a_model_said_is_no_label(tmp_path: Path) -> None:
    found = load_gold([texts(tmp_path / "spam", 2)])
    assert [(case.answer, case.family) for case in found.cases] == [
        ("Your report, part 0.", "SP0"),
        ("Your report, part 1.", "SP0"),
        ("Buy offer 0 naïvely!", "SP2"),
        ("A hidden one.", "SP2"),
    ]
    assert [label.value for label in found.labels] == ["YES", "YES", "NO", "NO"]
    assert found.labels[-1].comment == "a model said SP0"
    assert {label.kind for label in found.labels} == {"document"}
    assert found.cases[-1].place.endswith("golden_dataset.csv: line 7")


@pytest.mark.parametrize(
    ("lines", "policy", "told"),
    [
        (["1,A text."], POLICY, "line 2: text 1 has no category"),
        (["SP0", "1,"], POLICY, "line 3: text 1 is empty"),
        ([], POLICY, "no labels"),
        (["SP0", "1,A text."], " ", "policy.txt: it is empty"),
    ],
)
def test_what_is_wrong_with_a_policys_folder_is_told(
    tmp_path: Path, lines: list[str], policy: str, told: str
) -> None:
    with pytest.raises(InputError) as error:
        load_gold([folder(tmp_path / "spam", *lines, policy=policy)])
    assert told in str(error.value)


def test_a_folder_without_its_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"policy\.txt: no such file"):
        load_gold([f"safeguard:{tmp_path}"])
    (tmp_path / "policy.txt").write_bytes("é".encode("latin-1"))
    with pytest.raises(InputError, match=r"policy\.txt: not UTF-8"):
        load_gold([f"safeguard:{tmp_path}"])


def test_one_class_alone_measures_no_judge(tmp_path: Path) -> None:
    gold = folder(tmp_path / "spam", "SP0", *(f"{i},Text {i}." for i in range(12)))
    done = specloop(
        *("judge", "calibrate", tmp_path / "run", "--gold", gold, "--judge", "check"), check=False
    )
    assert done.returncode == 2
    assert "12 labels of kept and 0 of broken rules" in done.stderr


def test_the_published_texts_are_read(shared_data: Path) -> None:
    found = load_gold([f"safeguard:{shared_data / 'suites' / 'oss_safeguard_spam'}"])
    assert sorted(label.value for label in found.labels) == ["NO"] * 22 + ["YES"] * 18
    assert sum("a model said SP0" in label.comment for label in found.labels) == 21
    assert isinstance(found.cases[0], GoldCase)
