"""What a program in the sandbox can reach."""

import socket
import sys
from pathlib import Path

from transcoding.worker.ffmpeg import run_program
from transcoding.worker.sandbox import Sandbox
from transcoding.worker.walls import network_is_out_of_reach
from transcoding.worker.watchdog import Watchdog

CALL = "import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5)"


def test_a_listener_on_this_machine_is_reached_only_where_the_host_forbids_the_wall(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = run_program(
            [sys.executable, "-c", CALL.format(port=listener.getsockname()[1])],
            cwd=tmp_path,
            sandbox=Sandbox(),
            watchdog=Watchdog(stall_seconds=20, wall_seconds=20),
            on_output=lambda _data: None,
            on_tick=lambda _used: None,
        )
        listener.settimeout(0)
        try:
            listener.accept()[0].close()
            was_called = True
        except BlockingIOError:
            was_called = False
    assert was_called is not network_is_out_of_reach()
    assert (ended.returncode == 0) is was_called
