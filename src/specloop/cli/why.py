"""`specloop why RUN ID`: what a datum was made from, back to the line of the document; `specloop
why RUN --rule R`: all that hangs on a rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from specloop.cli.common import JsonOption, tell_losses
from specloop.errors import InputError
from specloop.pipeline.origins import web_of
from specloop.revision.datums import Datum
from specloop.revision.why import Chain
from specloop.store import RunFolder
from specloop.terminal import one_line, show, show_json

_SHOWN = 3
"""Ids of a kind that are shown; --json has all."""


def why(
    run: Path,
    id_: Annotated[str, Parameter(name="ID", help="An id, or its beginning.")] = "",
    *,
    rule: Annotated[str, Parameter(help="A rule: its id, or some of its words.")] = "",
    json: JsonOption = False,
) -> None:
    """What ID was made from: document, rule, instance, probe, exchange, answers, verdicts, pair,
    training. With --rule alone all that hangs on a rule; with both ID as far as it is about it."""
    if not id_ and not rule:
        raise InputError("name the id of a record, or a rule with --rule")
    folder = RunFolder(run)
    tell_losses(folder.path)
    web = web_of(folder)
    about = web.find_rule(rule) if rule else None
    if id_:
        chain = web.chain(web.find(id_), about)
    else:
        assert about is not None
        chain = web.hanging(about)
    if json:
        show_json(_as_data(chain))
        return
    for line in _lines(chain):
        show(line)


def _lines(chain: Chain) -> Iterator[str]:
    for datum in (*chain.above, chain.datum):
        yield from _told(datum, chain.about)
    for kind, ids in chain.below.items():
        more = f", {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
        yield f"-> {len(ids)} {kind}: {', '.join(ids[:_SHOWN])}{more}"


def _told(datum: Datum, about: tuple[str, ...]) -> Iterator[str]:
    yield f"{datum.kind:<13} {one_line(datum.id)}  {one_line(datum.text)}"
    for rule, text in datum.details:
        if rule in about:
            yield f"{'':<13}   {rule}: {one_line(text)}"


def _as_data(chain: Chain) -> dict[str, object]:
    return {
        **chain.datum.as_data(chain.about),
        "rules": list(chain.about),
        "made_from": [datum.as_data(chain.about) for datum in chain.above],
        "below": {kind: {"n": len(ids), "ids": list(ids)} for kind, ids in chain.below.items()},
    }
