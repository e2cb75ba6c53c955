"""Events of a task in any order, more than once, among polls, reports and people: nothing goes backwards."""

from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.factories import uploaded_video
from tests.transcoding.ecs.cluster import Cluster, LostAnswer
from tests.transcoding.ecs.conftest import Hints, do_hints, lose_hints, upload
from transcoding.attempts import attempt_claim
from transcoding.ecs import silence
from transcoding.ecs.tasks import LIFECYCLE, read_task
from transcoding.ecs.watching import look_after_machines, task_seen
from transcoding.models import Attempt, Job
from transcoding.services import attempt_start, job_cancel
from transcoding.states import LIVE_ATTEMPT
from transcoding.sweeps import sweep_jobs
from uploads.models import Video

pytestmark = pytest.mark.django_db(transaction=True)

few = hypothesis_settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ENDS = [{"stopCode": "SpotInterruption"}, {"stopCode": "TaskFailedToStart", "stoppedReason": "CannotPull"}, {}]


def history(arn: str, end: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every state of a task's life, with the version it has in each."""
    lives = [{"taskArn": arn, "lastStatus": status, "version": n} for n, status in enumerate(LIFECYCLE, 1)]
    lives[-1] |= end
    return lives


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two tries of a call."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)


@few
@given(data=st.data())
def test_a_machines_state_only_goes_forward(cluster: Cluster, alice: User, data: st.DataObject) -> None:
    Video.objects.all().delete()
    attempt = upload(alice)
    told = history(attempt.external_id, {}) * 2
    with_versions = data.draw(st.booleans())
    place = -1
    for fact in data.draw(st.permutations(told))[:-1]:
        seen = read_task(fact if with_versions else fact | {"version": 0}, container="transcoder")
        assert seen
        task_seen(seen)
        attempt.refresh_from_db()
        now = LIFECYCLE.index(attempt.machine_status)
        assert now == max(place, LIFECYCLE.index(fact["lastStatus"]))
        place = now
    assert attempt.status in ({"LOST"} if attempt.machine_status == "STOPPED" else LIVE_ATTEMPT)


STEPS = ["event", "event", "event", "poll", "sweep", "claim", "lose_answer", "fill", "empty", "cancel"]


class Story:
    """A job, its cluster and whoever else has a hand in it."""

    def __init__(self, cluster: Cluster, job: Job) -> None:
        self.cluster, self.job = cluster, job
        self.now = timezone.now()
        self.ended: dict[int, str] = {}

    def event(self, draw: int) -> None:
        if arns := list(self.cluster.tasks):
            arn = arns[draw % len(arns)]
            fact = history(arn, ENDS[draw % len(ENDS)])[draw % len(LIFECYCLE)]
            if fact["lastStatus"] == "STOPPED":
                self.cluster.tasks[arn] |= {**fact, "desiredStatus": "STOPPED"}
            seen = read_task(fact, container="transcoder")
            assert seen
            task_seen(seen)

    def poll(self, draw: int) -> None:
        look_after_machines(now=self.now)

    def sweep(self, draw: int) -> None:
        sweep_jobs(now=self.now)

    def claim(self, draw: int) -> None:
        attempt_start(job_id=self.job.pk, number=1 + draw % 3)

    def lose_answer(self, draw: int) -> None:
        self.cluster.faults["RunTask"] = [LostAnswer(), LostAnswer()]

    def fill(self, draw: int) -> None:
        self.cluster.failures = [{"reason": "RESOURCE:CPU"}]

    def empty(self, draw: int) -> None:
        self.cluster.failures = []

    def cancel(self, draw: int) -> None:
        if draw % 4 == 0:
            job_cancel(job_id=self.job.pk, by="alice")

    def do_hints(self, draw: int) -> None:
        do_hints()

    def lose_hints(self, draw: int) -> None:
        lose_hints()

    def assert_no_second_task(self) -> None:
        """One live task at most for each attempt, for which one live attempt there is at most."""
        owners = [self.cluster.tasks[arn]["startedBy"] for arn in self.cluster.alive]
        assert len(owners) == len(set(owners))
        assert Attempt.objects.live().filter(job=self.job).count() <= 1

    def settle(self) -> None:
        """Let ECS answer, the sweep come a few times, and every task ask for its attempt."""
        self.cluster.failures, self.cluster.faults = [], defaultdict(list)
        for _ in range(4):
            self.now += timedelta(seconds=130)
            sweep_jobs(now=self.now)
            do_hints()
        for arn in self.cluster.alive:
            job_id, _, number = self.cluster.tasks[arn]["startedBy"].partition("/")
            if attempt_claim(job_id=UUID(job_id), number=int(number), claimant=arn.rpartition("/")[2]) is None:
                self.cluster.tasks[arn] |= {"lastStatus": "STOPPED", "desiredStatus": "STOPPED"}

    def assert_sound(self) -> None:
        """One live attempt at most, one live task for it at most, and none for any other."""
        attempts = list(Attempt.objects.filter(job=self.job))
        live = {f"{self.job.pk}/{a.number}": a for a in attempts if a.status in LIVE_ATTEMPT}
        owners = [self.cluster.tasks[arn]["startedBy"] for arn in self.cluster.alive]
        assert len(live) <= 1
        assert len(owners) <= 1
        assert all(owner in live and live[owner].launcher == "ecs" for owner in owners)
        for attempt in attempts:
            assert self.ended.get(attempt.number, attempt.status) == attempt.status
            if attempt.status not in LIVE_ATTEMPT:
                self.ended[attempt.number] = attempt.status


@few
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 99)), max_size=25))
def test_there_is_one_live_attempt_with_one_live_task_whatever_happens(
    cluster: Cluster, hints: Hints, alice: User, steps: list[tuple[str, int]]
) -> None:
    Video.objects.all().delete()
    cluster.forget()
    story = Story(cluster, upload(alice).job)
    for step, draw in steps:
        silence.forget()
        story.now += timedelta(seconds=40)
        getattr(story, step)(draw)
        # By another process, which does not know that ECS has just kept an answer from this one.
        silence.forget()
        do_hints()
        story.assert_sound()


@few
@given(steps=st.lists(st.tuples(st.sampled_from([*STEPS, "do_hints", "lose_hints"]), st.integers(0, 99)), max_size=25))
def test_hints_that_are_late_or_lost_start_no_second_task_and_leave_none_behind(
    cluster: Cluster, hints: Hints, alice: User, steps: list[tuple[str, int]]
) -> None:
    Video.objects.all().delete()
    cluster.forget()
    lose_hints()
    story = Story(cluster, Job.objects.get(video=uploaded_video(alice)))
    for step, draw in steps:
        silence.forget()
        story.now += timedelta(seconds=40)
        getattr(story, step)(draw)
        story.assert_no_second_task()
    silence.forget()
    story.settle()
    story.assert_sound()
