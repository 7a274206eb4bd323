"""A review in the terminal, with Textual (the extra `review`)."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Footer, Input, Static, TextArea

from specloop.errors import SpecloopError
from specloop.review.reviewing import (
    DECISIONS,
    EDIT_KEYS,
    MOST_COMMENT,
    VALUES,
    Review,
    ReviewItem,
)
from specloop.review.shown import asked_text, before_lines, label_lines
from specloop.terminal import harmless

_PARTS = ("section", "rule", "before", "asked", "labels", "guide", "answer", "texts")
_END = "Nothing is left to label. u takes the last decision back, q ends."


class ReviewApp(App[SpecloopError]):
    """Shows one case at a time; every decision is a key. It returns the error that ended it, such
    as a full disk."""

    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS: ClassVar = [(0, "-narrow"), (90, "-wide")]  # pyright: ignore[reportIncompatibleVariableOverride]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"decide({key!r})", words) for key, (_, words) in VALUES.items()),
        *(
            Binding(key, f"decide({key!r})", words)
            for key, (_, words) in DECISIONS.items()
            if key not in VALUES
        ),
        *(Binding(key, f"edit({at})", "Edit") for at, key in enumerate(EDIT_KEYS)),
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
    #before { color: $warning; }
    #comment { display: none; }
    #comment.open { display: block; }
    #edited { display: none; height: 10; }
    #edited.open { display: block; }
    """

    def __init__(self, review: Review) -> None:
        super().__init__()
        self.review = review
        self._edited = ""

    @property
    def _heading(self) -> str:
        review = self.review
        return review.question if review.values is DECISIONS else f"ANSWER   {review.question}"

    def compose(self) -> ComposeResult:
        """The progress above, the rule beside the answer, the keys below."""
        yield Static(id="progress", markup=False)
        with Horizontal(id="sides"):
            with VerticalScroll(classes="side"):
                for title, name in (("RULE", "section"), ("", "rule"), ("", "before")):
                    yield from _part(title, name)
                yield from _part("ASKED", "asked")
                yield Static(id="labels", markup=False, classes="head")
                yield from _part("", "guide")
            with VerticalScroll(classes="side", id="right"):
                yield from _part(self._heading, "answer")
                yield from _part("", "texts")
        yield TextArea(id="edited", show_line_numbers=False)
        yield Input(
            id="comment",
            max_length=MOST_COMMENT,
            placeholder="Comment; Enter keeps it",
            select_on_focus=False,
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
            self._keep_written()
            if trouble := self.review.decide(self.review.values[key][0]):
                self.notify(trouble, markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that this kind of review does not have do nothing."""
        if action == "decide":
            return parameters[0] in self.review.values
        if action == "edit":
            item = self.review.current
            return item is not None and parameters[0] in range(len(item.texts))
        return True

    def action_edit(self, at: int) -> None:
        """Write something else in the place of a text of the item."""
        item = self.review.current
        if item is None:
            return
        self._keep_written()
        self._edited = list(item.texts)[at]
        field = self.query_one("#edited", TextArea)
        field.border_title = f"{self._edited}; Escape keeps it"
        field.load_text(self.review.text_of(self._edited))
        field.add_class("open")
        field.focus()

    def action_undo(self) -> None:
        """Take the last decision back."""
        with self._ending():
            self._keep_written()
            if not self.review.undo():
                self.notify("nothing to take back")

    def action_comment(self) -> None:
        """Write a comment for the next decision."""
        self._keep_written()
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
        self._keep_written()
        self.query_one("#right").focus()
        self._refresh()

    def _keep_written(self) -> None:
        """Keep what fields hold that were left open, by the mouse or by Tab, and close them: it is
        about the case that is shown."""
        comment, field = self.query_one("#comment", Input), self.query_one("#edited", TextArea)
        if comment.has_class("open"):
            self.review.comment = comment.value
        if field.has_class("open"):
            self.review.write(self._edited, field.text)
        for one in (comment, field):
            one.remove_class("open")

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
        if item := review.current:
            texts["texts"] = "\n\n".join(
                f"{key} edits: {name}{_changed(review, name)}"
                for key, name in zip(EDIT_KEYS, item.texts, strict=False)
            )
        self.refresh_bindings()
        for name in _PARTS:
            self.query_one(f"#{name}", Static).update(texts[name])
        for side in self.query(VerticalScroll):
            side.scroll_home(animate=False)


def _part(title: str, name: str) -> ComposeResult:
    if title:
        yield Static(title, classes="head")
    yield Static(id=name, markup=False)


def _changed(review: Review, name: str) -> str:
    """What the person has written in the place of a text."""
    return f"\n{harmless(review.texts[name])}" if name in review.texts else ""


def _texts(item: ReviewItem | None) -> dict[str, str]:
    if item is None:
        return dict.fromkeys(_PARTS, "") | {"answer": _END}
    case = item.case
    return {
        "section": harmless(" › ".join(case.section)),
        "rule": harmless(case.rule_text),
        "before": "\n".join(before_lines(item)),
        "asked": asked_text(case.messages),
        "labels": "\n".join(label_lines(item)),
        "guide": f"RUBRIC\n{harmless(item.guide)}" if item.guide else "",
        "texts": "",
        "answer": harmless(case.answer),
    }
