"""The one gate that every price-driven action passes: entries, exits, fills, signals, peaks, the strategy's bar clock.

`network_pause` opens and closes it; engines only look. One thread.
"""


def review_text(symbol: str) -> str:
    """Say what it means that a symbol which somebody holds is not traded, and what to do."""
    return (
        f"{symbol} is not traded at the exchange any more, or not at present: what is held of it is frozen, nobody "
        "watches its stop, and there is no price to close it at. Look at the exchange what became of it. When it is "
        "traded again, it is watched again by itself; its waiting orders can be cancelled meanwhile"
    )


class TradingGate:
    """Open while everything is verified and stable. `epoch` grows with every pause: a wish of an older one is void.

    A price older than `stale_after` seconds, and than its symbol's own limit, does not pass. Nor does anything of the
    symbols in `reviewed`, which a person has to look at: the others pass as ever.
    """

    __slots__ = ("epoch", "is_open", "refusal", "reviewed", "stale_after")

    def __init__(self, *, stale_after: float = 10.0) -> None:
        """Begin open: a market that needs no network never closes it by itself."""
        self.is_open = True
        self.epoch = 0
        self.refusal = ""
        self.reviewed: frozenset[str] = frozenset()
        self.stale_after = stale_after

    def hold(self, refusal: str) -> None:
        """Close for a suspicion: nothing acts until it is cleared, and then what was wished before still counts."""
        self.is_open = False
        self.refusal = refusal

    def close(self, refusal: str) -> None:
        """Close for a pause; `refusal` says to a person why nothing trades."""
        self.is_open = False
        self.epoch += 1
        self.refusal = refusal

    def lets(self, epoch: int) -> bool:
        """Say whether a wish of this epoch may still be sent."""
        return self.is_open and epoch == self.epoch

    def open(self) -> None:
        """Let everything act again."""
        self.is_open = True
        self.refusal = ""
