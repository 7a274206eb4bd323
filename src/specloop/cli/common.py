"""What every command does: find the run and its configuration, hold the folder, run a coroutine,
stop it cleanly, and report failures."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from specloop.cli import INTERRUPTED
from specloop.cli.bill import print_bill
from specloop.config import ConfigDraft, Configured, Limits, build
from specloop.errors import FailedItemsError, InputError, RunStoppedError, SpecloopError
from specloop.manifest import count_records, losses, lost_records
from specloop.pipeline import Run
from specloop.pipeline.amounts import Estimate
from specloop.pipeline.run import known_config
from specloop.records import Failure
from specloop.store import RunFolder
from specloop.terminal import console, errors

ConfigOption = Annotated[Path | None, Parameter(name="--config", help="TOML to use from now on.")]
SetOption = Annotated[
    list[str] | None,
    Parameter(name="--set", help="table.key=value: override one value.", negative=""),
]

JsonOption = Annotated[bool, Parameter(help="Print the result as JSON.", negative="")]


@dataclass(frozen=True)
class Changes:
    """Changes to the run's configuration by a command, noted there when it begins."""

    config: ConfigOption = None
    set_: SetOption = None

    def draft(self, folder: RunFolder, command: str) -> ConfigDraft:
        """A new configuration, or else that of the run in a folder, with the changed values."""
        draft = (
            ConfigDraft.of_file(self.config)
            if self.config
            else ConfigDraft.of(known_config(folder))
        )
        return draft.set(self.set_ or (), by("--set", command))


ChangesOption = Annotated[Changes | None, Parameter(name="*")]


def with_options(
    draft: ConfigDraft, command: str, given: Iterable[tuple[str, tuple[str, ...], object]]
) -> ConfigDraft:
    """The draft with the values of a command's options, each with the option's name and the place
    in the configuration; None: not given."""
    for option, path, value in given:
        if value is not None:
            draft.put(path, value, by(option, command))
    return draft


def by(option: str, command: str) -> str:
    """The origin of a value that an option of a command has set."""
    return f"{option} of `specloop {command}`"


@dataclass(frozen=True)
class Spending:
    """Limits for the whole run, including its earlier parts, instead of those in [limits]; or only
    the bill."""

    max_calls: Annotated[int | None, Parameter(help="Calls the run may make in all.")] = None
    max_tokens: Annotated[int | None, Parameter(help="Tokens, in and out, it may take.")] = None
    max_cost: Annotated[float | None, Parameter(help="USD it may cost, by [prices].")] = None
    dry_run: Annotated[
        bool, Parameter(help="Print what would be asked of models, and stop.", negative="")
    ] = False

    def over(self, limits: Limits) -> Limits:
        """The configured limits, replaced by those given."""
        given = {name: getattr(self, name) for name in ("max_calls", "max_tokens", "max_cost")}
        set_ = {name: value for name, value in given.items() if value is not None}
        return build(Limits, limits.model_dump() | set_, "command line")


SpendingOptions = Annotated[Spending | None, Parameter(name="*")]


def open_run(path: Path, changes: Changes | None, command: str) -> Run:
    """The run in an existing folder, with a new configuration or changed values if given; they are
    noted there when the command begins."""
    folder, changed = RunFolder(path), changes or Changes()
    if changed.config is None and not folder.manifest() and any(count_records(path).values()):
        raise InputError(
            f"{folder / 'manifest.json'}: gone, and with it the run's configuration; restore it, "
            "or give the configuration with --config"
        )
    return Run(folder, *changed.draft(folder, command).built())


def planned_run(path: Path, configured: Configured) -> Run:
    """A run in a folder that may not exist yet; InputError for one of another version."""
    folder = RunFolder(path, planned=True)
    folder.manifest()
    return Run(folder, *configured)


