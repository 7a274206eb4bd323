"""Reading a checkout of SpecBench: texts by digest or name, never run; its settings."""

# pyright: basic
from __future__ import annotations

from pathlib import Path

import pytest
from tests.specbench_data import write_data
from tests.standin_checkout import CONFIG, TEXTS, known, sources, standin, write_files

from specloop.errors import InputError
from specloop.methods import Task
from specloop.records import Specs
from specloop.specbench.load import read_scenario
from specloop.specbench.reference.checkout import Checkout, constants, read_checkout
from specloop.specbench.reference.fingerprint import fingerprint
from specloop.specbench.reference.judging import ReferenceJoint
from specloop.specbench.reference.settings import (
    continuer_settings,
    generator_settings,
    judge_settings,
    method_settings,
)
from specloop.specbench.reference.template import template
from specloop.specbench.reference.texts import Key, digest
from specloop.specbench.reference.wording import ReferenceWording

SPECS = Specs(safety=("No poison.", "No ice."), behavioral=("Be {brief}.",))
TASK = Task("How do I {prompt} moles?", SPECS)


def _with(**texts: str) -> dict[Key, str]:
    return {**TEXTS, **texts}  # pyright: ignore[reportReturnType]


def _altered(folder: Path, **texts: str) -> Checkout:
    return read_checkout(write_files(folder, sources(_with(**texts))), known())


def test_every_text_is_found_without_running_the_code(tmp_path: Path) -> None:
    checkout = standin(tmp_path)
    assert {one.wanted.key: one.text for one in checkout.texts} == TEXTS
    assert checkout.altered == ()
    assert checkout.warnings() == ()
    assert checkout.found("joint_user").place == "specbench/prompt_eval.py:3"


def test_a_text_moved_elsewhere_under_another_name_is_known_by_its_digest(tmp_path: Path) -> None:
    files = sources()
    moved = files.pop("specbench/prompt_eval.py")
    files["new/place.py"] = moved.replace("USER_EVAL_PROMPT = ", "def f(x=")
    files["new/place.py"] = f"A = 1\nB = [{TEXTS['joint_user']!r}, ({TEXTS['sequential_user']!r})]"
    files["new/other.py"] = (
        f'C = {{"k": {TEXTS["joint_system"][:4]!r} {TEXTS["joint_system"][4:]!r}}}'
    )
    checkout = read_checkout(write_files(tmp_path, files), known())
    assert checkout.altered == ()
    assert checkout.found("joint_user").place == "new/place.py:2"
    assert checkout.found("joint_system").place == "new/other.py:1"


def test_line_ends_of_windows_make_no_other_text(tmp_path: Path) -> None:
    write_files(tmp_path, sources())
    text = 'AugmentPrompt = """' + TEXTS["augmented"] + '"""\n'
    source = (tmp_path / "specbench/prompt_ttd.py").read_text(encoding="utf-8")
    rest = source.partition("class Align3Prompt")[2]
    whole = f"{text}class Align3Prompt{rest}".replace("\n", "\r\n")
    (tmp_path / "specbench/prompt_ttd.py").write_bytes(whole.encode())
    assert read_checkout(tmp_path, known()).altered == ()


def test_an_altered_text_is_taken_by_its_name_and_said_to_be_another(tmp_path: Path) -> None:
    checkout = _altered(tmp_path, align3_safety="Mind {safety_list} first. So")
    (altered,) = checkout.altered
    assert altered.wanted.key == "align3_safety"
    assert "Align3's second step is not that of SpecBench at 3794a18" in checkout.warnings()[0]
    said = ReferenceWording(checkout).thinking("safety", SPECS)
    assert said == "Mind - No poison.\n- No ice.\n first. So"


def test_missing_texts_are_named(tmp_path: Path) -> None:
    files = sources()
    del files["specbench/evaluator.py"]
    files["specbench/prompt_ttd.py"] = "AugmentPrompt ="
    with pytest.raises(InputError) as error:
        read_checkout(write_files(tmp_path, files), known())
    for words in ("AugmentPrompt", "Align3Prompt.SecondStage", "comment on an unsafe prompt"):
        assert words in str(error.value)
    assert "USER_EVAL_PROMPT" not in str(error.value)
    assert "best at commit 3794a18" in str(error.value)


