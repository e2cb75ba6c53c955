"""A listener that must hear nobody, and files that must not be opened."""

import contextlib
import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

IN_ACCESS, IN_OPEN, IN_NONBLOCK = 0x1, 0x20, 0x800
"""Of inotify(7)."""


@dataclass(frozen=True, kw_only=True)
class Trap:
    """Loopback ports for TCP and UDP, and what watches over the victims."""

    tcp: socket.socket
    udp: socket.socket
    watch: int

    @property
    def port(self) -> int:
        """Of TCP and of UDP."""
        return int(self.tcp.getsockname()[1])

    def was_called(self) -> bool:
        """Say whether anybody connected, or sent a datagram."""
        with contextlib.suppress(BlockingIOError):
            self.tcp.accept()[0].close()
            return True
        with contextlib.suppress(BlockingIOError):
            return bool(self.udp.recv(1))
        return False

    def was_opened(self) -> bool:
        """Say whether anybody opened or read a victim since the last time: no matter what the times of a file say."""
        with contextlib.suppress(BlockingIOError):
            return bool(os.read(self.watch, 4096))
        return False


@contextmanager
def trap(*victims: Path) -> Iterator[Trap]:
    """Listen, and watch over files."""
    libc = ctypes.CDLL(None, use_errno=True)
    with ExitStack() as stack:
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(tcp.getsockname())
        for listener in (tcp, udp):
            listener.settimeout(0)
        watch = libc.inotify_init1(IN_NONBLOCK)
        assert watch >= 0
        stack.callback(os.close, watch)
        for victim in victims:
            assert libc.inotify_add_watch(watch, os.fsencode(victim), IN_OPEN | IN_ACCESS) >= 0
        yield Trap(tcp=tcp, udp=udp, watch=watch)
