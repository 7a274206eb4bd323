"""The options of every `specloop specbench` command, and the configuration that they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from specloop.cli.common import ConfigOption, SetOption, by
from specloop.config import ConfigDraft, Configured, RoleName
from specloop.errors import InputError
from specloop.pipeline import Run
from specloop.pipeline.run import known_config
from specloop.pipeline.specbench_preflight import check_judging, check_names, require
from specloop.pipeline.specbench_protocol import options_for
from specloop.sources import absolute
from specloop.store import RunFolder

_KEYS = {"scenario": "scenarios", "method": "methods"}
"""What options are called under [specbench], if otherwise."""
_AS_THEY_ARE = ("scenario", "subset", "method", "judge", "alpha", "protocol")


@dataclass(frozen=True)
class BenchOptions:
    """Options instead of those under [specbench] and [roles]; the folder remembers them."""

    config: ConfigOption = None
    set_: SetOption = None
    data: Annotated[
        str | None, Parameter(help="Data folder, SpecBench checkout, hf:OWNER/NAME, or run:RUN.")
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
    judge: Annotated[str | None, Parameter(help="joint, sequential, logprob or check.")] = None
    judge_model: Annotated[str | None, Parameter(help="The model that judges.")] = None
    protocol: Literal["specloop", "reference"] | None = None
    reference_checkout: Annotated[
        Path | None, Parameter(help="SpecBench checkout with the reference's wordings.")
    ] = None
    alpha: Annotated[
        float | None, Parameter(help="Worth of a safe answer by itself; nothing is judged again.")
    ] = None

    def over(self, known: Configured | None, command: str) -> Configured:
        """The configuration with the options given."""
        draft = ConfigDraft.of_file(self.config) if self.config else ConfigDraft.of(known)
        config = draft.built().config
        for name, value in self._given().items():
            key, option = _KEYS.get(name, name), f"--{name.replace('_', '-')}"
            draft.put(("specbench", key), value, by(option, command))
        named: tuple[tuple[RoleName, str, str | None], ...] = (
            ("target", "--model", self.model),
            ("judge", "--judge-model", self.judge_model),
        )
        for role, option, name in named:
            if name is not None:
                options = options_for(config.roles.of(role), name)
                draft.put(("roles", role, "model"), name, by(option, command))
                if options != config.roles.of(role).options:
                    draft.put(("roles", role, "options"), options, by(option, command))
        return draft.set(self.set_ or (), by("--set", command)).built()

    def _given(self) -> dict[str, Any]:
        """The values under [specbench] that are given, by the option's name."""
        checkout = self.reference_checkout
        options = {
            "data": None if self.data is None else absolute(self.data, Path()),
            "adversarial": None if self.adversarial is None else bool(self.adversarial),
            "reference_checkout": checkout and str(checkout.resolve()),
            **{name: getattr(self, name) for name in _AS_THEY_ARE},
        }
        return {name: value for name, value in options.items() if value is not None}


Options = Annotated[BenchOptions | None, Parameter(name="*")]


def open_bench(path: Path, options: BenchOptions | None, command: str) -> Run:
    """The run in a folder that may not exist yet; the options are noted there when the command
    begins."""
    folder = RunFolder(path, planned=True)
    known = known_config(folder)
    return Run(folder, *(options or BenchOptions()).over(known, command))


def reopen_bench(path: Path, options: BenchOptions | None, command: str) -> Run:
    """The run in an existing folder."""
    return open_bench(there(path), options, command)


def named(options: BenchOptions) -> Callable[[Run], None]:
    """Check the options of a command that answers nothing: the target only if one is named."""
    return partial(check_names, target=bool(options.model))


def judging(options: BenchOptions | None) -> Callable[[Run], None]:
    """Check a command that judges answers; with options also the names that are noted."""

    def check(run: Run) -> None:
        checks = [check_judging, *([named(options)] if options else [])]
        require(run, [partial(needed, run) for needed in checks])

    return check


def there(path: Path) -> Path:
    """An existing run folder; InputError if there is none."""
    if not path.is_dir():
        raise InputError(
            f"{path}: no such run folder; `specloop specbench run {path} --data DIR` makes one"
        )
    return path
