"""Jobs in the admin: what an operator reads at a glance, and two things to do about it."""

from transcoding.admin.jobs import JobAdmin
from transcoding.admin.videos import transcoding_cost

__all__ = ["JobAdmin", "transcoding_cost"]
