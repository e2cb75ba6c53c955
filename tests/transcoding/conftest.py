"""The sweep finds the site answering, except where a test says otherwise."""

import pytest
from django.contrib.auth.models import User

from tests.factories import running, uploaded_video
from transcoding import sweeps
from transcoding.models import Attempt


@pytest.fixture(autouse=True)
def site_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "site_answers", lambda: True)


@pytest.fixture
def attempt(alice: User) -> Attempt:
    """An attempt that a transcoder has claimed."""
    return running(uploaded_video(alice))
