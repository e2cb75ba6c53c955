from django.apps import AppConfig


class TranscodingConfig(AppConfig):
    name = "transcoding"

    def ready(self) -> None:
        from transcoding import checks, cost_checks, receivers  # noqa: F401, PLC0415 — registers checks, connects receivers
