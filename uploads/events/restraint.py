"""How seldom the site asks SNS for certificates.

A message names the certificate that is to prove it, so whoever writes one can make the site ask for names that he made
up. Each costs a thread and a request, and SNS would soon answer nobody. So few are asked for at a time, none again
within a minute of failing, and after a handful of failures only those that were good before.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock

from uploads.events.fetching import CertificateUnreachable, NoCertificate

AT_ONCE = 2
MAX_FAILURES = 6
"""More new certificates than SNS begins to use within a minute."""
FAILED_SECONDS = 60
"""SNS goes on sending a message again for an hour."""

_slots = BoundedSemaphore(AT_ONCE)
_lock = Lock()
_failed: dict[str, "_Failure"] = {}


@dataclass(frozen=True, slots=True)
class _Failure:
    until: float
    is_final: bool


@contextmanager
def asking(url: str, *, is_known: bool) -> Iterator[None]:
    """Let the block ask for what lies at an address; `is_known` says that it was good before.

    Raises NoCertificate when the address was found to be no good a moment ago; CertificateUnreachable when it did not
    answer then, is being asked now, or must wait because too many others failed or are asked.
    """
    _begin(url, is_known=is_known)
    try:
        yield
    except NoCertificate:
        with _lock:
            _failed[url] = _Failure(time.monotonic() + FAILED_SECONDS, is_final=True)
        raise
    else:
        with _lock:
            _failed.pop(url, None)
    finally:
        _slots.release()


def _begin(url: str, *, is_known: bool) -> None:
    with _lock:
        now = time.monotonic()
        for old in [one for one, failure in _failed.items() if now >= failure.until]:
            del _failed[old]
        if failure := _failed.get(url):
            if failure.is_final:
                raise NoCertificate
            raise CertificateUnreachable(f"{url} did not answer a moment ago, or is being asked")
        if len(_failed) >= MAX_FAILURES and not is_known:
            raise CertificateUnreachable(f"{url} is not asked: too many other certificates were no good")
        if not _slots.acquire(blocking=False):
            raise CertificateUnreachable(f"{url} is not asked: others are being asked")
        # Until it has answered it counts as failed: so many at the same moment cannot be more than allowed.
        _failed[url] = _Failure(now + FAILED_SECONDS, is_final=False)


def forget_failures() -> None:
    """Ask for every address anew."""
    with _lock:
        _failed.clear()
