"""News reaches the watchers, or harms nobody."""

import socket
import time
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels_redis.core import RedisChannelLayer
from django.contrib.auth.models import User

from progress.messages import PongMessage
from progress.models import Connection
from progress.push import channels_watching, push_to
from tests.environment import REDIS_PORT, free_port
from tests.factories import first_report, report_of, uploaded_video
from transcoding.models import Attempt, Job
from transcoding.reports import report_record
from transcoding.services import attempt_start
from transcoding.signals import job_changed
from uploads.models import Video

pytestmark = pytest.mark.usefixtures("redis")

PONG = PongMessage(type="pong")


@pytest.fixture
def broken_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel layer whose Redis is down."""
    layer = RedisChannelLayer(hosts=[{"address": f"redis://127.0.0.1:{free_port()}/0"}])
    monkeypatch.setattr("progress.push.get_channel_layer", lambda: layer)


def follow(channel_name: str, *, video: Video | None, user: User | None) -> None:
    Connection.objects.create(channel_name=channel_name, video=video, user=user, server_id="test")


def test_a_private_video_is_told_to_its_owner_and_the_operator_alone(alice: User, bob: User, admin: User) -> None:
    video = uploaded_video(alice)
    for name, user in (("hers", alice), ("his", bob), ("operators", admin), ("strangers", None)):
        follow(name, video=video, user=user)

    assert set(channels_watching(video)) == {"hers", "operators"}


def test_a_public_video_is_told_to_all_who_follow_it(alice: User, bob: User) -> None:
    video = uploaded_video(alice)
    Video.objects.update(visibility="public")
    video.refresh_from_db()
    for name, user in (("his", bob), ("strangers", None)):
        follow(name, video=video, user=user)

    assert set(channels_watching(video)) == {"his", "strangers"}


def test_all_of_mine_is_all_of_mine_and_not_of_others(alice: User, bob: User) -> None:
    video = uploaded_video(alice)
    follow("hers", video=None, user=alice)
    follow("his", video=None, user=bob)

    assert channels_watching(video) == ["hers"]


@pytest.mark.django_db(transaction=True)
def test_a_report_is_taken_while_redis_is_down(broken_layer: None, alice: User) -> None:
    video = uploaded_video(alice)
    follow("hers", video=video, user=alice)
    attempt = Attempt.objects.get(job__video=video)

    assert attempt_start(job_id=attempt.job_id, number=1)
    assert report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt)) == "continue"
    assert Job.objects.get(pk=attempt.job_id).stage == "ENCODING"


def test_a_redis_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"redis://127.0.0.1:{mute.getsockname()[1]}/0"
        layer = RedisChannelLayer(hosts=[{"address": address, "socket_timeout": None}])
        monkeypatch.setattr("progress.push.get_channel_layer", lambda: layer)
        monkeypatch.setattr("progress.push.SEND_SECONDS", 0.2)
        began = time.monotonic()
        push_to(["hers"], [PONG])
        assert time.monotonic() - began < 5


@pytest.mark.django_db(transaction=True)
def test_a_report_is_taken_when_a_receiver_of_the_news_fails(alice: User) -> None:
    video = uploaded_video(alice)
    attempt = Attempt.objects.get(job__video=video)

    def fail(**_: object) -> None:
        raise RuntimeError("no news today")

    job_changed.connect(fail)
    try:
        answer = report_record(job_id=attempt.job_id, attempt_number=1, report=report_of(attempt))
    finally:
        job_changed.disconnect(fail)
    assert answer == "continue"


def test_a_server_that_does_not_keep_up_keeps_nobody_elses_watchers_from_hearing() -> None:
    hosts = [{"address": f"redis://127.0.0.1:{REDIS_PORT}/0", "socket_timeout": None}]
    slow: Any = RedisChannelLayer(hosts=hosts)
    quick: Any = RedisChannelLayer(hosts=hosts)
    unread, read = async_to_sync(slow.new_channel)(), async_to_sync(quick.new_channel)()
    for _ in range(101):
        push_to([unread], [PONG])
    push_to([unread, read], [PONG])

    assert async_to_sync(quick.receive)(read)["messages"] == [PONG]


def test_a_watcher_that_is_gone_does_no_harm() -> None:
    push_to(["specific.gone!nobody"], [PONG])
