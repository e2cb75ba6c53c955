"""Why a launcher started no transcoder."""


class LaunchError(Exception):
    """The launcher could not take the attempt now; the sweep asks again. `waits_for` says what has to change."""

    def __init__(self, reason: str, *, waits_for: str = "") -> None:
        super().__init__(reason)
        self.note = f"waiting for {waits_for or 'another try'}: {reason}"


class LaunchRefused(LaunchError):
    """Asking again would change nothing: another launcher has to take the attempt, or a person mend the settings."""
