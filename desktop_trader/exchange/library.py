"""How ccxt comes into the process: once, late, and without changing anything outside itself.

Importing it takes half a second and 100 MB, so only threads that host an exchange do it. Its asynchronous part would
replace the decompression of all of aiohttp; it is kept from that.
"""

import sys
import threading
from typing import Any

_GLOBAL_PATCH = "aiohttp_fast_zlib"
_ABSENT = object()
_lock = threading.Lock()


def streaming_library() -> Any:
    """Return `ccxt.pro`: the classes of exchanges that stream."""
    return _imported().pro


def calling_library() -> Any:
    """Return `ccxt.async_support`: the classes of all exchanges."""
    return _imported().async_support


def ccxt_failures() -> type[Exception]:
    """Return what every exception of ccxt is."""
    failures: type[Exception] = _imported().BaseError
    return failures


def exchange_ids() -> tuple[str, ...]:
    """Return the ids of all exchanges there are, in alphabetical order."""
    return tuple(_imported().exchanges)


def streaming_ids() -> frozenset[str]:
    """Return the ids of those that stream."""
    return frozenset(streaming_library().exchanges)


def _imported() -> Any:
    with _lock:
        before = sys.modules.get(_GLOBAL_PATCH, _ABSENT)
        if before is _ABSENT:
            sys.modules[_GLOBAL_PATCH] = None  # type: ignore[assignment]  # this is how Python spells "not installed"
        try:
            import ccxt.pro
        finally:
            if before is _ABSENT:
                del sys.modules[_GLOBAL_PATCH]
        return ccxt
