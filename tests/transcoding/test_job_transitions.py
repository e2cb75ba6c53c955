"""Which state may follow which, and who wins."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.factories import running, uploaded_video
from transcoding.models import Attempt, Job, JobEvent, Rendition
from transcoding.services import attempt_start, job_cancel
from transcoding.states import AttemptStatus, JobStatus, RenditionStatus

JOB_MOVES = {
    ("QUEUED", "LAUNCHED"),
    ("QUEUED", "FAILED"),
    ("QUEUED", "CANCELLED"),
    ("LAUNCHED", "RUNNING"),
    ("LAUNCHED", "QUEUED"),
    ("LAUNCHED", "FAILED"),
    ("LAUNCHED", "CANCELLED"),
    ("RUNNING", "SUCCEEDED"),
    ("RUNNING", "QUEUED"),
    ("RUNNING", "FAILED"),
    ("RUNNING", "CANCELLED"),
}
ATTEMPT_MOVES = {
    ("LAUNCHED", "RUNNING"),
    ("LAUNCHED", "FAILED"),
    ("LAUNCHED", "LOST"),
    ("LAUNCHED", "CANCELLED"),
    ("RUNNING", "SUCCEEDED"),
    ("RUNNING", "FAILED"),
    ("RUNNING", "LOST"),
    ("RUNNING", "CANCELLED"),
}


@pytest.fixture
def job(alice: User) -> Job:
    """A queued job."""
    return Job.objects.get(video=uploaded_video(alice))


@pytest.fixture
def attempt(job: Job) -> Attempt:
    """An attempt that no service has touched."""
    return Attempt.objects.create(job=job, number=1, launcher="celery")


@pytest.mark.parametrize("to", JobStatus)
@pytest.mark.parametrize("old", JobStatus)
def test_a_job_moves_only_as_the_table_says(job: Job, old: JobStatus, to: JobStatus) -> None:
    Job.objects.filter(pk=job.pk).update(status=old)

    won = Job.objects.advance(job.pk, to=to)

    job.refresh_from_db()
    allowed = (old.value, to.value) in JOB_MOVES
    assert won is allowed
    assert job.status == (to if allowed else old)


@pytest.mark.parametrize("to", AttemptStatus)
@pytest.mark.parametrize("old", AttemptStatus)
def test_an_attempt_moves_only_as_the_table_says(attempt: Attempt, old: AttemptStatus, to: AttemptStatus) -> None:
    Attempt.objects.filter(pk=attempt.pk).update(status=old)

    won = Attempt.objects.advance(attempt.pk, to=to)

    attempt.refresh_from_db()
    allowed = (old.value, to.value) in ATTEMPT_MOVES
    assert won is allowed
    assert attempt.status == (to if allowed else old)


def test_a_move_that_won_leaves_an_event_with_its_reason(job: Job) -> None:
    Job.objects.advance(job.pk, to=JobStatus.CANCELLED, reason="a whim")

    event = JobEvent.objects.filter(job=job).order_by("pk").last()
    assert event is not None
    assert (event.old, event.new, event.reason) == ("QUEUED", "CANCELLED", "a whim")


def test_a_move_that_lost_leaves_no_event(job: Job) -> None:
    before = JobEvent.objects.count()

    Job.objects.advance(job.pk, to=JobStatus.SUCCEEDED)

    assert JobEvent.objects.count() == before


def test_a_move_that_won_raises_the_version(job: Job) -> None:
    Job.objects.advance(job.pk, to=JobStatus.LAUNCHED)

    assert Job.objects.get(pk=job.pk).version == job.version + 1


def test_the_database_refuses_a_second_live_job_of_a_video(job: Job) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(video=job.video, number=2)


def test_the_database_refuses_a_second_live_attempt_of_a_job(attempt: Attempt) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Attempt.objects.create(job=attempt.job, number=2, launcher="celery")


def test_the_percentage_of_a_rendition_never_falls(attempt: Attempt) -> None:
    rendition = Rendition.objects.create(job=attempt.job, quality="720p")

    grown = [Rendition.objects.grow(rendition.pk, percent=percent) for percent in (10, 40, 25, 40, 80)]

    rendition.refresh_from_db()
    assert grown == [True, True, False, False, True]
    assert rendition.percent == 80


@pytest.mark.parametrize("status", [RenditionStatus.READY, RenditionStatus.FAILED])
def test_a_rendition_that_is_over_grows_no_more(attempt: Attempt, status: RenditionStatus) -> None:
    rendition = Rendition.objects.create(job=attempt.job, quality="720p", status=status, percent=50)

    assert not Rendition.objects.grow(rendition.pk, percent=60)
    assert Rendition.objects.get(pk=rendition.pk).status == status


def test_a_rendition_is_finished_once(attempt: Attempt) -> None:
    rendition = Rendition.objects.create(job=attempt.job, quality="720p")

    assert [Rendition.objects.finish(rendition.pk) for _ in range(2)] == [True, False]


def test_an_attempt_is_claimed_once(job: Job, attempt: Attempt) -> None:
    Job.objects.advance(job.pk, to=JobStatus.LAUNCHED)

    assert attempt_start(job_id=job.pk, number=1) is not None
    assert attempt_start(job_id=job.pk, number=1) is None


def test_a_claim_gives_a_lease_and_sets_the_job_running(redis: None, alice: User) -> None:
    attempt = running(uploaded_video(alice))

    assert attempt.status == "RUNNING"
    assert attempt.job.status == "RUNNING"
    assert attempt.lease_until is not None
    assert attempt.lease_until > timezone.now()


def test_an_attempt_of_a_cancelled_job_cannot_be_claimed(job: Job, attempt: Attempt) -> None:
    Job.objects.advance(job.pk, to=JobStatus.LAUNCHED)
    job_cancel(job_id=job.pk, by="alice")

    assert attempt_start(job_id=job.pk, number=1) is None


def test_an_attempt_that_does_not_exist_cannot_be_claimed(job: Job) -> None:
    assert attempt_start(job_id=job.pk, number=7) is None
