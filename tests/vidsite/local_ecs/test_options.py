"""What the stand-in must be told."""

import pytest

from vidsite.local_ecs.options import read_options

KNOWN = "http://127.0.0.1:8002/a-key"


def read(monkeypatch: pytest.MonkeyPatch, *more: str, address: str = KNOWN, secret: str = "") -> object:
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECS", address)
    monkeypatch.setenv("ECS_EVENT_SECRETS", secret)
    return read_options(["--work-dir", "var/ecs", *more])


@pytest.mark.parametrize(
    "address", ["", "http://127.0.0.1:8002", "http://127.0.0.1/a-key", "https://ecs.example/a-key"]
)
def test_an_address_that_others_reach_or_guess_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    with pytest.raises(SystemExit):
        read(monkeypatch, address=address)
    assert "Set AWS_ENDPOINT_URL_ECS to an address of this machine with a key" in capsys.readouterr().err


def test_events_need_a_secret(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read(monkeypatch, "--events-url", "http://site/hooks/ecs/")
    assert "Set ECS_EVENT_SECRETS" in capsys.readouterr().err


def test_of_several_secrets_the_first_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    options = read(monkeypatch, "--events-url", "http://site/hooks/ecs/", secret="the-new-one,the-old-one")
    assert vars(options)["event_secret"] == "the-new-one"
