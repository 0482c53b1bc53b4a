"""Bodies of requests to commands: strict, because whatever sends them may be anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

from desktop_trader.api.exact_json import NumberText, loads_object
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import parse_symbol
from desktop_trader.domain.market import Timeframe
from desktop_trader.domain.money import parse_amount
from desktop_trader.domain.order import OrderSide
from desktop_trader.messages.commands import (
    AdjustBalance,
    AdjustmentKind,
    ClearCloseOnly,
    CloseAll,
    ExecuteSignal,
    ImportBalance,
    ResetAccount,
    StartAutoTrading,
    StopAutoTrading,
)

_LONGEST_TEXT = 200
_ID_DIGITS = 18
_OURSELVES = "system"
_SIDES = {"buy": OrderSide.BUY, "long": OrderSide.BUY, "sell": OrderSide.SELL, "short": OrderSide.SELL}
_ADJUST_FIELDS = frozenset({"balance", "reason", "updated_by", "request_id", "expected_total", "account"})
_MOVE_FIELDS = frozenset({"deposit", "withdraw", "author"})
_START_FIELDS = frozenset({"strategy", "symbol", "timeframe", "parameters", "request_id", "account"})
_START_AMOUNT = Decimal(10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A JSON object of a request and what it may hold; every reader names the field it refuses."""

    values: Mapping[str, object]

    @classmethod
    def read(cls, raw: bytes, *, known: frozenset[str] | None) -> "Body":
        """Read a body; an empty one is an empty object. `known` None lets other fields pass unread.

        Raises:
            InvalidInputError: not an object, or a field that means nothing here.
        """
        values = loads_object(raw) if raw.strip() else {}
        unknown = sorted(set(values) - known) if known is not None else []
        if unknown:
            raise InvalidInputError(f"{unknown[0]!r} means nothing here; known: {', '.join(sorted(known or ()))}")
        return cls(values=values)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text of 200 characters at most; required where there is no default."""
        value = self.values.get(name)
        if value is None and default is not None:
            return default
        if type(value) is not str or not value.strip() or len(value) > _LONGEST_TEXT:
            raise InvalidInputError(f"{name} must be a text of 1 to {_LONGEST_TEXT} characters")
        return value

    def amount(self, name: str) -> Decimal:
        """Return an amount given as a number or as text, exactly."""
        value = self.values.get(name)
        if not isinstance(value, str):
            raise InvalidInputError(f"{name} must be an amount, such as 15000 or 1250.50")
        return parse_amount(str(value), what=name)

    def optional_amount(self, name: str) -> Decimal | None:
        """Return an amount, or None where the field is missing or null."""
        return None if self.values.get(name) is None else self.amount(name)

    def optional_id(self, name: str) -> int | None:
        """Return a whole number, or None where the field is missing or null."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, NumberText) or not value.isdigit() or len(value) > _ID_DIGITS:
            raise InvalidInputError(f"{name} must be a whole number, such as 1")
        return int(value)


def adjust_balance(raw: bytes, *, is_private: bool) -> AdjustBalance:
    """Return the change of balance a body asks for.

    Its author is `api:<updated_by>`; our own command line comes by the private door, where `author` is taken as it
    is and `deposit` and `withdraw` are understood.

    Raises:
        InvalidInputError: the body is not one of these.
    """
    body = Body.read(raw, known=_ADJUST_FIELDS | _MOVE_FIELDS if is_private else _ADJUST_FIELDS)
    kinds = {
        "balance": AdjustmentKind.SET_TOTAL,
        "deposit": AdjustmentKind.DEPOSIT,
        "withdraw": AdjustmentKind.WITHDRAW,
    }
    named = [name for name in kinds if name in body.values]
    if len(named) != 1:
        raise InvalidInputError("balance is required: the new total")
    return AdjustBalance(
        request_id=_request_id(body),
        kind=kinds[named[0]],
        amount=body.amount(named[0]),
        reason=body.text("reason"),
        author=_author(body),
        expected_total=body.optional_amount("expected_total"),
        account=_account(body),
    )


def reset_account(raw: bytes, *, is_private: bool) -> ResetAccount:
    """Return the reset of a paper account a body asks for: `amount` (10,000), `reason`, `updated_by`, `account`.

    `expected_total` and `run_id`, when given, say what is to end. Its author is `api:<updated_by>`; by the private
    door `author` is taken as it is.

    Raises:
        InvalidInputError: the body is not one of these.
    """
    known = frozenset({"amount", "reason", "updated_by", "request_id", "expected_total", "run_id", "account"})
    body = Body.read(raw, known=known | {"author"} if is_private else known)
    amount = body.optional_amount("amount")
    return ResetAccount(
        request_id=_request_id(body),
        start_amount=_START_AMOUNT if amount is None else amount,
        author=_author(body),
        reason=body.text("reason", "reset"),
        expected_total=body.optional_amount("expected_total"),
        run_id=body.optional_id("run_id"),
        account=_account(body),
    )


