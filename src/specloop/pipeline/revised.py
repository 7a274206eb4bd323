"""After an update of the document: what the models have come to, in three parts."""

from __future__ import annotations

from collections.abc import Iterator

from specloop.evaluation import EvaluationSet, Results
from specloop.evaluation.answers import answers_under
from specloop.evaluation.general import general_under
from specloop.evaluation.judged import check_answers
from specloop.pipeline.run import Run
from specloop.records import Revision, RevisionFigure
from specloop.responding.entrant import BASE
from specloop.revision.lineage import CONTINUED, FORMER, document_of, models_of, since
from specloop.revision.outcome import RevisedModels, revision_figures


def record_revision(run: Run, eval_set: EvaluationSet) -> None:
    """Keep the figures of all three parts, for each trainer with a former model, of the models that
    have been measured on the present probes."""
    figures = list(_figures(run, eval_set))
    if figures or run.folder.has(RevisionFigure):
        run.folder.replace(RevisionFigure, figures)


def _figures(run: Run, eval_set: EvaluationSet) -> Iterator[RevisionFigure]:
    folder, known = run.folder, models_of(run.folder)
    revisions, now = folder.read(Revision), document_of(folder)
    for label, former in known.items():
        if label != f"{former.trainer} {FORMER}":
            continue
        own = [one for one, record in known.items() if record.trainer == former.trainer]
        results = {one: _results(run, one, eval_set) for one in (BASE, *own)}
        there = {one: result for one, result in results.items() if result.graded}
        models = RevisedModels(former.trainer, there, _pairs(former.trainer, list(there)))
        yield from revision_figures(models, eval_set, since(former.document, revisions, now))


def _results(run: Run, label: str, eval_set: EvaluationSet) -> Results:
    """An entrant's answers to the present probes; none where it has not been measured on them."""
    answers = answers_under(run.folder, label, eval_set)
    if not answers:
        return Results(())
    general = general_under(run.folder, answers[-1].model)
    return Results(check_answers(answers, eval_set), general)


def _pairs(trainer: str, labels: list[str]) -> list[tuple[str, str]]:
    """The model that went on, else the one that began at the base, against all other trained
    ones."""
    mine = next((one for one in (f"{trainer} {CONTINUED}", trainer) if one in labels), None)
    return [(mine, one) for one in labels if mine and one not in (mine, BASE)]
