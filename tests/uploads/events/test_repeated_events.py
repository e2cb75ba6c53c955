"""The same event many times at the same moment."""

import pytest
from django.test import Client

from tests.uploads.events.bodies import arrived, forward, s3, tallies
from tests.uploads.test_upload_races import at_once
from transcoding.models import Attempt, Job
from uploads.models import Arrival

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


@pytest.mark.parametrize("times", [5, 50])
def test_the_same_event_many_times_at_once_starts_one_job_and_every_answer_is_200(alices: Client, times: int) -> None:
    _, key, etag = arrived(alices)
    answers = at_once(lambda: forward(s3(key, etag)), times)
    assert [answer.status_code for answer in answers] == [200] * times
    assert Job.objects.count() == Arrival.objects.count() == 1
    assert Attempt.objects.count() <= 1
    assert Arrival.objects.get().messages == times
    assert tallies() == {("forward", "taken"): 1, ("forward", "repeated"): times - 1}
