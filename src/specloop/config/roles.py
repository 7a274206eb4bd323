"""The tables of the roles: which model fills each."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from specloop.config.values import ConfigTable, Line, TopK

PLAIN = "plain"
"""A role's model when it runs a plain strategy without a model."""

RoleName = Literal[
    "target",
    "extractor",
    "annotator",
    "planner",
    "attacker",
    "defender",
    "compliance",
    "quality",
    "judge",
    "scorer",
]


class RoleSettings(ConfigTable):
    """The model that fills a role; `options` go to its backend (base_url, api_key_env, ...)."""

    model: Line = PLAIN
    temperature: float = Field(default=0.8, ge=0)
    top_k: TopK = 40
    max_tokens: int | None = Field(default=None, ge=1)
    concurrency: int = Field(default=16, ge=1)
    options: dict[str, Any] = Field(default_factory=dict)


def _as_role(value: Any) -> Any:
    return {"model": value} if isinstance(value, str) else value


class Roles(ConfigTable):
    """The roles' models. Without a table the defender is the target, and others run plain."""

    target: RoleSettings = RoleSettings(model="embedded:smollm2-135m")
    extractor: RoleSettings = RoleSettings()
    annotator: RoleSettings = RoleSettings()
    planner: RoleSettings = RoleSettings()
    attacker: RoleSettings = RoleSettings()
    defender: RoleSettings | None = None
    compliance: RoleSettings = RoleSettings()
    quality: RoleSettings = RoleSettings()
    judge: RoleSettings = RoleSettings()
    """Judges whole specifications (`specloop specbench`)."""
    scorer: RoleSettings = RoleSettings()
    """Scores answers inside best_of_n, tpo and self_refine."""

    @model_validator(mode="before")
    @classmethod
    def _with_models(cls, raw: Any) -> Any:
        """A target or defender whose table names no model keeps its default model."""
        if not isinstance(raw, dict):
            return raw
        roles = {name: _as_role(value) for name, value in raw.items()}
        usual = cls.model_fields["target"].default.model_dump()
        for role, otherwise in (("target", {"model": usual["model"]}), ("defender", "target")):
            table = roles.get(role)
            if isinstance(table, dict) and "model" not in table:
                start = roles.get("target", usual) if otherwise == "target" else otherwise
                roles[role] = {**start, **table} if isinstance(start, dict) else table
        return roles

    def of(self, role: RoleName) -> RoleSettings:
        """The model of a role."""
        settings: RoleSettings | None = getattr(self, role)
        return settings or self.target
