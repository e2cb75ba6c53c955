from django.apps import AppConfig


class VidsiteConfig(AppConfig):
    name = "vidsite"

    def ready(self) -> None:
        from vidsite import checks  # noqa: F401, PLC0415 — registers the system checks
