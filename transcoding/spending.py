"""What an attempt used and what it cost."""

from django.db import models


class Spending(models.Model):
    """The fields of an attempt that tell of its cost; transcoding.costs fills in the money when it is over."""

    cpu_seconds = models.FloatField(default=0, help_text="Measured by the transcoder, of all its programs.")
    peak_memory_mib = models.PositiveIntegerField(default=0, help_text="Measured by the transcoder.")
    vcpu_seconds = models.FloatField(
        default=0, help_text="Paid for: the vCPUs of an ECS task times its time; of a Celery worker the CPU it used."
    )
    vcpu_hour_price = models.DecimalField(
        max_digits=14, decimal_places=8, null=True, blank=True, help_text="Memory included; as it was at the end."
    )
    cost = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    cost_currency = models.CharField(max_length=3, blank=True)

    class Meta:
        abstract = True
