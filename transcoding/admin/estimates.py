"""What runs will cost, before they are begun."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from transcoding import costs
from transcoding.admin.money import NOT_PRICED, estimate_text
from transcoding.costs import Estimate, money
from transcoding.models import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """Jobs with what a run of each will cost, in words, and all together."""

    rows: Sequence[tuple[Job, str]]
    total: str


def estimates_of(jobs: Iterable[Job]) -> Estimates:
    """Estimate runs of jobs, in two queries for all."""
    listed = list(jobs)
    estimates = costs.estimates_of([job.video for job in listed])
    known = [(job, estimates[job.video_id]) for job in listed]
    rows = [(job, estimate_text(estimate)) for job, estimate in known]
    return Estimates(rows=rows, total=_sum([estimate for _, estimate in known if estimate]))


def _sum(estimates: Sequence[Estimate]) -> str:
    if not estimates:
        return NOT_PRICED
    # All of one moment, and so in the currency that is set.
    amount = sum((estimate.amount for estimate in estimates), start=Decimal())
    return f"about {money(amount, estimates[0].currency)}"
