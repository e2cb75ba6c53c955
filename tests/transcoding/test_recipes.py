"""What all attempts of a job go by."""

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from tests.factories import uploaded_video
from transcoding.models import Job
from transcoding.recipes import recipe_of

pytestmark = pytest.mark.usefixtures("redis")


def test_a_job_keeps_the_settings_of_its_beginning(alice: User, settings: Settings) -> None:
    settings.LADDER, settings.SEGMENT_SECONDS, settings.X264_PRESET = [720, 240], 4, "veryfast"
    job = Job.objects.get(video=uploaded_video(alice))
    settings.LADDER, settings.SEGMENT_SECONDS, settings.X264_PRESET = [1080], 6, "slow"

    recipe = recipe_of(job)

    assert [entry.quality for entry in recipe.ladder] == ["720p", "240p"]
    assert (recipe.segment_seconds, recipe.preset) == (4, "veryfast")


def test_a_job_from_before_goes_by_the_settings(alice: User, settings: Settings) -> None:
    job = Job.objects.get(video=uploaded_video(alice))
    job.recipe, settings.LADDER = {}, [480]

    assert [entry.quality for entry in recipe_of(job).ladder] == ["480p"]
