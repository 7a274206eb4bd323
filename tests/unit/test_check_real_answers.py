"""Checks on answers as models write them: code, nested lists, other scripts, line ends."""

import pytest

from specloop.checking import AnswerText, compile_check, decide

CODE = (
    "Run this:\n\n```python\n# note\nif a != b:\n    pass\n\n- a\n- b\nx = 1;\n```\n\nThat is all."
)
NESTED = "Steps:\n\n- a\n  - a1\n  - a2\n- b\n  - b1\n  - b2\n- c"


def verdict(rule: str, answer: str, request: str = "Hi") -> str:
    call = compile_check(rule)
    assert call is not None
    return decide(call, request, AnswerText(answer)).value


@pytest.mark.parametrize(
    "rule",
    [
        "Do not use headings.",
        "Do not use lists.",
        "Do not use exclamation marks.",
        "Do not use semicolons.",
        "Answer in at most two sentences.",
        "Use at most two paragraphs.",
    ],
)
def test_a_block_of_code_is_no_text(rule: str) -> None:
    assert verdict(rule, CODE) == "YES"
    assert verdict("Do not include code blocks.", CODE) == "NO"


@pytest.mark.parametrize(
    ("rule", "answer", "wanted"),
    [
        ("Lists must have at most three items.", NESTED, "YES"),
        ("Lists must have at most two items.", NESTED, "NO"),
        ("Use at most five bullet points.", NESTED, "NO"),
        ("Do not use emoji.", "Done \u2713 \u2605 \u2192 Acme\u2122", "YES"),
        ("Do not use emoji.", "Great \u2b50", "NO"),
        ("Do not use emoji.", "\u23f0 soon", "NO"),
        ("Do not use emoji.", "1\ufe0f\u20e3 first", "NO"),
        ("Use at most one emoji.", "\U0001f3f4\U000e0067\U000e0062\U000e007f", "YES"),
        ("Do not use exclamation marks.", "你好！", "NO"),
        ("Don't ask any questions.", "你好吗？", "NO"),
        ("Answer in at most two sentences.", "你好。我很好。谢谢你。", "NO"),
        ("Answers must be at most 10 words.", "你好我很好谢谢你你好我很好谢谢你", "NO"),
        ("Answers must be at most 4 words.", "See https://a.example.com/b?x=1 now please", "YES"),
        ("Answers must be at most 4 words.", "It costs 1,000.50 euros", "YES"),
        ("Answers must be at most 4 words.", "At 9 a.m. tomorrow", "YES"),
        ("Answer in one sentence.", "See No. 5 on the list.", "YES"),
        ("Answer in one sentence.", "No. It is closed.", "NO"),
        ("Use at most two paragraphs.", "A.\r\n\r\nB.\r\n\r\nC.", "NO"),
        ("Do not end with a question.", "Is it ok? \U0001f60a", "NO"),
        ("Sentences must not be longer than 5 words.", "| a | b | c | d | e | f |", "YES"),
        ('Every answer must start with "Hi".', "Hindsight helps.", "NO"),
        ('Every answer must start with "Hi".', "**Hi** there", "YES"),
        ('Always end with "here".', "I do not know where.", "NO"),
        ('Always end with "I\'m here."', "Good. I’m here.", "YES"),
    ],
)
def test_answers_are_read_as_written(rule: str, answer: str, wanted: str) -> None:
    assert verdict(rule, answer) == wanted


@pytest.mark.parametrize(
    ("thing", "request_text", "applies"),
    [
        ("prices", "What is the price?", True),
        ("allergies", "I have an allergy", True),
        ("children", "my child", True),
        ("boxes", "a box", True),
        ("houses", "a house", True),
        ("cookies", "a cookie", True),
        ("buses", "the bus", True),
        ("a stop", "we stopped there", True),
        ("news", "a new thing", False),
        ("a dog", "doggerel", False),
    ],
)
def test_a_mention_is_found_in_its_other_forms(
    thing: str, request_text: str, applies: bool
) -> None:
    rule = f"If the user mentions {thing}, answer in one sentence."
    assert verdict(rule, "A b. B c. C d.", request_text) == ("NO" if applies else "NA")
