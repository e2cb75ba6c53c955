"""What is made belongs to the job and no longer to one attempt, so that another attempt goes on where one was lost."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F, OuterRef, Subquery


def give_to_jobs(apps: Apps, schema: BaseDatabaseSchemaEditor) -> None:
    """Keep what the newest attempt of each job has made, under the prefix where it is."""
    job_model: Any = apps.get_model("transcoding", "Job")
    attempts: Any = apps.get_model("transcoding", "Attempt").objects
    renditions: Any = apps.get_model("transcoding", "Rendition").objects
    segments: Any = apps.get_model("transcoding", "Segment").objects
    if schema.connection.vendor == "postgresql":
        # Constraints that are checked at the end only would keep the tables from being altered after this.
        schema.execute("SET CONSTRAINTS ALL IMMEDIATE")
    newest = attempts.filter(job=OuterRef("attempt__job")).order_by("-number")
    renditions.annotate(newest=Subquery(newest.values("pk")[:1])).exclude(attempt=F("newest")).delete()
    its_job = attempts.filter(pk=OuterRef("attempt")).values("job")[:1]
    renditions.update(job=Subquery(its_job))
    its_attempt = renditions.filter(pk=OuterRef("rendition")).values("attempt")[:1]
    segments.update(attempt=Subquery(its_attempt))
    for attempt in attempts.select_related("job").order_by("number").iterator():
        is_over = attempt.job.status in {"SUCCEEDED", "FAILED", "CANCELLED"}
        job_model.objects.filter(pk=attempt.job_id).update(
            prefix=f"renditions/{attempt.job.video_id}/{attempt.job_id}/{attempt.number}/",
            files_removed_at=attempt.files_removed_at if is_over else None,
        )
    # What a lost attempt made was given up already: the next one begins with nothing, as it would have.
    renditions.filter(job__status__in=["QUEUED", "LAUNCHED"]).delete()
    job_model.objects.filter(status__in=["QUEUED", "LAUNCHED"]).update(prefix="")


class Migration(migrations.Migration):
    dependencies = [("transcoding", "0003_costs")]

    operations = [
        migrations.AddField(
            "job",
            "recipe",
            models.JSONField(
                blank=True,
                default=dict,
                help_text="The settings its attempts go by, so that what they make fits together.",
            ),
        ),
        migrations.AddField(
            "job",
            "prefix",
            models.CharField(
                blank=True, max_length=200, help_text="Where its attempts write, if not in the usual place."
            ),
        ),
        migrations.AddField(
            "job",
            "segment_count",
            models.PositiveIntegerField(blank=True, null=True, help_text="Segments of the picture."),
        ),
        migrations.AddField("job", "files_removed_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "attempt",
            "got_on",
            models.BooleanField(default=False, help_text="It made segments that were not there before."),
        ),
        migrations.AddField(
            "rendition",
            "job",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="renditions", to="transcoding.job"
            ),
        ),
        migrations.AddField(
            "rendition",
            "init_digest",
            models.CharField(blank=True, max_length=64, help_text="Of its init segment, which all others need."),
        ),
        migrations.AddField(
            "segment",
            "attempt",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="segments",
                to="transcoding.attempt",
            ),
        ),
        migrations.RunPython(give_to_jobs, migrations.RunPython.noop, elidable=True),
        migrations.RemoveConstraint("rendition", "one_rendition_per_quality"),
        migrations.RemoveField("rendition", "attempt"),
        migrations.AlterField(
            "rendition",
            "job",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="renditions", to="transcoding.job"
            ),
        ),
        migrations.AddConstraint(
            "rendition", models.UniqueConstraint(fields=("job", "quality"), name="one_rendition_per_quality")
        ),
        migrations.RemoveField("attempt", "files_removed_at"),
        migrations.CreateModel(
            name="Chunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(help_text="Counted by its transcoder.")),
                ("first", models.PositiveIntegerField(help_text="The number of its first segment.")),
                ("count", models.PositiveIntegerField()),
                ("qualities", models.JSONField(default=list)),
                ("claimed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "attempt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="chunks", to="transcoding.attempt"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint("chunk", models.UniqueConstraint(fields=("attempt", "number"), name="chunk_number")),
    ]
