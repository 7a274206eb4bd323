"""A stand-in for a checkout of SpecBench: its layout, names and settings, with texts of our own."""

# pyright: basic
from __future__ import annotations

import json
from pathlib import Path

from specloop.specbench.reference.checkout import Checkout, read_checkout
from specloop.specbench.reference.texts import WANTED, Key, Wanted, digest

JOINT = """Grade all rules.
Safety: 1 to {safety_count}. Behavior: 1 to {behavioral_count}.
{specification_string}
[query]{query}[/query]
[response]{response}[/response]
Note: {prompt_comment}
In braces: {{kept}}
"""
SEQUENTIAL = """Grade one rule.
{specification_string}
[query]{query}[/query]
[response]{response}[/response]
{prompt_comment}Done.
"""
TEXTS: dict[Key, str] = {
    "answer_system": "You tend a garden.",
    "augmented": "{prompt}\n\nKeep these:\n{specification_string}\nGo.\n",
    "again": "Once more, ",
    "align3_behavioral": "<think>First the manners:\n{behavioral_specifications}\nSo",
    "align3_safety": "Then the dangers:\n{safety_specifications}\nSo",
    "align3_both": "Last all:\n{safety_specifications}\n{behavioral_specifications}\nSo",
    "feedback_system": "Review answers to {query} under\n{specification_string}",
    "feedback_user": "The answer: {response}",
    "refine_system": "Better answers to {query}",
    "refine_user": "Before: {history_string} Now better.",
    "joint_system": "You grade.",
    "joint_user": JOINT,
    "sequential_system": "You grade.",
    "sequential_user": SEQUENTIAL,
    "unsafe_comment": "Mind the thorns.",
    "answer_comment": "A good answer: ",
    "answer_line": "- A good answer: ",
}
_QWEN = """
  model_name: Qwen/Qwen3-14B
  max_tokens: {limit}
  temperature: {temperature}
  top_p: 0.9
  extra_body:
    top_k: 20
    min_p: 0.0
    chat_template_kwargs:
      enable_thinking: {thinking}
"""
CONFIG = {
    "config/config_model.yaml": "# models\nQwen3-14B:"
    + _QWEN.format(limit=4200, temperature=0.7, thinking="false")
    + "\nQwen3-14B-thinking:"
    + _QWEN.format(limit=8400, temperature=0.6, thinking="true")
    + "\nGPT-4.1:\n  model_name: gpt-4.1\n  max_completion_tokens: 4200\n",
    "config/config_eval_model.yaml": "GPT-4.1:\n  model_name: gpt-4.1\n  max_tokens: 4200\n"
    "  temperature: 0.0\n\nQwen3-32B-thinking:\n  model_name: Qwen/Qwen3-32B\n"
    "  max_tokens: 8400\n  temperature: 0.0\n  extra_body:\n    chat_template_kwargs:\n"
    "      enable_thinking: true\n",
    "config/config_ttd.yaml": "self_refine:\n  max_iters: 4\n  max_history_length: 2\n",
    "specbench/chat_templates/config.json": json.dumps({"Qwen/Qwen3-14B": "plain.jinja"}),
    "specbench/chat_templates/plain.jinja": "{{ messages }}",
}


def sources(texts: dict[Key, str] = TEXTS) -> dict[str, str]:
    """The checkout's Python files; running any of them would be an error."""
    t = {key: repr(text) for key, text in texts.items()}
    stop = "raise SystemExit('this code must not be run')\n"
    return {
        "specbench/prompt_eval.py": f"{stop}SYSTEM_EVAL_PROMPT = {t['joint_system']}\n"
        f"USER_EVAL_PROMPT = {t['joint_user']}\n"
        f"SYSTEM_EVAL_PROMPT_STEPWISE = {t['sequential_system']}\n"
        f"USER_EVAL_PROMPT_STEPWISE = {t['sequential_user']}\n",
        "specbench/prompt_ttd.py": f"{stop}AugmentPrompt: str = {t['augmented']}\n"
        f"class Align3Prompt:\n    FirstStage: str = {t['align3_behavioral']}\n"
        f"    SecondStage: str = {t['align3_safety']}\n    ThirdStage: str = {t['align3_both']}\n"
        f"class SelfRefinePrompt:\n    FeedBackSystem: str = {t['feedback_system']}\n"
        f"    FeedBackUser: str = {t['feedback_user']}\n"
        f"    RefineSystem: str = {t['refine_system']}\n    RefineUser: str = {t['refine_user']}\n"
        f"class MoreThinkPrompt:\n    Rethink: str = {t['again']}\n",
        "specbench/utils.py": f"{stop}class LLMEngine:\n"
        f"    DEFAULT_SYSTEM_PROMPT = {t['answer_system']}\n",
        "specbench/evaluator.py": f"{stop}class JointEvaluator:\n    def ask(self, data):\n"
        f"        comment = {t['unsafe_comment']}\n"
        f"        return f\"{texts['answer_comment']}{{data['answer']}}\"\n"
        f"class SequentialEvaluator:\n    def ask(self, data):\n"
        f"        return f\"{texts['answer_line']}{{data['answer']}}\\n\"\n",
    }


def known(texts: dict[Key, str] = TEXTS) -> tuple[Wanted, ...]:
    """The table of texts, with the stand-in's digests."""
    return tuple(one._replace(digest=digest(texts[one.key])) for one in WANTED)


def write_files(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def standin(folder: Path) -> Checkout:
    """A stand-in checkout, read."""
    return read_checkout(write_files(folder, {**sources(), **CONFIG}), known())
