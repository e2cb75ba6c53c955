"""One attempt, one task: whatever ECS answers, and whatever happens meanwhile."""

from collections import defaultdict
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.transcoding.ecs.cluster import Cluster, LostAnswer, Refusal
from tests.transcoding.ecs.conftest import Hints, do_hints, sweep, upload
from tests.transcoding.test_races import at_once
from transcoding.ecs import silence
from transcoding.ecs.starting import machine_start
from transcoding.ecs.tasks import read_task
from transcoding.ecs.watching import task_seen
from transcoding.models import Attempt, Job, JobEvent
from transcoding.services import attempt_end, attempt_start, job_cancel, job_launch
from transcoding.states import AttemptStatus

pytestmark = pytest.mark.django_db(transaction=True)

FULL = {"reason": "RESOURCE:CPU"}


def ask_again(attempt: Attempt, **facts: object) -> Attempt:
    """Let the sweep come when the attempt is due."""
    Attempt.objects.filter(pk=attempt.pk).update(launch_again_at=timezone.now() - timedelta(seconds=1), **facts)
    sweep()
    attempt.refresh_from_db()
    return attempt


def reasons(attempt: Attempt) -> list[str]:
    return list(JobEvent.objects.filter(job=attempt.job).order_by("pk").values_list("reason", flat=True))


def test_an_upload_starts_one_task_of_its_own(cluster: Cluster, hints: Hints, alice: User) -> None:
    attempt = upload(alice)
    assert [attempt.external_id] == list(cluster.tasks)
    assert (attempt.launcher, attempt.status, attempt.launch_note) == ("ecs", "LAUNCHED", "")
    assert reasons(attempt)[-1] == f"ECS starts task {attempt.external_id.rpartition('/')[2]}"
    assert hints() == []


def test_an_attempt_that_has_its_task_is_not_asked_for_again(cluster: Cluster, attempt: Attempt) -> None:
    Attempt.objects.update(hinted_at=timezone.now() - timedelta(seconds=100))
    ask_again(attempt)
    assert len(cluster.called("RunTask")) == 1


def test_of_two_that_ask_for_the_same_attempt_one_does(cluster: Cluster, alice: User) -> None:
    cluster.failures = [FULL]
    attempt = upload(alice)
    Attempt.objects.update(launch_again_at=timezone.now() - timedelta(seconds=1))
    at_once([lambda: machine_start(attempt_id=attempt.pk, now=timezone.now())] * 4)
    assert len(cluster.called("RunTask")) == 2


def test_an_answer_that_is_lost_leaves_one_task(cluster: Cluster, hints: Hints, alice: User) -> None:
    cluster.faults["RunTask"] = [LostAnswer(), LostAnswer()]
    attempt = upload(alice)
    assert (attempt.external_id, len(cluster.tasks)) == ("", 1)
    assert attempt.launch_note.startswith("waiting for an answer of ECS: ")
    silence.forget()
    ask_again(attempt)
    assert [attempt.external_id] == list(cluster.tasks)
    assert (attempt.launcher, attempt.launch_note) == ("ecs", "")


def test_a_task_started_under_other_settings_is_found_again(cluster: Cluster, alice: User, settings: Settings) -> None:
    attempt = upload(alice)
    settings.ECS_TASK_DEFINITION = "transcoder:8"
    ask_again(attempt, external_id="")
    assert [attempt.external_id] == list(cluster.tasks)


def test_an_attempt_waits_for_capacity_and_says_so(cluster: Cluster, hints: Hints, alice: User) -> None:
    cluster.failures = [FULL]
    attempt = upload(alice)
    assert (attempt.launcher, attempt.launch_note) == ("ecs", "waiting for capacity: RESOURCE:CPU")
    assert reasons(attempt)[-1] == "waiting for capacity: RESOURCE:CPU"
    assert hints() == []


def test_a_reason_is_told_once_and_a_new_one_again(cluster: Cluster, alice: User) -> None:
    cluster.failures = [FULL]
    attempt = upload(alice)
    version = Job.objects.get().version
    ask_again(attempt)
    assert Job.objects.get().version == version
    cluster.failures = [{"reason": "RESOURCE:MEMORY"}]
    ask_again(attempt)
    assert Job.objects.get().version == version + 1
    assert reasons(attempt)[-2:] == ["waiting for capacity: RESOURCE:CPU", "waiting for capacity: RESOURCE:MEMORY"]


