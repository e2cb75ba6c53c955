from django.apps import AppConfig


class TranscodingConfig(AppConfig):
    name = "transcoding"

    def ready(self) -> None:
        # They register themselves: system checks, and the receivers of signals.
        from transcoding import (  # noqa: PLC0415 — models are there only now
            checks,  # noqa: F401 — as above
            cost_checks,  # noqa: F401 — as above
            receivers,  # noqa: F401 — as above
            sandbox_checks,  # noqa: F401 — as above
        )
