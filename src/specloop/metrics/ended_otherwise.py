"""Answers that broke off for a reason that the server does not name."""

from specloop.ended import short_words
from specloop.metrics import EndShare, metrics


@metrics.register("ended_otherwise")
class EndedOtherwise(EndShare):
    """Share of answers of which text came that broke off for a reason not named."""

    title = "Broken off otherwise"
    place = 83
    headline = ()
    ends = ("other",)
    ending = short_words("other")
