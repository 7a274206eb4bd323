"""A review in the terminal, with Textual (the extra `review`)."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Footer, Input, Static

from specloop.errors import SpecloopError
from specloop.review.reviewing import MOST_COMMENT, QUESTION, VALUES, Review, ReviewItem
from specloop.review.shown import asked_text, label_lines
from specloop.terminal import harmless

_PARTS = ("section", "rule", "asked", "labels", "answer")
_END = "Nothing is left to label. u takes the last decision back, q ends."


class ReviewApp(App[SpecloopError]):
    """Shows one case at a time; every decision is a key. It returns the error that ended it, such
    as a full disk."""

    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS: ClassVar = [(0, "-narrow"), (90, "-wide")]  # pyright: ignore[reportIncompatibleVariableOverride]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"decide({key!r})", words) for key, (_, words) in VALUES.items()),
        Binding("c", "comment", "Comment"),
        Binding("u", "undo", "Undo"),
        Binding("q", "quit", "Quit"),
        Binding("escape", "leave_comment", "Leave the comment", show=False),
    ]
    CSS = """
    #progress { padding: 0 1; background: $panel; }
    .-narrow #sides { layout: vertical; }
    .side { padding: 0 1; border: round $panel; }
    .side:focus { border: round $accent; }
    .head { color: $text-muted; text-style: bold; margin-top: 1; }
    #rule { text-style: bold; }
    #comment { display: none; }
    #comment.open { display: block; }
    """

    def __init__(self, review: Review) -> None:
        super().__init__()
        self.review = review

    def compose(self) -> ComposeResult:
        """The progress above, the rule beside the answer, the keys below."""
        yield Static(id="progress", markup=False)
        with Horizontal(id="sides"):
            with VerticalScroll(classes="side"):
                for title, name in (("RULE", "section"), ("", "rule"), ("ASKED", "asked")):
                    yield from _part(title, name)
                yield Static(id="labels", markup=False, classes="head")
            with VerticalScroll(classes="side", id="right"):
                yield from _part(f"ANSWER   {QUESTION}", "answer")
        yield Input(
            id="comment",
            max_length=MOST_COMMENT,
            placeholder="Comment; Enter keeps it",
            compact=True,
        )
        yield Footer()

    def on_mount(self) -> None:
        """Show the first case."""
        self.query_one("#right").focus()
        self._refresh()

    def action_decide(self, key: str) -> None:
        """Label the case that is shown."""
        with self._ending():
            self.review.decide(VALUES[key][0])

    def action_undo(self) -> None:
        """Take the last decision back."""
        with self._ending():
            if not self.review.undo():
                self.notify("nothing to take back")

    def action_comment(self) -> None:
        """Write a comment for the next decision."""
        field = self.query_one("#comment", Input)
        field.value = self.review.comment
        field.add_class("open")
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the comment."""
        self.review.comment = event.value
        self.action_leave_comment()

    def action_leave_comment(self) -> None:
        """Close the line for comments."""
        self.query_one("#comment").remove_class("open")
        self.query_one("#right").focus()
        self._refresh()

    @contextmanager
    def _ending(self) -> Generator[None]:
        """Change the review and show it; what cannot be kept ends it."""
        try:
            yield
        except SpecloopError as error:
            self.exit(error)
        else:
            self._refresh()

    def _refresh(self) -> None:
        review = self.review
        comment = f"   comment: {harmless(review.comment)}" if review.comment else ""
        what = "settling" if review.settling else "labelling"
        self.query_one("#progress", Static).update(
            f"{review.reviewer}, {what}   {review.progress}{comment}"
        )
        texts = _texts(review.current)
        for name in _PARTS:
            self.query_one(f"#{name}", Static).update(texts[name])
        for side in self.query(VerticalScroll):
            side.scroll_home(animate=False)


def _part(title: str, name: str) -> ComposeResult:
    if title:
        yield Static(title, classes="head")
    yield Static(id=name, markup=False)


def _texts(item: ReviewItem | None) -> dict[str, str]:
    if item is None:
        return dict.fromkeys(_PARTS, "") | {"answer": _END}
    case = item.case
    return {
        "section": harmless(" › ".join(case.section)),
        "rule": harmless(case.rule_text),
        "asked": asked_text(case.messages),
        "labels": "\n".join(label_lines(item)),
        "answer": harmless(case.answer),
    }
