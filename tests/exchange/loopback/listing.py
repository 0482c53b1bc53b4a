"""What the loopback exchange lists: its spot pairs and linear swaps, with their precisions, fees and first prices.

Both kinds of one pair follow one price path (the index), as a real swap follows its spot market closely.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

SWAP_FEES = (Decimal("0.0003"), Decimal("0.0005"))
SPOT_FEES = (Decimal("0.002"), Decimal("0.002"))
LEVERAGES = ("1", "2", "3", "5", "8", "10", "15", "20", "30", "50", "100")
MAINTENANCE_RATE = Decimal("0.005")


class Kind(Enum):
    """The exchange's own word for a room of its API; `FUTURES` here are linear perpetual swaps."""

    SPOT = "spot"
    FUTURES = "futures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A base and a quote coin with the decimals of their amounts and prices."""

    base: str
    quote: str = "USDT"
    base_digits: int = 8
    price_digits: int = 2
    min_amount: Decimal = Decimal("0.0001")
    start_price: Decimal = Decimal("100")
    has_swap: bool = False

    @property
    def market_id(self) -> str:
        return self.base + self.quote

    @property
    def symbol(self) -> str:
        return f"{self.base}/{self.quote}"

    @property
    def price_step(self) -> Decimal:
        return Decimal(1).scaleb(-self.price_digits)

    @property
    def amount_step(self) -> Decimal:
        return Decimal(1).scaleb(-self.base_digits)


KNOWN = (
    Pair(base="BTC", start_price=Decimal("60000"), has_swap=True),
    Pair(base="ETH", start_price=Decimal("3000"), min_amount=Decimal("0.0005"), has_swap=True),
    Pair(base="LTC", start_price=Decimal("75"), min_amount=Decimal("0.01"), has_swap=True),
    Pair(base="SOL", start_price=Decimal("150"), min_amount=Decimal("0.01"), price_digits=4, has_swap=True),
    Pair(base="XRP", start_price=Decimal("0.55"), min_amount=Decimal("1"), price_digits=6),
    Pair(base="CET", start_price=Decimal("0.075"), min_amount=Decimal("10"), price_digits=8),
)


def pairs(extra: int = 0) -> tuple[Pair, ...]:
    """Return the known pairs and `extra` invented ones (C0001/USDT ...), for lists of thousands of markets."""
    invented = (
        Pair(base=f"C{number:04d}", start_price=Decimal(1 + number % 997), price_digits=4, min_amount=Decimal("0.1"))
        for number in range(1, extra + 1)
    )
    return (*KNOWN, *invented)


def asset_rows(listed: tuple[Pair, ...]) -> list[dict[str, object]]:
    """Return the rows of `assets/all-deposit-withdraw-config`."""
    coins = sorted({coin for pair in listed for coin in (pair.base, pair.quote)})
    return [_asset_row(coin) for coin in coins]


def _asset_row(coin: str) -> dict[str, object]:
    chain = {
        "chain": coin,
        "min_deposit_amount": "0.0001",
        "min_withdraw_amount": "0.001",
        "deposit_enabled": True,
        "withdraw_enabled": True,
        "deposit_delay_minutes": 0,
        "safe_confirmations": 2,
        "irreversible_confirmations": 2,
        "deflation_rate": "0",
        "withdrawal_fee": "0.0001",
        "withdrawal_precision": 8,
        "memo": "",
        "is_memo_required_for_deposit": False,
        "explorer_asset_url": "",
    }
    asset = {
        "ccy": coin,
        "deposit_enabled": True,
        "withdraw_enabled": True,
        "inter_transfer_enabled": True,
        "is_st": False,
    }
    return {"asset": asset, "chains": [chain]}


def spot_row(pair: Pair, *, is_active: bool) -> dict[str, object]:
    """Return the pair's row of `spot/market`."""
    return {
        "market": pair.market_id,
        "maker_fee_rate": str(SPOT_FEES[0]),
        "taker_fee_rate": str(SPOT_FEES[1]),
        "min_amount": str(pair.min_amount),
        "base_ccy": pair.base,
        "quote_ccy": pair.quote,
        "base_ccy_precision": pair.base_digits,
        "quote_ccy_precision": pair.price_digits,
        "is_amm_available": False,
        "is_margin_available": False,
        "is_pre_trading_available": False,
        "is_api_trading_available": is_active,
        "status": "online",
    }


def swap_row(pair: Pair) -> dict[str, object]:
    """Return the pair's row of `futures/market`."""
    return {
        "market": pair.market_id,
        "contract_type": "linear",
        "maker_fee_rate": str(SWAP_FEES[0]),
        "taker_fee_rate": str(SWAP_FEES[1]),
        "min_amount": str(pair.min_amount),
        "base_ccy": pair.base,
        "quote_ccy": pair.quote,
        "base_ccy_precision": pair.base_digits,
        "quote_ccy_precision": pair.price_digits,
        "leverage": list(LEVERAGES),
        "open_interest_volume": "1000",
        "status": "online",
    }
