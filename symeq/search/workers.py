"""Who makes the parts of a pass: this process, other processes, threads, or a cluster, by dask."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, Protocol, TypeAlias, TypeVar

from xarray.backends.file_manager import FILE_CACHE

from symeq.data.slabs import alone
from symeq.errors import InvalidInput, MissingExtra

Workers: TypeAlias = int | Executor | None
"""A number of processes, an executor, or None for the active scheduler of dask, if there is one."""

POLL = 2.0  # seconds between two looks at the processes
RETRIES = 3  # times a part is given out again after the death of its worker
AHEAD = 8  # parts handed to an executor of unknown size at once
SERIAL = ("sync", "synchronous", "single-threaded")
THREADS = ("threads", "threading")
PROCESSES = ("processes", "multiprocessing")

T = TypeVar("T")
Work = Callable[[int], T]


def check_workers(workers: object, where: str) -> None:
    """Refuse what is no number of processes, no executor and not None.

    Raises InvalidInput.
    """
    if workers is None or callable(getattr(workers, "submit", None)):
        return
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise InvalidInput(
            f"{where}(workers={workers!r}): expected a number of processes, 1 or more, or an Executor."
        )


def in_order(work: Work[T], jobs: Sequence[int], workers: Workers = None) -> Iterator[T]:
    """What a work says to each job, in the order of the jobs, whoever does it.

    Arguments: ``work``, called with a job; it must be pickled where it goes to other processes; ``jobs``;
    ``workers``: 1, this process; more, so many processes; an :class:`concurrent.futures.Executor`; None, the
    scheduler or the ``distributed.Client`` that is active in dask, and this process where there is none. Few
    results wait at any time. What a worker that died had to do is given out again.
    Raises InvalidInput where workers die again and again, MissingExtra where dask is needed and absent.
    """
    crew = _crew_of(work, workers, len(jobs))
    if crew is None:
        for job in jobs:
            yield work(job)
        return
    waiting: deque[tuple[int, Future[T]]] = deque()
    given, deaths = 0, 0
    try:
        while waiting or given < len(jobs):
            while given < len(jobs) and len(waiting) < crew.ahead:
                waiting.append((jobs[given], crew.submit(jobs[given])))
                given += 1
            try:
                found = crew.result(waiting[0][1])
            except crew.deaths as error:
                deaths += 1
                if deaths > RETRIES:
                    raise InvalidInput(
                        f"A worker died {deaths} times over part {waiting[0][0] + 1} of {len(jobs)}"
                        f" ({type(error).__name__}), for lack of memory perhaps. Take fewer workers."
                    ) from error
                for _, future in waiting:
                    future.cancel()
                crew.renew()
                waiting = deque((job, crew.submit(job)) for job, _ in waiting)
                continue
            deaths = 0
            waiting.popleft()
            yield found
    finally:
        for _, future in waiting:
            future.cancel()
        crew.close()


class _Crew(Protocol):
    """Those who work: how many parts they may have at once, and the errors that tell of a death."""

    ahead: int
    deaths: tuple[type[BaseException], ...]

    def submit(self, job: int) -> Any: ...

    def result(self, future: Any) -> Any:
        """What a part says, when it is there."""
        return future.result()

    def renew(self) -> None: ...

    def close(self) -> None: ...


class _Processes(_Crew):
    """Processes of this machine, which get the work once."""

    deaths: tuple[type[BaseException], ...] = (BrokenExecutor,)

    def __init__(self, work: Work[Any], count: int, context: Any) -> None:
        self.work, self.count, self.context, self.ahead = work, count, context, 2 * count
        self.pool = self._pool()

    def _pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.count, self.context, _remember, (self.work,))

    def submit(self, job: int) -> Future[Any]:
        try:
            return self.pool.submit(_work_remembered, job)
        except BrokenExecutor as error:
            failed: Future[Any] = Future()
            failed.set_exception(error)
            return failed

    def result(self, future: Future[Any]) -> Any:
        """What a part says. A process that dies while the pool writes to it can leave the pool waiting for
        ever (CPython issue 94777), so the processes are looked at, too."""
        dead = 0
        while True:
            try:
                return future.result(POLL)
            except TimeoutError:
                if future.done():
                    return future.result()
                processes = list((getattr(self.pool, "_processes", None) or {}).values())
                dead += any(not process.is_alive() for process in processes)
                if dead > 2:
                    raise BrokenExecutor("a process died") from None

    def renew(self) -> None:
        self.close()
        self.pool = self._pool()

    def close(self) -> None:
        # What nobody waits for any more is not worth finishing.
        processes = list((getattr(self.pool, "_processes", None) or {}).values())
        self.pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()


class _Executors(_Crew):
    """An executor: of threads, or one of the user's, which is left open."""

    deaths: tuple[type[BaseException], ...] = ()

    def __init__(self, work: Work[Any], executor: Executor, ahead: int, *, own: bool) -> None:
        self.work, self.executor, self.ahead, self.own = work, executor, ahead, own

    def submit(self, job: int) -> Future[Any]:
        return self.executor.submit(_work_given, self.work, job)

    def renew(self) -> None: ...

    def close(self) -> None:
        if self.own:
            self.executor.shutdown(wait=False, cancel_futures=True)