def import_balance(raw: bytes, *, is_private: bool) -> ImportBalance:
    """Return the import that our own command line asks for, once it has archived what it comes from.

    Raises:
        InvalidInputError: the body is not one, or it came by another door than the private one.
    """
    if not is_private:
        raise InvalidInputError("imports are for this computer's own command line")
    known = frozenset({"request_id", "amount", "content_hash", "description", "author", "expected_total", "account"})
    body = Body.read(raw, known=known)
    return ImportBalance(
        request_id=_request_id(body),
        amount=body.amount("amount"),
        content_hash=body.text("content_hash"),
        description=body.text("description"),
        author=check_author(body.text("author")),
        expected_total=body.optional_amount("expected_total"),
        account=_account(body),
    )


def stop_auto_trading(raw: bytes) -> StopAutoTrading:
    """Return the end of a strategy: `account` at most.

    Raises:
        InvalidInputError: the body is not one of these.
    """
    body = Body.read(raw, known=frozenset({"request_id", "account"}))
    return StopAutoTrading(request_id=_request_id(body), account=_account(body))


def close_all(raw: bytes, *, is_private: bool) -> CloseAll:
    """Return a panic: `reason` ("close all"), `updated_by`, `account`; by the private door `author` as it is.

    Raises:
        InvalidInputError: the body is not one of these.
    """
    body = Body.read(raw, known=_panic_fields(is_private=is_private))
    reason = body.text("reason", "close all")
    return CloseAll(request_id=_request_id(body), reason=reason, author=_author(body), account=_account(body))


def clear_close_only(raw: bytes, *, is_private: bool) -> ClearCloseOnly:
    """Return the way back: `reason` is required; the rest as of `close_all`.

    Raises:
        InvalidInputError: the body is not one of these.
    """
    body = Body.read(raw, known=_panic_fields(is_private=is_private))
    reason = body.text("reason")
    return ClearCloseOnly(request_id=_request_id(body), reason=reason, author=_author(body), account=_account(body))


def _panic_fields(*, is_private: bool) -> frozenset[str]:
    known = frozenset({"reason", "updated_by", "request_id", "account"})
    return known | {"author"} if is_private else known


def _author(body: Body) -> str:
    if "author" in body.values:
        return check_author(body.text("author"))
    return f"api:{body.text('updated_by', 'unknown')}"


def check_author(author: str) -> str:
    """Return who a person says to be.

    Raises:
        InvalidInputError: it is the name under which the program itself books.
    """
    if author.strip().casefold() == _OURSELVES:
        raise InvalidInputError(f"{_OURSELVES!r} is how the program itself signs; name another author")
    return author


def start_auto_trading(raw: bytes) -> StartAutoTrading:
    """Return the start of a strategy: `strategy`, `symbol`, `timeframe` (1m) and `parameters` by name.

    Raises:
        InvalidInputError: the body is not one of these.
    """
    body = Body.read(raw, known=_START_FIELDS)
    parameters = body.values.get("parameters", {})
    if not isinstance(parameters, dict) or not all(isinstance(value, str) for value in parameters.values()):
        raise InvalidInputError("parameters must be an object of numbers by name")
    timeframe = body.text("timeframe", Timeframe.M1.value)
    if timeframe not in {each.value for each in Timeframe}:
        raise InvalidInputError(f"timeframe must be one of {', '.join(Timeframe)}, not {timeframe!r}")
    return StartAutoTrading(
        request_id=_request_id(body),
        strategy=body.text("strategy"),
        symbol=parse_symbol(body.text("symbol")),
        timeframe=Timeframe(timeframe),
        parameters=tuple((name, str(value)) for name, value in parameters.items()),
        account=_account(body),
    )


def execute_signal(raw: bytes) -> ExecuteSignal:
    """Return a signal: `symbol` and `side`; what else senders of signals add (confidence, price) decides nothing here.

    Raises:
        InvalidInputError: the body is not one of these.
    """
    body = Body.read(raw, known=None)
    side = body.text("side").lower()
    if side not in _SIDES:
        raise InvalidInputError(f"side must be buy or sell, not {side!r}")
    return ExecuteSignal(
        request_id=_request_id(body),
        symbol=parse_symbol(body.text("symbol")),
        side=_SIDES[side],
        account=_account(body),
    )


def _account(body: Body) -> str:
    return body.text("account", "")


def _request_id(body: Body) -> str:
    if isinstance(body.values.get("request_id"), NumberText):
        raise InvalidInputError("request_id must be a text")
    return body.text("request_id", str(uuid4()))
