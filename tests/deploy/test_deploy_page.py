"""docs/deploy-aws.md: its commands name what there is, and its figures are what its formula says."""

import re

import pytest

from tests.deploy.template import ROOT, document

PAGE = (ROOT / "docs" / "deploy-aws.md").read_text()
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))


def test_every_parameter_in_its_commands_is_one_of_the_template() -> None:
    (given,) = re.findall(r"--parameter-overrides (.*)", SHELL)
    assert set(re.findall(r"(\w+)=", given)) <= set(document()["Parameters"])


def test_its_command_gives_every_parameter_that_has_no_default() -> None:
    needed = {name for name, one in document()["Parameters"].items() if "Default" not in one}
    (given,) = re.findall(r"--parameter-overrides (.*)", SHELL)
    assert needed <= set(re.findall(r"(\w+)=", given))


def test_every_parameter_and_output_in_its_text_is_there() -> None:
    names = {*document()["Parameters"], *document()["Outputs"], *document()["Resources"]}
    of_others = {"IsDefault"}
    named = set(re.findall(r"`([A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+)(?:=\w+)?`", PAGE))
    assert named - names - of_others == set()


def test_every_setting_it_writes_down_is_read() -> None:
    (written,) = re.findall(r"<<END\n(.*?)\nEND", SHELL, re.DOTALL)
    settings = (ROOT / "vidsite" / "settings.py").read_text() + (ROOT / "deploy" / "compose.yaml").read_text()
    for name in re.findall(r"^([A-Z0-9_]+)=", written, re.MULTILINE):
        assert f'"{name}"' in settings or f"${{{name}" in settings, name


def test_its_tables_of_costs_are_what_its_formula_says() -> None:
    vcpu, gib = (float(re.findall(rf"`{name}` = ([0-9.]+)", PAGE)[0]) for name in ("V", "G"))
    (busy,) = (float(found) for found in re.findall(r"^\| `u` \|[^|]*\| ([0-9.]+)", PAGE, re.MULTILINE))
    assumed = re.findall(r"^\| (\d+) \| ([0-9.]+) \| ([0-9.]+) \|$", PAGE, re.MULTILINE)
    measured = re.findall(
        r"^\| [^|]+ \| \d+ s \| ([0-9.]+) \| \d+ MiB \| ([0-9.]+) \| ([0-9.]+) \|$", PAGE, re.MULTILINE
    )
    assert (len(assumed), len(measured)) == (4, 7)
    for seconds, hours, dollars in assumed + measured:
        assert float(hours) == pytest.approx(float(seconds) / busy, abs=0.006)
        assert float(dollars) == pytest.approx(float(seconds) / busy * (vcpu + 2 * gib), abs=0.0006)


def test_its_size_of_a_task_is_the_templates_default() -> None:
    parameters = document()["Parameters"]
    assert (parameters["Cpu"]["Default"], parameters["Memory"]["Default"]) == (4 * 1024, 8 * 1024)
