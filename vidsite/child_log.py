"""One child's output: to a file that cannot grow without end, and to the terminal if wanted."""

import logging
from collections import deque
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

FILE_BYTES = 10 * 1024**2
OLD_FILES = 2
LINE_BYTES = 64 * 1024


class ChildLog:
    """Follows the output of one child, over all its restarts."""

    def __init__(self, name: str, log_dir: Path, show: Callable[[str, str], None] | None = None) -> None:
        self.name = name
        self.path = log_dir / f"{name}.log"
        self._show = show
        self._last: deque[str] = deque(maxlen=1)
        log_dir.mkdir(parents=True, exist_ok=True)
        self._handler = RotatingFileHandler(self.path, maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8")
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))

    def follow(self, output: IO[bytes]) -> None:
        """Copy the output line by line until its end."""
        with output:
            # A line that never ends must not fill the memory.
            while line := output.readline(LINE_BYTES):
                self._write(line.decode(errors="replace").rstrip())

    def last_words(self) -> str:
        """Give the last line that was not empty."""
        return self._last[0] if self._last else ""

    def close(self) -> None:
        """Close the file; what comes later opens it again."""
        self._handler.close()

    def _write(self, line: str) -> None:
        if not line:
            return
        self._last.append(line)
        self._handler.handle(logging.makeLogRecord({"msg": line, "levelno": logging.INFO}))
        if self._show:
            try:
                self._show(self.name, line)
            except (OSError, SystemExit):  # SystemExit is rich's answer to a pipe that nobody reads any more
                self._show = None
