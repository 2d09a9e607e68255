"""Work shared among threads in shards of fixed size, so that results do not depend on threads.

A matrix product that a library splits among its own threads may add up in another order. Here the
rows are cut at fixed places, each shard is computed by one thread with one-threaded kernels (which
release Python's lock), and results are added in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

import torch

from cpo_core.machine.processors import available_threads

In = TypeVar("In")
Out = TypeVar("Out")

SHARD = 4096
"""Rows a shard: its activations fit a core's own cache, and Python's share stays small."""


class Workers:
    """A pool of `threads` threads (0: all processors); `map` keeps the order of its items."""

    def __init__(self, threads: int = 0) -> None:
        self.threads = threads or available_threads()
        # Kernels inside a shard run on the shard's own thread. The number is each thread's own: a
        # new thread that is not told would split its first product among all processors.
        self._before = torch.get_num_threads()
        torch.set_num_threads(1)
        self._pool = (
            ThreadPoolExecutor(self.threads, initializer=torch.set_num_threads, initargs=(1,))
            if self.threads > 1
            else None
        )

    def map(self, function: Callable[[In], Out], items: Iterable[In]) -> list[Out]:
        """`[function(item) for item in items]`, computed side by side."""
        if self._pool is None:
            return [function(item) for item in items]
        return list(self._pool.map(function, items))

    def close(self) -> None:
        """End the threads, and give torch back its own number; a closed pool runs nothing more."""
        torch.set_num_threads(self._before)
        if self._pool is not None:
            self._pool.shutdown()

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def shards(rows: int, size: int = SHARD) -> Sequence[slice]:
    """Slices of at most `size` that cover `rows` rows."""
    return [slice(start, min(start + size, rows)) for start in range(0, rows, size)]