@dataclass(frozen=True)
class Command:
    """What a command does with a run."""

    stage: Callable[[Run], Awaitable[object]]
    check: Callable[[Run], None]
    """Raises if something that the stage needs is missing. Nothing is written or asked before it
    has passed and the folder is held."""
    show: Callable[[Run], None] | None = None
    """Shows the result."""
    keeps: bool = True
    """Whether the run keeps the configuration that the command was given."""
    bill: Callable[[Run], Coroutine[None, None, Sequence[Estimate]]] | None = None
    """What would be asked of models; what the folder has, stages and calls, is left out."""


def work(run: Run, task: Command, spending: Spending | None = None, *, json: bool = False) -> None:
    """Do a task with the run while holding its folder, or print its bill (as JSON) for a dry run.

    KeyboardInterrupt if the user has stopped it, FailedItemsError at the end if an item failed.
    """
    if spending and spending.dry_run:
        estimates = asyncio.run(task.bill(run)) if task.bill else ()
        if not estimates:
            task.check(run)  # Without a bill all that there is to say is what is missing.
        print_bill(estimates, run.config.prices, json=json)
        _tell_missing(run, task.check)
        return
    pool = run.pool
    pool.limits = (spending or Spending()).over(pool.limits)
    need_all(run.folder.path)
    tell_losses(run.folder.path)
    task.check(run)
    run.folder.make()
    with run.folder.locked():
        if task.keeps:
            run.begin()
        asyncio.run(_supervised(run, task.stage))
    if pool.stopping.interrupted:
        raise KeyboardInterrupt(
            f"specloop: stopped; all that finished is kept in {run.folder.path}, with "
            f"{pool.stopping.n_finished} calls of this command; the same command goes on from there"
        )
    if task.show is not None:
        task.show(run)
    for folder in (run.folder, *run.folder.parts.values()):
        _tell_failed(folder)


def _tell_failed(folder: RunFolder) -> None:
    failed = Counter(failure.stage for failure in folder.failures if failure.kind == "failed")
    if failed:
        stages = ", ".join(f"{n} in {stage}" for stage, n in failed.items())
        what = "item" if failed.total() == 1 else "items"
        where = folder / Failure.FILE
        raise FailedItemsError(f"{failed.total()} {what} failed ({stages}): {where} says why")


def _tell_missing(run: Run, check: Callable[[Run], None]) -> None:
    """Print what prevents the command from running."""
    try:
        check(run)
    except SpecloopError as error:
        console.print("it cannot be run yet:", style="yellow")
        console.print(str(error), style="yellow", markup=False, soft_wrap=True)


def need_all(folder: Path) -> None:
    """InputError where records are missing that were there when the last stage ended."""
    for loss in lost_records(folder):
        raise InputError(loss)


def tell_losses(folder: Path) -> None:
    """Print what is missing from a run folder, because later results will lack it."""
    for loss in (*lost_records(folder), *losses(folder)):
        errors.print(f"specloop: {loss}", style="yellow", soft_wrap=True)


async def _supervised(run: Run, stage: Callable[[Run], Awaitable[object]]) -> None:
    task = asyncio.ensure_future(_await(stage(run)))
    with _signals(run, task):
        try:
            await task
        except (asyncio.CancelledError, RunStoppedError):
            if not run.pool.stopping.interrupted:
                raise


async def _await(awaitable: Awaitable[object]) -> None:
    await awaitable


@contextmanager
def _signals(run: Run, task: asyncio.Future[None]) -> Generator[None]:
    """Let the first Ctrl-C, SIGTERM or SIGHUP stop the run and the second one end the process.

    Python's own handlers rather than the loop's: they also act while the loop is busy.
    """
    loop = task.get_loop()

    def stop(*_: object) -> None:
        if run.pool.stopping.interrupted:
            os.write(2, b"specloop: ended at once; the same command goes on\n")
            os._exit(INTERRUPTED)
        loop.call_soon_threadsafe(task.cancel)
        n = run.pool.interrupt()
        wait = f"{n} calls in flight get {run.pool.limits.grace_s:g} s; " if n else ""
        console.print(f"specloop: stopping; {wait}Ctrl-C again ends at once", style="yellow")

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as `nohup` sets it
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