class _Cluster(_Crew):
    """Workers of `dask.distributed`, which get the work from the scheduler, again where one died with it."""

    def __init__(self, work: Work[Any], client: Any) -> None:
        from distributed import CancelledError, KilledWorker

        self.work, self.client = work, client
        self.deaths: tuple[type[BaseException], ...] = (KilledWorker, CancelledError)
        self.ahead = 2 * max(1, sum(client.nthreads().values()))
        self.renew()

    def renew(self) -> None:
        self.known = self.client.submit(_same, self.work, pure=False)

    def submit(self, job: int) -> Any:
        return self.client.submit(_work_given, self.known, job, pure=False)

    def close(self) -> None:
        self.known.release()


class _Scheduler(_Crew):
    """Any other scheduler of dask, part by part."""

    deaths: tuple[type[BaseException], ...] = ()
    ahead = 1

    def __init__(self, work: Work[Any], scheduler: Any) -> None:
        self.work, self.scheduler = work, scheduler

    def submit(self, job: int) -> Future[Any]:
        import dask

        done: Future[Any] = Future()
        asked = dask.delayed(_work_given, pure=False)(dask.delayed(self.work, traverse=False), job)
        done.set_result(asked.compute(scheduler=self.scheduler))
        return done

    def renew(self) -> None: ...

    def close(self) -> None: ...


def _crew_of(work: Work[Any], workers: Workers, jobs: int) -> _Crew | None:
    """Who works; None for this process."""
    if workers == 1 or workers is None and sys.modules.get("dask") is None:
        return None
    if isinstance(workers, int):
        return _Processes(work, min(workers, max(1, jobs)), _context())
    if workers is not None:
        client = getattr(workers, "_client", None)  # of a distributed.cfexecutor
        if client is not None:
            return _Cluster(work, client)
        return _Executors(work, workers, 2 * getattr(workers, "_max_workers", AHEAD), own=False)
    return _active(work)


def _active(work: Work[Any]) -> _Crew | None:
    """The scheduler that is set in dask, else the cluster that a client is connected to."""
    import dask
    from dask.multiprocessing import get as processes
    from dask.system import CPU_COUNT
    from dask.threaded import get as threads

    asked = dask.config.get("scheduler", None)
    name = asked.lower() if isinstance(asked, str) else None
    if asked is None or name in ("distributed", "dask.distributed"):
        client = _client()
        return None if client is None else _Cluster(work, client)
    owner = getattr(asked, "__self__", asked)  # Client.get
    if hasattr(owner, "nthreads") and hasattr(owner, "submit"):
        return _Cluster(work, owner)
    if name in SERIAL or asked is dask.get:
        return None
    if isinstance(asked, Executor):
        return _Executors(work, asked, 2 * getattr(asked, "_max_workers", AHEAD), own=False)
    pool = dask.config.get("pool", None)
    if isinstance(pool, Executor):
        return _Executors(work, pool, 2 * getattr(pool, "_max_workers", AHEAD), own=False)
    count = int(dask.config.get("num_workers", None) or getattr(pool, "_processes", None) or CPU_COUNT)
    if name in THREADS or asked is threads:
        return _Executors(work, ThreadPoolExecutor(count), 2 * count, own=True)
    if name in PROCESSES or asked is processes:
        return _Processes(work, count, _context("spawn"))
    if callable(asked):
        return _Scheduler(work, asked)
    raise InvalidInput(f"dask has the scheduler {asked!r}; expected threads, processes or a Client.")


def _client() -> Any:
    """The client that is connected to a cluster, or None."""
    if sys.modules.get("distributed") is None:
        return None
    from distributed import default_client

    try:
        return default_client()
    except ValueError:
        return None


def _context(default: str | None = None) -> Any:
    """How processes begin: as dask is set, else by forking where that is possible."""
    try:
        import dask
    except ImportError as error:
        raise MissingExtra('Several workers need dask: pip install "symeq[large]"') from error
    if default is None:
        default = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    return multiprocessing.get_context(dask.config.get("multiprocessing.context", default))


_KNOWN: list[Work[Any]] = []  # of a worker process


def _remember(work: Work[Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who collects the results
    FILE_CACHE.clear()  # files that were open when this process was forked are opened again
    _KNOWN[:] = [work]


def _work_remembered(job: int) -> Any:
    with alone():
        return _KNOWN[0](job)


def _work_given(work: Work[T], job: int) -> T:
    with alone():
        return work(job)


def _same(work: T) -> T:
    return work
