"""What a reviewer sees of a case: the rule, what was asked and the answer, and nothing of models or
judges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from specloop.records import Decision, Message
from specloop.review.candidates import Said
from specloop.review.reviewing import Review, ReviewItem
from specloop.terminal import harmless


def page_data(review: Review, *, is_behind: bool = False, trouble: str = "") -> dict[str, Any]:
    """The state of a review as JSON; `is_behind`: what was decided was about a case that is no
    longer shown; `trouble`: why it was not kept."""
    item = review.current
    return {
        "reviewer": review.reviewer,
        "settling": review.settling,
        "progress": review.progress,
        "share": review.done / len(review.items),
        "comment": review.comment,
        "is_behind": is_behind,
        "trouble": trouble,
        "question": review.question,
        "values": [[key, value, words] for key, (value, words) in review.values.items()],
        "item": item and _item_data(item, review),
    }


def _item_data(item: ReviewItem, review: Review) -> dict[str, Any]:
    case = item.case
    return {
        "id": case.id,
        "section": harmless(" › ".join(case.section)),
        "rule": harmless(case.rule_text),
        "turns": [turn_data(message) for message in case.messages],
        "answer": harmless(case.answer),
        "labels": label_lines(item),
        "before": before_lines(item),
        "guide": harmless(item.guide),
        "texts": {name: review.text_of(name) for name in item.texts},
    }


def turn_data(message: Message) -> dict[str, str]:
    """A turn of the conversation by its role."""
    return {"role": message.role, "text": harmless(message.written)}


def asked_text(messages: Sequence[Message]) -> str:
    """The conversation as a text; each line of a turn is set in, so that no text can begin another
    turn."""
    return "\n".join(
        line
        for message in messages
        for line in (
            f"{message.role}:",
            *(f"  {line}" for line in harmless(message.written).splitlines()),
        )
    )


def label_lines(item: ReviewItem) -> list[str]:
    """What each labeller said, where that is to be settled."""
    return [
        harmless("".join((f"{label.by}: {label.value}", *_more(label)))) for label in item.labels
    ]


def before_lines(item: ReviewItem) -> list[str]:
    """What was said of it before its rule changed."""
    return [harmless(line) for line in item.before]


def _more(label: Said) -> Iterator[str]:
    if label.comment:
        yield f" ({label.comment})"
    for name, text in label.texts.items() if isinstance(label, Decision) else ():
        yield f"\n{name}: {text}"
