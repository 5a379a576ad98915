"""An HTTP client for servers that may send without end: what it reads of a response is bounded.

Clients of event streams keep a line until it is over, and read the body of an error whole.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx


class EndlessError(Exception):
    """A response that is too large, or takes too long; the message says which."""


def bounded_client(pause: float, seconds: float, size: int) -> httpx.Client:
    """A client for one exchange: at most `pause` seconds without a byte, and altogether `seconds`
    from now on and `size` bytes a response. Raises EndlessError while a response is read.
    """
    ends = time.monotonic() + seconds

    def bound(response: httpx.Response) -> None:
        # Bytes are counted as they come. What is packed all the same is not unpacked.
        response.headers.pop("content-encoding", None)
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Bounded(response.stream, ends, seconds, size)

    return httpx.Client(
        timeout=pause,
        headers={"accept-encoding": "identity"},
        event_hooks={"response": [bound]},
    )


class _Bounded(httpx.SyncByteStream):
    """The bytes of a response, up to its bounds."""

    def __init__(self, inner: httpx.SyncByteStream, ends: float, seconds: float, size: int) -> None:
        self._inner = inner
        self._ends = ends
        self._seconds = seconds
        self._size = size

    def __iter__(self) -> Iterator[bytes]:
        left = self._size
        for chunk in self._inner:
            left -= len(chunk)
            if left < 0:
                raise EndlessError(f"sent more than {self._size:,} bytes for one reply")
            if time.monotonic() > self._ends:
                raise EndlessError(f"took more than {self._seconds:.0f} seconds to reply")
            yield chunk

    def close(self) -> None:
        self._inner.close()