def test_when_there_is_room_again_the_same_attempt_gets_its_task(cluster: Cluster, alice: User) -> None:
    cluster.failures = [FULL]
    attempt = upload(alice)
    cluster.failures = []
    ask_again(attempt)
    assert (attempt.number, attempt.external_id) == (1, next(iter(cluster.tasks)))


@pytest.mark.parametrize(("waited", "expected"), [(0, 5), (10, 10), (20, 20), (40, 40), (75, 60), (100, 60)])
def test_it_asks_less_and_less_often(
    cluster: Cluster, alice: User, settings: Settings, waited: int, expected: int
) -> None:
    settings.ECS_FALLBACK_SECONDS = 1000
    cluster.failures = [FULL]
    attempt = upload(alice)
    ask_again(attempt, launched_at=timezone.now() - timedelta(seconds=waited))
    assert attempt.launch_again_at
    seconds = (attempt.launch_again_at - timezone.now()).total_seconds()
    assert expected * 0.8 - 2 <= seconds <= expected * 1.2 + 1


def test_it_does_not_wait_beyond_the_moment_of_the_fallback(cluster: Cluster, alice: User, settings: Settings) -> None:
    cluster.failures = [FULL]
    settings.ECS_FALLBACK_SECONDS = 3
    attempt = upload(alice)
    assert attempt.launch_again_at
    assert attempt.launch_again_at <= attempt.launched_at + timedelta(seconds=3)


def test_nobody_asks_before_it_is_time(cluster: Cluster, alice: User) -> None:
    cluster.failures = [FULL]
    upload(alice)
    sweep()
    assert len(cluster.called("RunTask")) == 1


def test_a_process_that_dies_while_it_asks_leaves_the_attempt_to_the_sweep(cluster: Cluster, alice: User) -> None:
    job = upload(alice).job
    Attempt.objects.update(external_id="", launch_again_at=timezone.now() + timedelta(seconds=90))
    sweep(seconds=91)
    assert [Attempt.objects.get(job=job).external_id] == list(cluster.tasks)


def test_small_sources_go_to_a_celery_worker_at_once(
    cluster: Cluster, hints: Hints, alice: User, bob: User, settings: Settings
) -> None:
    settings.ECS_CELERY_MAX_BYTES = 5
    small = upload(alice, content=b"small")
    large = upload(bob, content=b"larger")
    assert (small.launcher, small.launch_note) == ("celery", "given to Celery: the source is small")
    assert large.launcher == "ecs"
    assert len(hints()) == len(cluster.tasks) == 1


@pytest.mark.parametrize("begun", [True, False])
def test_cancelling_stops_the_task(cluster: Cluster, attempt: Attempt, *, begun: bool) -> None:
    if begun:
        attempt_start(job_id=attempt.job_id, number=1)
    job_cancel(job_id=attempt.job_id, by="alice")
    do_hints()
    assert cluster.alive == []
    assert cluster.called("StopTask")[0]["reason"] == "cancelled by alice"


def test_cancelling_goes_through_while_ecs_fails(cluster: Cluster, attempt: Attempt) -> None:
    cluster.faults["StopTask"] = [Refusal("ServerException", status=500)] * 2
    assert job_cancel(job_id=attempt.job_id, by="alice")
    do_hints()
    assert len(cluster.alive) == 1


def test_a_task_whose_answer_was_lost_is_stopped_with_its_job(cluster: Cluster, attempt: Attempt) -> None:
    Attempt.objects.update(external_id="")
    job_cancel(job_id=attempt.job_id, by="alice")
    do_hints()
    assert cluster.alive == []


def test_a_job_cancelled_while_ecs_is_asked_leaves_no_task(cluster: Cluster, alice: User) -> None:
    # A list is not complete at once.
    cluster.faults["ListTasks"] = [Refusal("ServerException", status=500)] * 2
    cluster.meanwhile = lambda: job_cancel(job_id=Job.objects.get().pk, by="alice")
    attempt = upload(alice)
    assert (attempt.status, cluster.alive) == ("CANCELLED", [])


