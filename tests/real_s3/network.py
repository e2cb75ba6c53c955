"""A network between a test and a server: slow, far away, cut, or gone, as the test says."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

BLOCK_BYTES = 65536
SMALL_BLOCK_BYTES = 1024


class Network:
    """Forward TCP connections from a port of 127.0.0.1 to the server at `address`.

    Every byte arrives `delay_seconds` after it was sent, each way; the client is sent `bytes_per_second` at most.
    A connection that has brought `cuts[0]` bytes to the client is cut there. With `silent`, connections are accepted
    and nothing ever comes of them.
    """

    def __init__(self, address: str) -> None:
        self.delay_seconds = 0.0
        self.bytes_per_second: float | None = None
        self.cuts: list[int] = []
        self.silent = False
        self.bytes_sent = 0
        self._target = urlsplit(address)
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._port = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @contextmanager
    def running(self) -> Iterator["Network"]:
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        try:
            self.go_up()
            yield self
        finally:
            self.go_down()
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    def go_up(self) -> None:
        self._run(self._listen())

    def go_down(self) -> None:
        """Cut every connection and refuse new ones."""
        self._run(self._close())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._open:
            writer.transport.abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, client_in: asyncio.StreamReader, client_out: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            server_in, server_out = await asyncio.open_connection(self._target.hostname, self._target.port)
            ends = {client_out, server_out}
            self._open |= ends
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._forward(client_in, server_out, to_client=False))
                    group.create_task(self._forward(server_in, client_out, to_client=True))
            except* (OSError, _CutError):
                pass
            finally:
                self._open -= ends
                for end in ends:
                    end.transport.abort()

    async def _forward(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, to_client: bool) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take(source, waiting, small=to_client))
            group.create_task(self._give(waiting, target, to_client=to_client))

    async def _take(
        self, source: asyncio.StreamReader, waiting: "asyncio.Queue[tuple[float, bytes]]", *, small: bool
    ) -> None:
        while True:
            size = SMALL_BLOCK_BYTES if small and (self.bytes_per_second or self.cuts) else BLOCK_BYTES
            block = await source.read(size)
            waiting.put_nowait((self._loop.time() + self.delay_seconds, block))
            if not block:
                return

    async def _give(
        self, waiting: "asyncio.Queue[tuple[float, bytes]]", target: asyncio.StreamWriter, *, to_client: bool
    ) -> None:
        given = 0
        while True:
            due, block = await waiting.get()
            await asyncio.sleep(due - self._loop.time())
            while self.silent:
                await asyncio.sleep(0.05)
            if not block:
                raise _CutError
            target.write(block)
            await target.drain()
            if not to_client:
                continue
            given += len(block)
            self.bytes_sent += len(block)
            if self.cuts and given >= self.cuts[0]:
                self.cuts.pop(0)
                raise _CutError
            if self.bytes_per_second:
                await asyncio.sleep(len(block) / self.bytes_per_second)


class _CutError(Exception):
    """The connection is over."""
