"""The configuration: its tables with their defaults, and where its values come from."""

from specloop.config.calibration import AnotherJudge
from specloop.config.faults import build
from specloop.config.roles import PLAIN, RoleName, Roles, RoleSettings
from specloop.config.sources import ConfigDraft, Configured, assumed_origins, load_config, origin_of
from specloop.config.tables import (
    ALL,
    PROMPT_ONLY,
    Benchmaker,
    Cache,
    Config,
    Document,
    Evaluate,
    Instances,
    Limits,
    Price,
    Seeds,
    SpecBench,
    StrategyName,
    Synthesis,
    Trusted,
)
from specloop.config.values import ConfigTable

__all__ = [
    "ALL",
    "PLAIN",
    "PROMPT_ONLY",
    "AnotherJudge",
    "Benchmaker",
    "Cache",
    "Config",
    "ConfigDraft",
    "ConfigTable",
    "Configured",
    "Document",
    "Evaluate",
    "Instances",
    "Limits",
    "Price",
    "RoleName",
    "RoleSettings",
    "Roles",
    "Seeds",
    "SpecBench",
    "StrategyName",
    "Synthesis",
    "Trusted",
    "assumed_origins",
    "build",
    "load_config",
    "origin_of",
]
