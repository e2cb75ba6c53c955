""".ci/tools, on a machine where nothing is installed yet."""

import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / ".ci" / "tools"
CEPH = ("radosgw", "radosgw-admin", "ceph", "ceph-mon", "monmaptool", "ceph-osd", "setpriv")
APT = """#!/bin/bash
echo "$*" >> "{log}"
[[ $* != *install* || -e "{lists}" ]] || exit 100
[[ $* != *update* ]] || touch "{lists}"
[[ $* != *install* ]] || for program in ffmpeg ffprobe; do ln -sf /bin/true "{bin}/$program"; done
"""


class Machine:
    """A PATH of its own: bash, a few basic programs, and what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.lists = folder / "lists"
        self.log = folder / "apt.log"
        for program in ("bash", "env", "grep", "ln", "touch"):
            (self.bin / program).symlink_to(str(shutil.which(program)))
        self.add("id", "#!/bin/bash\necho 0\n")

    def add(self, name: str, script: str) -> None:
        path = self.bin / name
        path.write_text(script)
        path.chmod(0o755)

    def add_apt(self) -> None:
        self.add("apt-get", APT.format(log=self.log, lists=self.lists, bin=self.bin))

    def tools(self, *names: str) -> tuple[int, str]:
        """Run the script; give its exit status and what it said."""
        done = subprocess.run(
            [self.bin / "bash", TOOLS, *names],
            env={"PATH": str(self.bin)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def apt_calls(self) -> list[str]:
        """Give the verbs of the calls of apt-get."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [verb for line in lines for verb in line.split() if verb in {"install", "update"}]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_is_there_is_not_installed(machine: Machine) -> None:
    machine.add_apt()
    machine.add("ffmpeg", "")
    machine.add("ffprobe", "")
    assert machine.tools("media") == (0, "")
    assert machine.apt_calls() == []


def test_a_machine_without_package_lists_fetches_them_first(machine: Machine) -> None:
    machine.add_apt()
    status, said = machine.tools("media")
    assert (status, said) == (0, "Installing ffmpeg (ffmpeg).\n")
    assert machine.apt_calls() == ["install", "update", "install"]


def test_a_machine_with_package_lists_only_installs(machine: Machine) -> None:
    machine.add_apt()
    machine.lists.touch()
    assert machine.tools("media")[0] == 0
    assert machine.apt_calls() == ["install"]


def test_without_apt_it_says_what_to_install(machine: Machine) -> None:
    status, said = machine.tools("media")
    assert status == 1
    assert said == "ffmpeg is missing. Install it and try again; on macOS: brew install ffmpeg\n"


def test_without_the_right_to_install_it_says_how(machine: Machine) -> None:
    machine.add_apt()
    machine.add("id", "#!/bin/bash\necho 1000\n")
    status, said = machine.tools("media")
    assert status == 1
    assert said == "ffmpeg is missing. Install it and try again: sudo apt-get install ffmpeg\n"


def test_a_server_of_many_programs_is_installed_when_one_of_them_is_missing(machine: Machine) -> None:
    machine.add_apt()
    machine.lists.touch()
    for program in CEPH[1:]:
        machine.add(program, "")
    status, said = machine.tools("ceph")
    assert (status, said) == (0, "Installing Ceph with its S3 gateway (radosgw ceph-mon ceph-osd).\n")
    assert machine.apt_calls() == ["install"]


def test_a_server_whose_programs_are_all_there_is_not_installed(machine: Machine) -> None:
    machine.add_apt()
    for program in CEPH:
        machine.add(program, "")
    assert machine.tools("ceph") == (0, "")
    assert machine.apt_calls() == []


def test_what_no_mac_has_is_not_said_to_be_had_there(machine: Machine) -> None:
    assert machine.tools("ceph") == (1, "Ceph with its S3 gateway is missing. Install it and try again\n")


def test_a_python_that_is_too_old_is_passed_over(machine: Machine) -> None:
    machine.add("python3", "#!/bin/bash\nexit 1\n")
    machine.add("python3.12", "#!/bin/bash\nexit 0\n")
    assert machine.tools("python") == (0, "python3.12\n")
