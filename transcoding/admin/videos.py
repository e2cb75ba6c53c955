"""What transcoding adds to the page of a video."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from transcoding.admin.money import total_text
from transcoding.costs import total_of_video
from uploads.admin import VideoAdmin
from uploads.models import Video


@admin.display(description="transcoding cost")
def transcoding_cost(video: Video) -> SafeString:
    """Show what all attempts of a video have cost, and lead to its jobs."""
    jobs = reverse("admin:transcoding_job_changelist", query={"q": str(video.pk)})
    return format_html('{} <a href="{}">Jobs</a>', total_text(total_of_video(video.pk)), jobs)


VideoAdmin.facts_from_above.append(transcoding_cost)
