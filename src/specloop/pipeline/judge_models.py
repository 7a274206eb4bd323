"""The judges of each stage, and the models that they ask: their own role's, and those that their
members name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from specloop.config import PLAIN, Config, RoleName, Roles
from specloop.judges import grader_of, judges
from specloop.judging.base import Judge
from specloop.judging.grader import Grader, OpenJudge
from specloop.judging.guides import NO_GUIDES, Guides
from specloop.judging.likeness import JudgeId, likeness
from specloop.judging.role_models import ByRole, joint_name
from specloop.llm.base import Model
from specloop.llm.roles import RoleModel, RoleModels
from specloop.pipeline.model_pool import ModelRequest
from specloop.records import CODE, VALIDATION_JUDGE, content_id
from specloop.refusal_judges import RefusalJudge, refusal_judges

Table = str | Mapping[str, Any]


REFUSALS = "refusals"
"""The stage of `specloop judge refusals`."""
SETS = "sets"
"""The stage of `specloop judge sets`, and with a number, as in `sets-2`, of one of its judges."""


class StageJudge(NamedTuple):
    """A judge that a stage asks."""

    table: Table
    role: RoleName = "compliance"
    """Whose model it asks."""
    is_another: bool = False
    """It is besides the stage's own judge."""

    @classmethod
    def another(cls, table: Table) -> StageJudge:
        """A judge besides the stage's own, whose table may name its role."""
        options: dict[str, Any] = {"name": table} if isinstance(table, str) else dict(table)
        return cls(options, options.pop("role", "compliance"), is_another=True)

    @property
    def judge(self) -> Judge:
        """The judge with its options."""
        return judges.build(self.table)

    @property
    def roles(self) -> tuple[RoleName, ...]:
        """The roles whose models it asks."""
        return roles_of_judge(self.table, self.role) if self.judge.asks else ()

    def opened(self, models: Mapping[RoleName, Model], guides: Guides = NO_GUIDES) -> OpenJudge:
        """The judge with its model."""
        model = judge_model(self.table, self.role, models)
        return OpenJudge(grader_of(self.table, model, guides), model)


def judges_of_stage(config: Config, stage: str) -> list[StageJudge]:
    """The judges that a stage asks about what code cannot decide, its own first."""
    synthesis, evaluate = config.synthesis, config.evaluate
    if stage == "calibrate":
        return [StageJudge(config.calibrate.judge, "judge")]
    if stage.startswith(SETS):
        every = [StageJudge(table, "judge") for table in config.sets.judges]
        number = stage.partition("-")[2]
        return [every[int(number) - 1]] if number else every
    if stage.partition("-")[0] == "train":
        named = config.train[VALIDATION_JUDGE]
        return [StageJudge.another(named)] if named else []
    if config.roles.compliance.model == PLAIN:
        return []
    if stage == "synth":
        return [StageJudge(synthesis.judge)]
    if stage == "pairs":
        more = (synthesis.second_judge, synthesis.second_look)
        own = StageJudge(synthesis.judge)
        is_asked = synthesis.trust_judge != "never"
        return [own, *(StageJudge.another(table) for table in more if table and is_asked)]
    if evaluate.judged_share and _is_evaluation(stage):
        own, more = StageJudge(evaluate.judge), evaluate.second_look
        return [own, *([StageJudge.another(more)] if more else [])]
    return []


def roles_of_stage(config: Config, stage: str) -> tuple[RoleName, ...]:
    """The roles whose models a stage's judges ask."""
    roles: list[RoleName] = [role for one in judges_of_stage(config, stage) for role in one.roles]
    if refusal_judge_of_stage(config, stage):
        roles.append(refusal_role(stage))
    return tuple(dict.fromkeys(roles))


def shown_examples(config: Config, stage: str, guides: Guides) -> str:
    """Digest of the worked examples that a stage's judges are shown; empty if they are shown
    none."""
    shows = any(one.judge.examples for one in judges_of_stage(config, stage))
    return content_id(dict(guides.examples)) if shows and guides.examples else ""


