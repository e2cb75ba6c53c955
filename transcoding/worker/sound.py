"""Encode the sound, whole, beside the picture."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from transcoding.worker.commands import AUDIO, audio_command
from transcoding.worker.encoding import Encoding
from transcoding.worker.errors import Interrupted
from transcoding.worker.ffmpeg import run_ffmpeg
from transcoding.worker.progress import Progress


class SoundEncoding:
    """One run of ffmpeg in a thread of its own: it takes a hundredth of the time, and nobody waits for it."""

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._is_over = Event()
        publisher = encoding.publisher.beside(check=self._require_wanted)
        self.rendition = encoding.rendition(AUDIO, publisher=publisher)

    @contextmanager
    def running(self) -> Iterator[Callable[[], None]]:
        """Encode while the block runs, and wait at its end for the rest; give what raises why it has failed."""
        with ThreadPoolExecutor(1, thread_name_prefix=AUDIO) as pool:
            future = pool.submit(self._run)

            def check() -> None:
                if future.done():
                    future.result()

            try:
                yield check
                future.result()
            finally:
                self._is_over.set()

    def _run(self) -> None:
        encoding = self._encoding
        self.rendition.begin()
        command = audio_command(encoding.space.source, source=encoding.source, spec=encoding.spec)
        last = run_ffmpeg(command, cwd=encoding.space.output, watchdog=encoding.watchdog(), on_tick=self._tick)
        self._tick(last)
        self.rendition.require_complete()
        if self.rendition.published:
            encoding.report.make_ready(AUDIO)

    def _tick(self, progress: Progress) -> None:
        self._require_wanted()
        self.rendition.publish_finished()
        percent = int(100 * progress.encoded_seconds / self._encoding.source.duration_seconds)
        self._encoding.report.advance({AUDIO: percent})

    def _require_wanted(self) -> None:
        self._encoding.stop.check()
        if self._is_over.is_set():
            raise Interrupted
