# pyright: basic
"""One loaded GGUF file and the thread that drives it.

Only this thread uses the pipeline: requests come in through a queue and results go out through
futures, so any number of event loops and models may share an engine. While the pipeline computes a
step it holds Python's lock: everything else in the process waits for that step (about 20 ms in
decoding, up to a few seconds while a long prompt is read). The tokenizer too is used only on that
thread, between steps: within a step the runtime decodes text to look for stop strings, and decoding
elsewhere at that moment can make it wait for ever.
"""

from __future__ import annotations

import atexit
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from specloop.errors import ContextError, ModelError
from specloop.llm.backends.embedded import Embedded
from specloop.llm.backends.embedded.prefixes import BlockedPrompt, Prefixes

T = TypeVar("T")


class Output(NamedTuple):
    """The runtime's output for one request."""

    ids: list[int]
    logprobs: list[float]
    finished_by_length: bool


@dataclass(eq=False)
class Job:
    """A tokenised request with its settings, the reader of its output and the future."""

    ids: list[int]
    config: Any
    finish: Callable[[Output], Any] = lambda output: output
    future: Future[Any] = field(default_factory=Future)
    handle: Any = None
    prompt: BlockedPrompt | None = None
    """Only where the runtime keeps prefixes."""

    @property
    def echoes(self) -> bool:
        """Whether it reports the log-probabilities of its prompt."""
        return bool(getattr(self.config, "echo", False))


class Errand(NamedTuple):
    """Work for the engine's thread between two steps, and where its result goes."""

    work: Callable[[], Any]
    future: Future[Any]


def load_pipeline(path: Path, settings: Embedded) -> Any:
    """Load a file into a continuous-batching pipeline on the CPU."""
    import openvino_genai as ov_genai

    scheduler = ov_genai.SchedulerConfig()
    scheduler.cache_size = settings.cache_gb
    scheduler.max_num_seqs = settings.max_batch
    scheduler.max_num_batched_tokens = settings.step_tokens
    scheduler.enable_prefix_caching = settings.prefix_caching
    # The default 8-bit cache saves memory but no time, and makes scores depend on what is cached.
    properties = {"KV_CACHE_PRECISION": "f16"}
    if settings.exact:
        properties = {
            "INFERENCE_PRECISION_HINT": "f32",
            "KV_CACHE_PRECISION": "f32",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",
        }
    return ov_genai.ContinuousBatchingPipeline(str(path), scheduler, "CPU", properties)


Load = Callable[[Path, Embedded], Any]

_LOADING = threading.Lock()
"""Each load sets and unsets the environment variable through which the runtime finds its tokenizer
library: of two loads at the same time, one may not find it."""


