"""Answers that a content filter broke off."""

from specloop.ended import short_words
from specloop.metrics import EndShare, metrics


@metrics.register("filtered")
class Filtered(EndShare):
    """Share of answers of which text came that a content filter broke off."""

    title = "Broken off by a filter"
    place = 82
    headline = ()
    ends = ("filtered",)
    ending = short_words("filtered")
