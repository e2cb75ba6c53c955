from django.apps import AppConfig


class TranscodingConfig(AppConfig):
    name = "transcoding"

    def ready(self) -> None:
        from transcoding import receivers  # noqa: F401, PLC0415 — connects the signal receivers