def test_a_task_that_cannot_be_stopped_at_once_is_stopped_by_the_sweep(cluster: Cluster, alice: User) -> None:
    cluster.faults["StopTask"] = [Refusal("ServerException", status=500)] * 4
    cluster.meanwhile = lambda: job_cancel(job_id=Job.objects.get().pk, by="alice")
    attempt = upload(alice)
    assert (attempt.status, cluster.alive) == ("CANCELLED", [attempt.external_id])
    sweep(seconds=131)
    assert cluster.alive == []


def test_an_answer_that_another_has_had_meanwhile_stops_nothing(cluster: Cluster, alice: User) -> None:
    # As after a call of a minute and a half, when the sweep has asked again with the same token.
    cluster.meanwhile = lambda: Attempt.objects.update(external_id=next(iter(cluster.tasks)), launch_again_at=None)
    attempt = upload(alice)
    assert (cluster.alive, attempt.status) == ([attempt.external_id], "LAUNCHED")
    assert cluster.called("StopTask") == []


def test_an_event_that_overtakes_the_answer_of_runtask_is_made_good_by_the_poll(
    cluster: Cluster, hints: Hints, alice: User
) -> None:
    told: list[str] = []

    def stop() -> None:
        (arn,) = cluster.tasks
        facts = {"stopCode": "TaskFailedToStart", "stoppedReason": "CannotPullContainerError: x"}
        cluster.tasks[arn] |= {"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "version": 9, **facts}
        seen = read_task(cluster.tasks[arn], container="transcoder")
        assert seen
        told.append(task_seen(seen))
        cluster.meanwhile = None

    cluster.meanwhile = stop
    attempt = upload(alice)
    assert (told, attempt.status, attempt.machine_status) == (["unknown"], "LAUNCHED", "")
    sweep(seconds=1)
    attempt.refresh_from_db()
    assert (attempt.status, attempt.machine_status) == ("LOST", "STOPPED")


def test_an_attempt_that_is_lost_while_ecs_is_away_loses_its_task_later(
    cluster: Cluster, hints: Hints, attempt: Attempt
) -> None:
    attempt_start(job_id=attempt.job_id, number=1)
    Attempt.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    cluster.faults = defaultdict(lambda: [Refusal("ServerException", status=500)] * 1000)
    for minutes in (0, 3, 120):
        sweep(seconds=60 * minutes)
    assert attempt.external_id in cluster.alive
    cluster.faults = defaultdict(list)
    sweep(seconds=3 * 3600)
    assert attempt.external_id not in cluster.alive


def test_an_attempt_that_is_lost_loses_its_task(cluster: Cluster, hints: Hints, alice: User) -> None:
    attempt = upload(alice)
    Attempt.objects.update(lease_until=timezone.now() - timedelta(seconds=1), status="RUNNING")
    sweep()
    second = Attempt.objects.live().get()
    assert (second.number, cluster.alive) == (2, [second.external_id])
    assert attempt.external_id != second.external_id


def test_after_two_machines_that_never_began_celery_has_the_job(cluster: Cluster, hints: Hints, alice: User) -> None:
    job = upload(alice).job
    for _ in range(2):
        attempt_end(
            attempt=Attempt.objects.live().get(), status=AttemptStatus.LOST, code="platform.start-failed",
            message="CannotPullContainerError: x",
        )  # fmt: skip
        do_hints()
    third = Attempt.objects.live().get(job=job)
    assert (third.number, third.launcher) == (3, "celery")
    assert third.launch_note == "fell back to Celery: CannotPullContainerError: x"
    assert third.launch_note in reasons(third)
    assert len(hints()) == 1


def test_machines_that_never_began_are_no_tries(
    cluster: Cluster, hints: Hints, alice: User, settings: Settings
) -> None:
    settings.JOB_MAX_ATTEMPTS = 1
    upload(alice)
    for _ in range(2):
        attempt_end(
            attempt=Attempt.objects.live().get(), status=AttemptStatus.LOST, code="platform.start-failed", message="x"
        )
        do_hints()
    assert Attempt.objects.live().get().launcher == "celery"


def test_launching_twice_starts_one_task(cluster: Cluster, alice: User) -> None:
    attempt = upload(alice)
    job_launch(job_id=attempt.job_id)
    assert len(cluster.tasks) == len(cluster.called("RunTask")) == 1