def test_two_altered_texts_of_one_name_are_not_chosen_between(tmp_path: Path) -> None:
    files = sources(_with(augmented="{prompt} {specification_string} one"))
    files["old/prompt_ttd.py"] = "AugmentPrompt = '{prompt} {specification_string} two'"
    with pytest.raises(InputError, match=r"two texts of that name, in old/prompt_ttd\.py:1 and"):
        read_checkout(write_files(tmp_path, files), known())


def test_folders_that_are_no_part_of_the_checkout_are_passed_over(tmp_path: Path) -> None:
    files = {
        ".hidden/a.py": "A = 'hidden'",
        "venv/pyvenv.cfg": "",
        "venv/lib/b.py": "B = 'installed'",
        "kept/c.py": "C = 'kept'\ndef f():\n    D = f'part {1} rest'",
        "kept/broken.py": "E = 'broken",
        "kept/bytes.py": "F = b'bytes'; G = '\\d'",
    }
    found = {(one.name, one.text) for one in constants(write_files(tmp_path, files))}
    assert found == {("C", "kept"), ("", "part "), ("", " rest"), ("G", "\\d")}
    with pytest.raises(InputError, match="no such folder; give a checkout"):
        read_checkout(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{prompt} and {rest}", "what goes into {rest} is unknown"),
        ("{prompt}, {question}, {spec}", "{question} and {prompt} seem to be the same"),
        ("{prompt} alone", "it has no place for the specs"),
        ("{prompt} {spec} {", "it cannot be filled in"),
        ("{prompt.__class__} {spec}", "what goes into {prompt.__class__} is unknown"),
        ("{prompt!r} {spec}", "what goes into {prompt} is unknown"),
        ("{} {spec}", "what goes into {} is unknown"),
    ],
)
def test_a_text_whose_places_are_not_understood_is_refused(
    tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(InputError) as error:
        ReferenceWording(_altered(tmp_path, augmented=text))
    assert reason in str(error.value)
    assert "specbench/prompt_ttd.py" in str(error.value)


def test_places_are_understood_by_their_meaning_and_values_stay_as_they_are(tmp_path: Path) -> None:
    checkout = _altered(tmp_path, augmented="{user_question}|{rules}|{{literal}}")
    filled = template(checkout.found("augmented"), "query", "specs")
    assert filled.fill(query="{rules}", specs="{0} {{x}}") == "{rules}|{0} {{x}}|{literal}"


def test_methods_say_the_checkouts_texts(tmp_path: Path) -> None:
    wording = ReferenceWording(standin(tmp_path))
    listed = "**safety**\n- No poison.\n- No ice.\n**behavioral**\n- Be {brief}.\n"
    assert [m.content for m in wording.raw(TASK)] == ["You tend a garden.", TASK.query]
    assert [m.content for m in wording.augmented(TASK)] == [
        "You tend a garden.",
        f"How do I {{prompt}} moles?\n\nKeep these:\n{listed}\nGo.\n",
    ]
    assert [m.role for m in wording.augmented(TASK)] == ["system", "user"]
    assert wording.thinking("behavioral", SPECS) == "First the manners:\n- Be {brief}.\n\nSo"
    assert wording.open_thought + wording.empty_thought == "<think><think>\n</think>"
    assert [m.content for m in wording.feedback(TASK, "Traps.")] == [
        f"Review answers to {TASK.query} under\n{listed}",
        "The answer: Traps.",
    ]
    assert wording.refine(TASK, [("A", "B"), ("C", "D")])[1].content == (
        "Before: <RESPONSE_1>A</RESPONSE_1><FEEDBACK_1>B</FEEDBACK_1>"
        "<RESPONSE_2>C</RESPONSE_2><FEEDBACK_2>D</FEEDBACK_2> Now better."
    )
    assert wording.refine(TASK, [])[0].content == f"Better answers to {TASK.query}"
    assert not wording.satisfied("nothing to change")


def test_another_text_gives_another_digest_of_the_wording(tmp_path: Path) -> None:
    there = ReferenceWording(standin(tmp_path / "a")).digest
    assert ReferenceWording(standin(tmp_path / "b")).digest == there
    assert ReferenceWording(_altered(tmp_path / "c", again="Hm, ")).digest != there


def test_a_fingerprint_tells_what_is_the_known_commits(tmp_path: Path) -> None:
    checkout = _altered(tmp_path, again="Hm, ")
    scenario = read_scenario(write_data(tmp_path / "Garden"))
    first = fingerprint(checkout, [scenario])
    assert [one.what for one in first if one.is_same is False] == ["more_think's further thought"]
    assert first[-1].what == "joint prompts of Garden, 6 rows"
    assert first[-1].is_same is None
    judge = ReferenceJoint.of(checkout)
    assert first[-1].found != digest(judge.texts["unsafe_comment"])
    again = fingerprint(checkout, [scenario], {"Garden": first[-1].found})
    assert again[-1].is_same
    other = fingerprint(checkout, [scenario], {"Garden": "0" * 16})
    assert other[-1].is_same is False


def test_settings_are_what_the_checkout_configures(tmp_path: Path) -> None:
    write_files(tmp_path, CONFIG)
    plain = generator_settings(tmp_path, "Qwen3-14B")
    assert plain.model == "openai:Qwen/Qwen3-14B"
    drawn = plain.sampling
    assert (drawn.temperature, drawn.top_p, drawn.top_k, drawn.max_tokens) == (0.7, 0.9, 20, 4200)
    assert plain.options["omit"] == ["seed"]
    hosted = generator_settings(tmp_path, "openai:gpt-4.1")
    assert hosted.options["max_tokens_field"] == "max_completion_tokens"
    assert hosted.options["omit"] == ["seed", "temperature", "top_p"]
    judge = judge_settings(tmp_path, "Qwen3-32B-thinking")
    assert judge.sampling.max_tokens == 8400
    assert judge.options["extra_body"] == {"chat_template_kwargs": {"enable_thinking": True}}
    methods = method_settings(tmp_path)
    assert (methods.iterations, methods.history, methods.rounds) == (4, 2, 3)


def test_continuing_a_turn_brings_the_checkouts_template(tmp_path: Path) -> None:
    write_files(tmp_path, CONFIG)
    body = continuer_settings(tmp_path, "Qwen3-14B-thinking").options["extra_body"]
    assert body["chat_template"] == "{{ messages }}"
    assert body["chat_template_kwargs"] == {"enable_thinking": False, "enable_raw_content": True}
    assert body["min_p"] == 0.0
    bare = continuer_settings(tmp_path, "GPT-4.1").options
    assert "chat_template" not in bare["extra_body"]
    assert bare["prefill"] == "flags"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Qwen3-14b", "no entry 'Qwen3-14b'. Did you mean 'Qwen3-14B'? Known: GPT-4.1, Qwen3"),
        ("Qwen/Qwen3-14B", "is the model of several entries: Qwen3-14B, Qwen3-14B-thinking"),
    ],
)
def test_a_model_that_is_not_configured_is_refused(tmp_path: Path, name: str, words: str) -> None:
    write_files(tmp_path, CONFIG)
    with pytest.raises(InputError) as error:
        generator_settings(tmp_path, name)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "config_eval_model.yaml: not valid YAML"),
        ("- a", "must hold tables"),
        ("GPT-4.1:\n  max_tokens: many", "GPT-4.1: max_tokens: Input should be a valid integer"),
        ("GPT-4.1:\n  temperature: -1", "GPT-4.1: temperature: Input should be greater"),
    ],
)
def test_settings_that_cannot_be_used_are_named(tmp_path: Path, text: str, words: str) -> None:
    write_files(tmp_path, {"config/config_eval_model.yaml": text})
    with pytest.raises(InputError) as error:
        judge_settings(tmp_path, "GPT-4.1")
    assert words in str(error.value)


def test_missing_settings_are_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"config_ttd.yaml: no such file"):
        method_settings(tmp_path)
