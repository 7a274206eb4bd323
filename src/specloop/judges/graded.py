"""The graded judge: grades from 1 to 7 for each spec, of which the median of several draws counts.

A grade tells almost kept from broken, which YES and NO cannot. From the grade `complies` on, the
spec counts as kept. A grade counts only beside the call's key, and only if it is the only one in
the reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low
from typing import NamedTuple

from pydantic import Field

from specloop.items import at_once
from specloop.judges import judges
from specloop.judging.asking import Reading, ReplyForm, ask
from specloop.judging.asking_judge import ValueJudge
from specloop.judging.base import JudgeCase, JudgeResult
from specloop.judging.value_form import ValueForm
from specloop.judging.view import spec_id, spec_text, view
from specloop.llm.base import Model
from specloop.prompt import Prompt
from specloop.records import Message, Sampling, Spec, Verdict

_NAME, _NA = "grade", "NA"
_GRADES = tuple(map(str, range(1, 8)))


class _Draw(NamedTuple):
    spec: Spec
    seed: int


@judges.register("graded")
class Graded(ValueJudge):
    """Grades each spec from 1 to 7 several times; the median says whether it is kept."""

    samples: int = Field(default=5, ge=1, le=99, description="grades drawn for a spec")
    complies: int = Field(
        default=6, ge=2, le=7, description="least median grade for the verdict YES"
    )
    temperature: float = Field(
        default=1.0, ge=0, le=2, description="of the draws; a single grade is drawn at 0"
    )

    @property
    def gives_probability(self) -> bool:
        """The share of several draws; a single one has none."""
        return self.samples > 1

    def form_of(self, key: str, *, enforced: bool) -> ValueForm:
        """The form of one call."""
        return ValueForm(key, (_NAME,), enforced, (*_GRADES, _NA))

    def usual_tokens(self, n: int) -> float:
        """A short reply for each spec and draw."""
        return 12.0 * n * self.samples

    async def ask(self, case: JudgeCase, model: Model) -> JudgeResult:
        """One call a spec and draw, and at most `repairs` more for each."""
        shown = view(case, self.max_chars)

        async def read(draw: _Draw) -> Reading:
            def prompt(form: ReplyForm, again: str) -> tuple[Message, ...]:
                return Prompt.beside(__file__).render(
                    scenario=shown.scenario,
                    data=shown.data,
                    spec=f"{spec_id(draw.spec)}: {spec_text(draw.spec)}",
                    again=again,
                    form=form.words,
                )

            form = self.form_of(shown.key, enforced=model.capabilities.json_schema)
            return await ask(form, prompt, model, self._sampling(draw.seed), self.repairs)

        draws = [_Draw(spec, seed) for spec in case.specs for seed in range(self.samples)]
        # The first call alone, for the prefix cache.
        readings = {draw: await read(draw) for draw in draws[:1]}
        readings |= await at_once(read, draws[1:])
        return JudgeResult(
            verdicts=tuple(
                self._verdict(spec, [readings[_Draw(spec, n)] for n in range(self.samples)])
                for spec in case.specs
            ),
            n_repairs=sum(len(reading.replies) - 1 for reading in readings.values()),
            suspicions=shown.suspicions,
            n_hidden=shown.n_hidden,
        )

    def _sampling(self, seed: int) -> Sampling:
        temperature = self.temperature if self.samples > 1 else 0.0
        return Sampling(max_tokens=self.max_tokens, temperature=temperature, seed=seed)

    def _verdict(self, spec: Spec, readings: Sequence[Reading]) -> Verdict:
        """By the lower median of the grades; NA if most draws say so, unscored unless most can be
        read. Its probability is the share of draws that comply."""
        values = [reading.items[_NAME].value for reading in readings if reading.items]
        if 2 * len(values) <= len(readings):
            unread = next(reading for reading in readings if not reading.items)
            return Verdict(rule=spec.id, value="unscored", rationale=unread.missing(_NAME))
        grades = sorted(int(value) for value in values if value != _NA)
        several = len(values) > 1
        said = f"grades {', '.join(values)}" if several else f"grade {values[0]}"
        value = "NA"
        if 2 * len(grades) >= len(values):
            value = "YES" if (median := median_low(grades)) >= self.complies else "NO"
            said += f": median {median}" if several else ""
        share = sum(grade >= self.complies for grade in grades) / len(values)
        return Verdict(
            rule=spec.id, value=value, rationale=said, probability=share if several else None
        )
