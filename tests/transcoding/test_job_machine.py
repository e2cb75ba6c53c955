"""Any order of what may happen to a job: nothing goes backwards."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests import factories
from tests.factories import SOURCE, report_of, uploaded_video
from transcoding.models import Attempt, Job, Rendition
from transcoding.reports import report_record
from transcoding.services import attempt_end, attempt_start, job_cancel, job_launch
from transcoding.states import AttemptStatus
from transcoding.sweeps import sweep_jobs
from uploads.errors import UserError
from uploads.models import Video

RENDITIONS: list[dict[str, Any]] = list(factories.RENDITIONS)
OVER = {"SUCCEEDED", "FAILED", "CANCELLED"}
ENDED = {"SUCCEEDED", "FAILED", "LOST", "CANCELLED"}
numbers = st.integers(1, 4)
percents = st.integers(0, 100)


class JobMachine(RuleBasedStateMachine):
    """A job, its transcoders, the sweep and a person, all of whom may repeat themselves and be late."""

    def __init__(self) -> None:
        super().__init__()
        owner, _ = User.objects.get_or_create(username="alice")
        self.job = Job.objects.get(video=uploaded_video(owner))
        self.seen_job: dict[str, Any] = {}
        self.seen_attempts: dict[int, str] = {}
        self.seen_percents: dict[int, int] = {}

    def teardown(self) -> None:
        Video.objects.all().delete()

    def tell(self, number: int, **facts: object) -> str:
        attempt = Attempt.objects.filter(job=self.job, number=number).first()
        if attempt is None:
            return "nobody"
        before = attempt.status
        try:
            answer = report_record(job_id=self.job.pk, attempt_number=number, report=report_of(attempt, **facts))
        except UserError as error:
            assert error.status == 422
            return "refused"
        if before in ENDED:
            assert answer != "continue" or before == facts.get("status")
        return answer

    @rule()
    def launch(self) -> None:
        job_launch(job_id=self.job.pk)

    @rule(number=numbers)
    def claim(self, number: int) -> None:
        attempt_start(job_id=self.job.pk, number=number)

    @rule(number=numbers, first=percents, second=percents, seq=st.integers(0, 9))
    def report(self, number: int, first: int, second: int, seq: int) -> None:
        facts = [{**r, "progress": p} for r, p in zip(RENDITIONS, (first, second, first), strict=True)]
        parts = [{"n": n, "duration": 4.0, "bytes": 10} for n in range(first % 3)]
        self.tell(number, source=SOURCE, seq=seq, renditions=[{**fact, "segments": parts} for fact in facts])

    @rule(number=numbers)
    def succeed(self, number: int) -> None:
        ready = [{**rendition, "status": "READY"} for rendition in RENDITIONS]
        self.tell(number, status="SUCCEEDED", source=SOURCE, renditions=ready)

    @rule(number=numbers)
    def succeed_too_early(self, number: int) -> None:
        self.tell(number, status="SUCCEEDED")

    @rule(number=numbers, code=st.sampled_from(["platform.disk-full", "platform.interrupted"]))
    def fail_by_our_fault(self, number: int, code: str) -> None:
        self.tell(number, status="FAILED", error={"code": code, "message": "x"})

    @precondition(lambda self: len(self.seen_attempts) > 1)
    @rule(number=numbers)
    def fail_by_the_source(self, number: int) -> None:
        self.tell(number, status="FAILED", error={"code": "source.broken", "message": "x"})

    @rule(seconds=st.sampled_from([0, 20, 40, 100, 1000]))
    def sweep(self, seconds: int) -> None:
        sweep_jobs(now=timezone.now() + timedelta(seconds=seconds))

    @rule(number=numbers)
    def process_dies(self, number: int) -> None:
        for attempt in Attempt.objects.filter(job=self.job, number=number):
            attempt_end(attempt=attempt, status=AttemptStatus.LOST, code="platform.worker-lost", message="x")

    @precondition(lambda self: len(self.seen_attempts) > 1)
    @rule()
    def cancel(self) -> None:
        job_cancel(job_id=self.job.pk, by="alice")

    @invariant()
    def a_job_that_is_over_stays_as_it_is(self) -> None:
        now = Job.objects.values("status", "version", "ended_at", "error_code").get(pk=self.job.pk)
        if self.seen_job and self.seen_job["status"] in OVER:
            assert now == self.seen_job
        assert now["version"] >= self.seen_job.get("version", 0)
        self.seen_job = dict(now)

    @invariant()
    def an_attempt_that_is_over_stays_so(self) -> None:
        for attempt in Attempt.objects.filter(job=self.job):
            before = self.seen_attempts.get(attempt.number)
            if before in ENDED:
                assert attempt.status == before
            if before == "RUNNING":
                assert attempt.status != "LAUNCHED"
            self.seen_attempts[attempt.number] = attempt.status

    @invariant()
    def the_live_attempt_is_one_and_the_last(self) -> None:
        attempts = list(Attempt.objects.filter(job=self.job).order_by("number"))
        live = [attempt.number for attempt in attempts if attempt.status not in ENDED]
        status = Job.objects.get(pk=self.job.pk).status
        assert live == ([len(attempts)] if status in {"LAUNCHED", "RUNNING"} else [])
        assert Attempt.objects.that_failed(self.job).count() <= 3
        if live:
            assert attempts[-1].status == status

    @invariant()
    def no_percentage_falls(self) -> None:
        for rendition in Rendition.objects.filter(job=self.job):
            assert rendition.percent >= self.seen_percents.get(rendition.pk, 0)
            self.seen_percents[rendition.pk] = rendition.percent


def test_nothing_goes_backwards_in_whatever_order_it_happens(redis: None, db: None) -> None:
    few = settings(
        max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    run_state_machine_as_test(JobMachine, settings=few)
