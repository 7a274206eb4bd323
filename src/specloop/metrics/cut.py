"""Answers cut at the token limit."""

from specloop.ended import short_words
from specloop.metrics import EndShare, metrics


@metrics.register("cut")
class Cut(EndShare):
    """Share of answers that stopped at the token limit."""

    title = "Answers cut off"
    place = 81
    ends = ("cut",)
    ending = short_words("cut")