class Engine:
    """Runs jobs on one pipeline, many at once."""

    def __init__(self, path: Path, settings: Embedded, load: Load = load_pipeline) -> None:
        self.path, self.settings = path, settings
        self.n_users = 0
        """How many models share it."""
        self._load = load
        self.tokenizer: Future[Any] = Future()
        # One who waits for it may be stopped, but no one can call off the loading of all.
        self.tokenizer.set_running_or_notify_cancel()
        self._inbox: queue.SimpleQueue[Job | Errand | None] = queue.SimpleQueue()
        self._waiting: list[Job] = []
        self._active: dict[int, Job] = {}
        self._prefixes = Prefixes()
        self._keys = count()
        self._twin: Engine | None = None
        self._closing = False
        self._door = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"engine {path.name}", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def submit(self, job: Job) -> Future[Any]:
        """Submit a job; its future fails with ModelError if the runtime fails."""
        self.take(job)
        return job.future

    def do(self, work: Callable[[], T]) -> Future[T]:
        """Run something on the engine's thread between two steps, such as work with the tokenizer.

        Jobs that it submits begin with the next step.
        """
        errand = Errand(work, Future())
        self.take(errand)
        return errand.future

    def take(self, item: Job | Errand) -> None:
        """Take a job or errand; it fails with ModelError if the engine is closed."""
        with self._door:
            if not self._closing:
                self._inbox.put(item)
                return
        _fail(item, ModelError(f"{self.path.name}: the engine is closed"))

    def uncached(self) -> Engine:
        """A second copy of the model that keeps nothing between requests.

        It is loaded once and closed with this one.
        """
        with self._door:
            if self._twin is None:
                settings = self.settings.model_copy(update={"prefix_caching": False})
                self._twin = Engine(self.path, settings, self._load)
            return self._twin

    def close(self) -> None:
        """Give up running jobs, free the memory and end the thread (after its current step)."""
        atexit.unregister(self.close)
        self._shut()
        self._inbox.put(None)
        self._thread.join()
        if self._twin is not None:
            self._twin.close()

    def _shut(self) -> None:
        with self._door:
            self._closing = True

    def _run(self) -> None:
        try:
            with _LOADING:
                pipeline = self._load(self.path, self.settings)
            self.tokenizer.set_result(pipeline.get_tokenizer())
        except Exception as error:
            self._shut()
            self.tokenizer.set_exception(ModelError(f"{self.path}: cannot be loaded: {error}"))
        while not self._closing:
            self._receive(block=not (self._active or self._waiting))
            if not self._closing:
                self._turn(pipeline)
        self._receive(block=False)
        self._fail_all(ModelError(f"{self.path.name}: the engine was closed"))

    def _receive(self, block: bool) -> None:
        try:
            while True:
                item = self._inbox.get(block)
                block = False
                if isinstance(item, Job):
                    item.prompt = BlockedPrompt(item.ids) if self.settings.prefix_caching else None
                    self._waiting.append(item)
                elif item is not None and self._closing:
                    _fail(item, ModelError(f"{self.path.name}: the engine was closed"))
                elif item is not None:
                    _settle(item.future, item.work)
        except queue.Empty:
            return

    def _turn(self, pipeline: Any) -> None:
        try:
            self._admit(pipeline)
            if self._active:
                pipeline.step()
            self._harvest()
        except Exception as error:
            self._fail_all(ModelError(f"{self.path.name}: the runtime failed: {error}"))

    def _admit(self, pipeline: Any) -> None:
        """Start what may start now.

        If a step holds other requests too, the runtime takes the log-probabilities of a prompt from
        the rows of these. So requests that report theirs have steps of their own, and go to the
        second copy while replies are written, which may take long.
        """
        waiting = [job for job in self._waiting if not job.future.cancelled()]
        is_writing = any(not job.echoes for job in (*self._active.values(), *waiting))
        is_echoing = any(job.echoes for job in self._active.values())
        self._waiting = []
        for job in waiting:
            if job.echoes and is_writing:
                self.uncached().take(job)
            elif (is_echoing and not job.echoes) or self._must_wait(job):
                self._waiting.append(job)
            else:
                self._start(pipeline, job)

    def _must_wait(self, job: Job) -> bool:
        full = len(self._active) >= self.settings.max_batch
        return full or (job.prompt is not None and self._prefixes.must_wait(job.prompt))

    def _start(self, pipeline: Any, job: Job) -> None:
        import numpy as np
        from openvino import Tensor

        key = next(self._keys)
        try:
            tensor = Tensor(np.array([job.ids], dtype=np.int64))
            job.handle = pipeline.add_request(key, tensor, job.config)
        except Exception as error:
            job.future.set_exception(ModelError(f"{self.path.name}: refused the request: {error}"))
            return
        self._active[key] = job
        if job.prompt:
            self._prefixes.start(key, job.prompt)

    def _harvest(self) -> None:
        from openvino_genai import GenerationStatus

        for key, job in list(self._active.items()):
            if job.handle.get_status() != GenerationStatus.RUNNING:
                del self._active[key]
                output = self._resolve(job)
                if job.prompt:
                    self._prefixes.end(key, output.ids)
            elif job.handle.can_read():
                if job.prompt:
                    self._prefixes.read(key)
                # Earlier, this would leave blocks that look computed and are not.
                if job.future.cancelled():
                    job.handle.cancel()

    def _resolve(self, job: Job) -> Output:
        from openvino_genai import GenerationFinishReason, GenerationStatus

        output = Output([], [], False)
        if job.handle.get_status() != GenerationStatus.FINISHED:
            reason = (
                f"{self.path.name}: the request with its prompt of {len(job.ids)} tokens does not"
                f" fit the {self.settings.cache_gb} GB key-value cache; raise the option cache_gb"
            )
            _fail(job, ContextError(reason))
            return output
        # The runtime gives nothing of a reply that begins with a stop string.
        if outputs := job.handle.read_all():
            first = outputs[0]
            by_length = first.finish_reason == GenerationFinishReason.LENGTH
            output = Output(list(first.generated_ids), list(first.generated_log_probs), by_length)
        _settle(job.future, lambda: job.finish(output))
        return output

    def _fail_all(self, error: ModelError) -> None:
        for job in self._active.values():
            job.handle.cancel()
        for job in [*self._active.values(), *self._waiting]:
            _fail(job, error)
        self._active.clear()
        self._waiting.clear()
        self._prefixes = Prefixes()


def _settle(future: Future[Any], work: Callable[[], Any]) -> None:
    """Do the work for a future, unless it was cancelled."""
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work())
    except Exception as error:
        future.set_exception(error)


def _fail(item: Job | Errand, error: ModelError) -> None:
    if item.future.set_running_or_notify_cancel():
        item.future.set_exception(error)


_shared: dict[tuple[str, int, int, Embedded], Engine] = {}
_lock = threading.Lock()


def acquire(path: Path, settings: Embedded) -> Engine:
    """The engine of a file, which is loaded once for all users and again if the file changes."""
    status = path.stat()
    key = (str(path.resolve()), status.st_mtime_ns, status.st_size, settings)
    with _lock:
        engine = _shared.get(key) or _shared.setdefault(key, Engine(path, settings))
        engine.n_users += 1
    return engine


def release(engine: Engine) -> None:
    """Give an engine back; the last user closes it."""
    with _lock:
        engine.n_users -= 1
        if engine.n_users:
            return
        del _shared[next(key for key, shared in _shared.items() if shared is engine)]
    engine.close()
