"""What every `specloop specbench` command takes, and the configuration that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from specloop.config import PLAIN, Config, RoleName, build, load_config, override
from specloop.errors import InputError
from specloop.pipeline import Run
from specloop.pipeline.bench_protocol import options_for
from specloop.pipeline.specbench import (
    check_judge,
    check_methods,
    entrants,
    scenarios_of,
    scorer_of,
)
from specloop.store import RunFolder


@dataclass(frozen=True)
class BenchOptions:
    """Options instead of those under [specbench] and [roles]; the folder remembers them."""

    config: Annotated[Path | None, Parameter(help="TOML to use from now on.")] = None
    set_: Annotated[
        list[str] | None,
        Parameter(name="--set", help="table.key=value: override one value.", negative=""),
    ] = None
    data: Annotated[
        str | None, Parameter(help="Data folder, SpecBench checkout, or hf:OWNER/NAME.")
    ] = None
    scenario: Annotated[
        list[str] | None, Parameter(help="A scenario; again for more; all without.", negative="")
    ] = None
    subset: Annotated[int | None, Parameter(help="Rows of each scenario, stratified.")] = None
    method: Annotated[
        list[str] | None, Parameter(help="A method; again for more; `all` for all.", negative="")
    ] = None
    model: Annotated[str | None, Parameter(help="The model that answers.")] = None
    adversarial: Annotated[
        Literal[0, 1] | None,
        Parameter(help="0: put the prompts as they were before the attack on them."),
    ] = None
    judge: Annotated[str | None, Parameter(help="joint, sequential or logprob.")] = None
    judge_model: Annotated[str | None, Parameter(help="The model that judges.")] = None
    protocol: Literal["specloop", "reference"] | None = None
    reference_checkout: Annotated[
        Path | None, Parameter(help="SpecBench checkout with the reference's wordings.")
    ] = None
    alpha: Annotated[
        float | None, Parameter(help="Worth of a safe answer by itself; nothing is judged again.")
    ] = None

    def over(self, config: Config) -> Config:
        """The configuration with what was given instead."""
        raw = config.model_dump(mode="json")
        given: dict[str, Any] = {
            "data": self._data(),
            "scenarios": self.scenario,
            "subset": self.subset,
            "methods": self.method,
            "adversarial": None if self.adversarial is None else bool(self.adversarial),
            "judge": self.judge,
            "alpha": self.alpha,
            "protocol": self.protocol,
            "reference_checkout": self.reference_checkout
            and str(self.reference_checkout.resolve()),
        }
        raw["specbench"] |= {key: value for key, value in given.items() if value is not None}
        named: tuple[tuple[RoleName, str | None], ...] = (
            ("target", self.model),
            ("judge", self.judge_model),
        )
        for role, name in named:
            if name is not None:
                options = options_for(config.roles.of(role), name)
                raw["roles"][role] |= {"model": name, "options": options}
        return build(Config, override(raw, self.set_ or ()), "command line")

    def _data(self) -> str | None:
        if self.data is None or self.data.startswith("hf:"):
            return self.data
        return str(Path(self.data).resolve())


Check = Callable[[Config], object]
"""Raises InputError where the configuration cannot be used."""
Options = Annotated[BenchOptions | None, Parameter(name="*")]


def configured(path: Path, options: BenchOptions | None) -> Config:
    """The configuration of the run in a folder that may not be there yet, with the options."""
    told = options or BenchOptions()
    if told.config is not None:
        known = load_config(told.config)
    else:
        known = Run.resume(path).config if (path / "manifest.json").exists() else Config()
    return told.over(known)


def open_bench(path: Path, options: BenchOptions | None, *checks: Check) -> Run:
    """The run in a folder, made where it is not there yet; options that do not pass the checks are
    not noted there."""
    config = configured(path, options)
    for check in checks:
        check(config)
    return Run.start(RunFolder(path, create=True), config)


def reopen_bench(path: Path, options: BenchOptions | None, *checks: Check) -> Run:
    """The run in a folder that must be there; of what is noted nothing needs the data any more."""
    there(path)
    return open_bench(path, options, *(_named(options) if options else ()), *checks)


def open_files(path: Path, options: BenchOptions | None) -> Run:
    """The run that result files go into, made where it is not there yet."""
    return open_bench(path, options, *_named(options or BenchOptions()))


def _named(options: BenchOptions) -> tuple[Check, ...]:
    """What is checked of options where nothing is answered: the target only if one is named."""
    return (check_names, entrants) if options.model else (check_names,)


def there(path: Path) -> Path:
    """A run folder; InputError where there is none."""
    if not path.is_dir():
        raise InputError(
            f"{path}: no such run folder; `specloop specbench run {path} --data DIR` makes one"
        )
    return path


def check_names(config: Config) -> None:
    """InputError where a scenario, method, scorer or judge of the configuration is not there. No
    model need be there to answer."""
    if config.specbench.data:
        scenarios_of(config)
    check_methods(config)
    scorer_of(config)
    if config.roles.judge.model != PLAIN:
        check_judge(config)
