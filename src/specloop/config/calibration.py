"""The tables of what judges are shown and how they are measured."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from specloop.config.families import Family
from specloop.config.values import ConfigTable, Line

_ONE_ANSWER = Family("specloop.judges", "sequential", check="one_answer_judge")
"""Judges of answers one by one: one that compares two is refused when the file is read."""
JudgeTable = Annotated[str | dict[str, Any], _ONE_ANSWER]
JointTable = Annotated[str | dict[str, Any], _ONE_ANSWER._replace(usual="joint")]
"""The same; without a name it is of `joint`."""
_BESIDE = {"role": ("compliance", "judge", "quality")}
AnotherJudge = Annotated[str | dict[str, Any], _ONE_ANSWER._replace(usual="", beside=_BESIDE)]
"""A judge besides the stage's own; its table says whose model it asks, usually the same."""
RefusalTable = Annotated[str | dict[str, Any], Family("specloop.refusal_judges", "classifier")]


class Rubrics(ConfigTable):
    """Rubrics of rules, which judges show; the annotator's model writes them, or the judge's."""

    n: int = Field(default=40, ge=0)
    """Most rules that get one; 0: all that code cannot decide."""


class Calibrate(ConfigTable):
    """A judge measured on labelled answers; it asks the model of the role judge."""

    gold: tuple[Line, ...] = ()
    """Labelled answers, each as `SOURCE:WHERE`."""
    judge: Annotated[str | dict[str, Any], Family("specloop.judges", "sequential")] = "sequential"
    """The judge that is measured, with its options; it may compare two answers."""
    refusals: RefusalTable = "classifier"
    """The refusal judge that `specloop judge refusals` measures."""
    part: Literal["choose", "certify", "all"] = "all"
    """Cases to choose a wording on, or to certify the chosen one; or all of them."""
    sensitivity: float = Field(default=0.8, ge=0.5, le=1)
    """A judge is certified if the interval of its sensitivity lies above this; below a half the
    judge might be no better than chance."""
    specificity: float = Field(default=0.8, ge=0.5, le=1)
    """The same for its specificity."""
    n: int = Field(default=0, ge=0)
    """Most cases; 0: all."""
    repeats: int = Field(default=1, ge=1, le=99)
    """Times that the judge is asked about each case, each time with other seeds; the first counts,
    all of them say how consistent it is."""
    least: int = Field(default=10, ge=2)
    """Least labels of kept rules, and of broken ones."""
    max_failures: float = Field(default=0.2, ge=0, le=1)
    confidence: float = Field(default=0.95, gt=0, lt=1)


class Sets(ConfigTable):
    """How well judges find the exact set of rules that an answer breaks; they ask the model of the
    role judge."""

    judges: tuple[JudgeTable, ...] = Field(default=("joint", "sequential"), min_length=1)
    items: Line = ""
    """A JSON Lines file of items; empty: the 150 items that come with specloop."""
    labelled: bool = False
    """In place of them, the run's own answers of which every rule has a label."""
    n: int = Field(default=0, ge=0)
    """Most items; 0: all."""
    max_failures: float = Field(default=0.2, ge=0, le=1)
    confidence: float = Field(default=0.95, gt=0, lt=1)
