"""Verifies the books behind a running engine: what the start looked at was only their newest part.

Soon after the start, and once a day, it looks at everything from the first entry on; every quarter of an hour in
between it goes on from the verified head.
"""

import logging
import threading
from collections.abc import Callable

from desktop_trader.domain.errors import BooksDamagedError, TraderError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.opened_file import PUT_BACK, is_missing
from desktop_trader.storage.verified_head import VerifiedHead
from desktop_trader.storage.verify import Verification, VerificationStoppedError, VerifyWatch, now, verify_books

_log = logging.getLogger(__name__)
_YIELD_SECONDS = 0.001
AGAIN_SECONDS = 900.0


class BackgroundCheck:
    """One thread with a read-only connection of its own; it gives way to everything else.

    It ends with the first damage it finds: trading is halted then.
    """

    def __init__(
        self,
        paths: DataFolderPaths,
        *,
        on_damage: Callable[[str], None],
        on_verified: Callable[[VerifiedHead], object],
        again_seconds: float = AGAIN_SECONDS,
    ) -> None:
        """Prepare to verify the books of `paths`.

        In its thread, `on_damage` is told what does not hold, and `on_verified` what may be remembered as verified.
        """
        self._paths = paths
        self._on_damage = on_damage
        self._on_verified = on_verified
        self._again_seconds = again_seconds
        self._has_seen_all = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="books-check", daemon=True)

    def start(self) -> None:
        """Begin; only once."""
        self._thread.start()

    def stop(self) -> None:
        """Give up within a few milliseconds, and wait for that; harmless when it never began."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        try:
            while self._is_in_order() and not self._stop.wait(self._again_seconds):
                continue
        except Exception as error:
            # Nobody looks after the books any more: nobody trades on them either.
            self._on_damage(f"the check of the books failed: {type(error).__name__}: {error}")
            raise

    def _is_in_order(self) -> bool:
        """Verify once; say whether there is a reason to do it again later."""
        since: VerifiedHead | None = None

        def choose_since(stored: VerifiedHead | None) -> VerifiedHead | None:
            nonlocal since
            is_whole = not self._has_seen_all or stored is None or stored.is_whole_due(now())
            since = None if is_whole else stored
            return since

        try:
            verification = self._verify(choose_since)
            if not verification.report.ok and since is not None:
                verification = self._verify(lambda _stored: None)  # So that all there is to find is told.
        except VerificationStoppedError:
            return False
        except BooksDamagedError as damage:
            self._on_damage(str(damage))
            return False
        except TraderError as error:
            if is_missing(self._paths.database):
                self._on_damage(f"{self._paths.database} is missing: it was moved or deleted; {PUT_BACK}")
                return False
            _log.warning("The books could not be verified in the background: %s", error)
            return True
        report = verification.report
        if not report.ok:
            self._on_damage(report.text_of_findings())
            return False
        _log.info(
            "The books verify: %d entries, %d postings, looked at from entry %d on",
            report.entries,
            report.postings,
            report.since_entry + 1,
        )
        self._has_seen_all = True
        self._on_verified(verification.verified_head(at=now(), since=since))
        return True

    def _verify(self, choose_since: Callable[[VerifiedHead | None], VerifiedHead | None]) -> Verification:
        watch = VerifyWatch(should_stop=lambda: self._stop.wait(_YIELD_SECONDS))
        return verify_books(self._paths, choose_since=choose_since, watch=watch)