def refusal_judge_of_stage(config: Config, stage: str) -> RefusalJudge | None:
    """The refusal judge that asks a model in a stage."""
    is_measured = stage == REFUSALS
    settings = config.calibrate if is_measured else config.evaluate
    judge = refusal_judges.build(settings.refusals)
    has_model = config.roles.of(refusal_role(stage)).model != PLAIN
    return judge if judge.asks and has_model and (is_measured or _is_evaluation(stage)) else None


def refusal_role(stage: str) -> RoleName:
    """The role whose model a stage's refusal judge asks."""
    return "judge" if stage == REFUSALS else "compliance"


def _is_evaluation(stage: str) -> bool:
    return stage.partition("-")[0] in ("evaluate", "benchmark")


def roles_of_judge(table: Table, role: RoleName) -> tuple[RoleName, ...]:
    """The roles whose models a judge asks, its own first."""
    return tuple(dict.fromkeys((role, *judges.build(table).roles)))


def judge_requests(roles: Roles, table: Table, role: RoleName) -> list[ModelRequest]:
    """The models that a judge asks, to open them, its own first."""
    every = roles_of_judge(table, role)
    return [ModelRequest(each, roles.of(each).model, roles.of(each).options) for each in every]


def grader_in(roles: Roles, table: Table, role: RoleName, guides: Guides = NO_GUIDES) -> Grader:
    """A configured judge as certificates know it, without opening its models."""
    judge = judges.build(table)
    name = judges.name_of(judge)
    if not judge.asks:
        return Grader(name, judge)
    requests = judge_requests(roles, table, role)
    model = joint_name([request.name for request in requests])
    identity = joint_name([request.identity for request in requests])
    shown = guides.within(judge.context, judge.examples)
    return Grader(name, judge, model, options=identity, guides=shown)


def judges_note(config: Config) -> dict[str, str]:
    """Which judges choose training data and checkpoints, which one measures, and how alike they
    are to that one, for the manifest; empty unless there are both."""
    if config.roles.compliance.model == PLAIN or not config.evaluate.judged_share:
        return {}
    every = dict[str, StageJudge]()
    if config.synthesis.trust_judge != "never":
        every["pairs"] = StageJudge(config.synthesis.judge)
    if config.train[VALIDATION_JUDGE]:
        every["validation"] = StageJudge.another(config.train[VALIDATION_JUDGE])
    measures = _judge_id(config, StageJudge(config.evaluate.judge))
    chose = {use: _judge_id(config, one) for use, one in every.items()}
    chose = {use: one for use, one in chose.items() if one.model != CODE}
    if not chose or measures.model == CODE:
        return {}
    known = {**chose, "evaluation": measures}
    labels = {use: f"{one.judge}:{one.model}" for use, one in known.items()}
    alike = {_LIKENESS[use]: likeness([one], [measures]) for use, one in chose.items()}
    return {**labels, **alike}


_LIKENESS = {"pairs": "likeness", "validation": "validation_likeness"}


def _judge_id(config: Config, judge: StageJudge) -> JudgeId:
    return JudgeId.of(grader_in(config.roles, judge.table, judge.role).blank(""))


def judge_model(table: Table, role: RoleName, models: Mapping[RoleName, Model]) -> Model | None:
    """The model of a judge, with those of other roles where its members name any; None where its
    role has none."""
    named = judges.build(table).roles
    if role not in models or not named:
        return models.get(role)
    return ByRole(models[role], {name: models[name] for name in named})


def with_judge(models: RoleModels, table: Table, role: RoleName) -> RoleModels:
    """The models, the judge's with those that its members name."""
    model = judge_model(table, role, {name: one.model for name, one in models.by_role.items()})
    if model is None:
        return models
    own = RoleModel(model, models.by_role[role].settings)
    return RoleModels({**models.by_role, role: own})
