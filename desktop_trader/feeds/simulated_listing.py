"""What the simulated market lists: four coins against USDT, spot and linear swap, with their price levels."""

from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.margin_brackets import STANDARD_BRACKETS
from desktop_trader.feeds.simulated_premium import FUNDING_INTERVAL

_MINIMUM_NOTIONAL = Decimal(5)
_LIQUIDATION_FEE_RATE = Decimal("0.005")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedListing:
    """One instrument of the simulated market.

    `level` is the price that the path moves around, `volatility` its size relative to BTC, `typical_volume` what a
    minute trades on average in base currency. `phase_ms` is when within a second the symbol ticks; no two
    symbols share one. `path_name` is the symbol whose price path is followed: a swap follows its spot.
    """

    instrument: Instrument
    level: Decimal
    volatility: float
    typical_volume: Decimal
    phase_ms: int
    path_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Coin:
    base: str
    level: str
    tick_size: str
    lot_size: str
    volatility: float
    typical_volume: str


_COINS = (
    _Coin(base="BTC", level="45000", tick_size="0.01", lot_size="0.00001", volatility=1.0, typical_volume="12"),
    _Coin(base="ETH", level="2400", tick_size="0.01", lot_size="0.0001", volatility=1.2, typical_volume="180"),
    _Coin(base="SOL", level="98", tick_size="0.01", lot_size="0.001", volatility=1.6, typical_volume="2500"),
    _Coin(base="XRP", level="0.62", tick_size="0.0001", lot_size="0.1", volatility=1.4, typical_volume="90000"),
)


def _spot(coin: _Coin) -> Instrument:
    return Instrument(
        symbol=f"{coin.base}/USDT",
        base=coin.base,
        quote="USDT",
        settle="USDT",
        kind=InstrumentKind.SPOT,
        tick_size=Decimal(coin.tick_size),
        lot_size=Decimal(coin.lot_size),
        minimum_notional=_MINIMUM_NOTIONAL,
        maker_fee_rate=Decimal("0.0008"),
        taker_fee_rate=Decimal("0.001"),
    )


def _swap(coin: _Coin) -> Instrument:
    return Instrument(
        symbol=f"{coin.base}/USDT:USDT",
        base=coin.base,
        quote="USDT",
        settle="USDT",
        kind=InstrumentKind.SWAP,
        tick_size=Decimal(coin.tick_size),
        lot_size=Decimal(coin.lot_size),
        minimum_notional=_MINIMUM_NOTIONAL,
        maker_fee_rate=Decimal("0.0002"),
        taker_fee_rate=Decimal("0.0005"),
        brackets=STANDARD_BRACKETS,
        liquidation_fee_rate=_LIQUIDATION_FEE_RATE,
        funding_interval=FUNDING_INTERVAL,
    )


def _listing(coin: _Coin, instrument: Instrument, phase_ms: int) -> SimulatedListing:
    return SimulatedListing(
        instrument=instrument,
        level=Decimal(coin.level),
        volatility=coin.volatility,
        typical_volume=Decimal(coin.typical_volume),
        phase_ms=phase_ms,
        path_name=f"{coin.base}/USDT",
    )


LISTINGS = tuple(_listing(coin, _spot(coin), 250 * index) for index, coin in enumerate(_COINS)) + tuple(
    _listing(coin, _swap(coin), 250 * index + 125) for index, coin in enumerate(_COINS)
)
"""All listings: the spot markets first, then the swaps."""
