"""Store one file after the other, beside the encode."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Lane:
    """A thread and the files that wait for it; used from one other thread."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"publish-{name}")
        self._under_way: deque[tuple[Future[None], Callable[[], None]]] = deque()

    @property
    def first(self) -> Future[None] | None:
        """The file that is being stored now."""
        return self._under_way[0][0] if self._under_way else None

    def add(self, store: Callable[[], None], then: Callable[[], None]) -> None:
        self._under_way.append((self._thread.submit(store), then))

    def settle(self) -> None:
        while self._under_way and self._under_way[0][0].done():
            stored, then = self._under_way.popleft()
            stored.result()
            then()

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._under_way.clear()
