"""The supervisor, with real processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vidsite.leftovers import marked
from vidsite.supervisor import Child, Patience, Supervisor, SupervisorError, require_free_port, stop_signals

ROOT = Path(__file__).resolve().parents[2]
QUICK = Patience(
    first_delay_seconds=0.05,
    longest_delay_seconds=0.2,
    steady_seconds=5,
    deaths_to_give_up=5,
    ready_seconds=0.5,
    stop_seconds=0.5,
)
SLEEP = "import time; time.sleep(600)"
IGNORE_SIGTERM = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEP}"
# A process that left its parent's group and session, the way a daemon does.
LEAVE_STRAY = "subprocess.Popen([sys.executable, '-c', sys.argv[1]], start_new_session=True)"
STRAY = f"import subprocess, sys; sys.argv = ['', {SLEEP!r}]; {LEAVE_STRAY}; {SLEEP}"


def python(name: str, code: str, ready: Callable[[], bool] | None = None) -> Child:
    return Child(name=name, argv=(sys.executable, "-c", code), ready=ready)


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def wait_for(done: Callable[[], object], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


class Site:
    """Starts supervisors, and knows what they said."""

    def __init__(self, log_dir: Path) -> None:
        self.log_dir = log_dir
        self.said: list[str] = []

    def supervisor(self, *children: Child, patience: Patience = QUICK) -> Supervisor:
        return Supervisor(list(children), log_dir=self.log_dir, say=self.said.append, patience=patience)

    def log(self, name: str) -> str:
        return (self.log_dir / f"{name}.log").read_text()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "log")


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_child_that_dies_is_started_again(site: Site) -> None:
    with site.supervisor(python("web", SLEEP)) as supervisor:
        first = supervisor.pids()["web"]
        os.kill(first, signal.SIGKILL)
        supervisor.run_until(lambda: supervisor.pids().get("web", first) != first, seconds=5, what="web")
        assert is_alive(supervisor.pids()["web"])
    assert "web was ended by SIGKILL; starting it again in 0.05 s" in site.said[0]


def test_the_delay_doubles_up_to_its_limit(site: Site) -> None:
    with pytest.raises(SupervisorError), site.supervisor(python("web", "")) as supervisor:
        supervisor.run_until(lambda: False, seconds=10, what="web")
    delays = [line.split(" again in ")[1].split()[0] for line in site.said]
    assert delays == ["0.05", "0.1", "0.2", "0.2"]


def test_a_child_that_keeps_dying_is_given_up_with_its_last_words(site: Site) -> None:
    failing = python("web", "import sys; print('before'); sys.exit('no such database')")
    with pytest.raises(SupervisorError) as caught, site.supervisor(failing) as supervisor:
        supervisor.run_until(lambda: False, seconds=10, what="web")
    sentence = str(caught.value)
    assert "web ended with exit status 1, 5 times now; its last words were: no such database." in sentence
    assert str(site.log_dir / "web.log") in sentence


def test_a_child_that_lived_long_enough_is_never_given_up(site: Site) -> None:
    patience = Patience(first_delay_seconds=0.01, longest_delay_seconds=0.01, steady_seconds=0, deaths_to_give_up=2)
    with site.supervisor(python("web", ""), patience=patience) as supervisor:
        supervisor.run_until(lambda: len(site.said) >= 4, seconds=10, what="web")


def test_a_program_that_does_not_exist_gives_a_sentence(site: Site) -> None:
    with pytest.raises(SupervisorError, match="redis cannot be started"):
        site.supervisor(Child(name="redis", argv=("/no/such/program",))).__enter__()


def test_children_wait_for_the_one_before_them_to_be_ready(site: Site, tmp_path: Path) -> None:
    sign = tmp_path / "sign"
    first = python("redis", f"import time; time.sleep(0.2); open({str(sign)!r}, 'w'); {SLEEP}", ready=sign.exists)
    with site.supervisor(first, python("web", f"import os; print(os.path.exists({str(sign)!r})); {SLEEP}")):
        wait_for(lambda: "True" in site.log("web"))


def test_a_child_that_never_gets_ready_stops_the_start_and_what_was_started(site: Site) -> None:
    supervisor = site.supervisor(python("redis", SLEEP, ready=lambda: False))
    with pytest.raises(SupervisorError, match="redis did not answer"):
        supervisor.__enter__()
    assert marked(supervisor.run_id) == set()


def test_all_children_stop_within_seconds_the_last_first(site: Site, tmp_path: Path) -> None:
    order = tmp_path / "order"
    say_goodbye = (
        "import signal, sys\n"
        f"def leave(*_): open({str(order)!r}, 'a').write(sys.argv[1]); sys.exit()\n"
        "signal.signal(signal.SIGTERM, leave)\nprint('ready', flush=True)\nwhile True: signal.pause()\n"
    )
    children = [Child(name=name, argv=(sys.executable, "-c", say_goodbye, name)) for name in "abc"]
    with site.supervisor(*children) as supervisor:
        wait_for(lambda: all("ready" in site.log(name) for name in "abc"))
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert order.read_text() == "cba"
    assert marked(supervisor.run_id) == set()


def test_a_child_that_ignores_sigterm_is_killed(site: Site) -> None:
    with site.supervisor(python("worker", IGNORE_SIGTERM)) as supervisor:
        wait_for(lambda: "deaf" in site.log("worker"))
        pid = supervisor.pids()["worker"]
    assert not is_alive(pid)


def test_a_grandchild_in_a_session_of_its_own_is_ended_too(site: Site) -> None:
    with site.supervisor(python("worker", STRAY)) as supervisor:
        wait_for(lambda: len(marked(supervisor.run_id)) == 2)
    assert marked(supervisor.run_id) == set()


def test_what_a_dead_child_left_is_ended_before_it_starts_again(site: Site) -> None:
    with site.supervisor(python("worker", STRAY)) as supervisor:
        wait_for(lambda: len(marked(supervisor.run_id)) == 2)
        before = marked(supervisor.run_id)
        os.kill(supervisor.pids()["worker"], signal.SIGKILL)
        supervisor.run_until(lambda: bool(site.said), seconds=5, what="worker")
        wait_for(lambda: not before & marked(supervisor.run_id))


def test_the_last_guard_is_replaced_when_it_is_killed(site: Site) -> None:
    with site.supervisor(python("web", SLEEP)) as supervisor:
        first = supervisor.guard_pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        supervisor.run_until(lambda: supervisor.guard_pid not in {first, None}, seconds=5, what="web")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_nothing_is_left_however_the_supervisor_ends(number: signal.Signals, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from vidsite.supervisor import Child, Supervisor, stop_signals\n"
        f"children = [Child(name=str(n), argv=(sys.executable, '-c', code))\n"
        f"            for n, code in enumerate([{SLEEP!r}, {STRAY!r}])]\n"
        f"children.append(Child(name='bare', argv=('/usr/bin/env', '-i', sys.executable, '-c', {SLEEP!r})))\n"
        "with stop_signals() as asked, Supervisor(children, log_dir=Path(sys.argv[1]), say=print) as supervisor:\n"
        "    print(supervisor.run_id, supervisor.pids()['bare'], flush=True)\n"
        "    supervisor.run_until(asked)\n"
    )
    argv = [sys.executable, "-c", program, str(tmp_path)]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        run_id, bare = process.stdout.readline().split()
        wait_for(lambda: len(marked(run_id)) == 3 and int(bare) not in marked(run_id))
        process.send_signal(number)
        wait_for(lambda: not marked(run_id) and not is_alive(int(bare)))
    assert process.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 0)


def test_the_output_goes_to_the_log_and_if_wanted_to_the_terminal(site: Site) -> None:
    shown: list[tuple[str, str]] = []
    code = f"import sys; print('one'); print(); print('two', file=sys.stderr); {SLEEP}"
    supervisor = Supervisor(
        [python("web", code)],
        log_dir=site.log_dir,
        say=site.said.append,
        show=lambda *line: shown.append(line),
    )
    with supervisor:
        wait_for(lambda: len(shown) == 2)
    assert shown == [("web", "one"), ("web", "two")]
    assert [line.split()[-1] for line in site.log("web").splitlines()] == ["one", "two"]


def test_a_terminal_that_went_away_does_not_hold_a_child_up(site: Site) -> None:
    def show(name: str, line: str) -> None:
        raise SystemExit(1)

    supervisor = Supervisor(
        [python("web", f"print('one'); print('two'); {SLEEP}")],
        log_dir=site.log_dir,
        say=site.said.append,
        show=show,
    )
    with supervisor:
        wait_for(lambda: "two" in site.log("web"))


def test_a_port_in_use_gives_the_sentence(taken_port: int) -> None:
    with pytest.raises(SupervisorError) as caught:
        require_free_port("127.0.0.1", taken_port)
    assert str(caught.value) == f"Port {taken_port} is in use; choose another with PORT=."


def test_a_free_port_is_taken_for_free(taken_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    require_free_port("127.0.0.1", port)


def test_a_signal_is_noted_and_the_former_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_signals() as asked:
        assert not asked()
        signal.raise_signal(signal.SIGTERM)
        assert asked()
    assert signal.getsignal(signal.SIGTERM) is before


def test_under_nohup_a_closed_terminal_stops_nothing() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stop_signals() as asked:
        signal.raise_signal(signal.SIGHUP)
        assert not asked()
    assert signal.signal(signal.SIGHUP, before) is signal.SIG_IGN


def test_a_port_that_does_not_exist_gives_a_sentence() -> None:
    with pytest.raises(SupervisorError, match=r"There is no port 70000; choose another with PORT=\."):
        require_free_port("127.0.0.1", 70000)
