"""A system check of the host: which walls stand round ffmpeg."""

from collections.abc import Sequence

from django.core.checks import CheckMessage, Warning, register

from transcoding.worker.walls import network_is_out_of_reach


@register("sandbox", deploy=True)
def ffmpeg_has_no_network(app_configs: object, **kwargs: object) -> Sequence[CheckMessage]:
    if network_is_out_of_reach():
        return []
    hint = (
        "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1; for a container, a seccomp profile with "
        "unshare), or see to it by a firewall that the machine which transcodes reaches the site and the store alone."
    )
    return [
        Warning(
            "On this host ffmpeg cannot be kept from the network; only its own protocol lists are in the way.",
            hint=hint,
            id="transcoding.W003",
        )
    ]
