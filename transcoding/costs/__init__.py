"""What attempts cost: worked out when they end, added up for videos, and estimated before they begin."""

from transcoding.costs.estimates import Estimate, estimate_of, estimates_of
from transcoding.costs.money import money
from transcoding.costs.recording import record
from transcoding.costs.totals import Total, total_of_video, totals_of

__all__ = ["Estimate", "Total", "estimate_of", "estimates_of", "money", "record", "total_of_video", "totals_of"]
