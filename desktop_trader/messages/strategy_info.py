"""What a strategy can be told: its typed parameters, for forms, the command line and validation."""

from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.money import canonical, parse_decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterInfo:
    """One parameter: a number with its default and limits (inclusive). `is_integer` refuses fractions."""

    name: str
    title: str
    default: Decimal
    minimum: Decimal
    maximum: Decimal
    is_integer: bool
    help: str

    def parse(self, text: str) -> Decimal:
        """Return the value of a typed parameter.

        Raises:
            InvalidInputError: not a number, a fraction where none may be, or outside the limits.
        """
        value = parse_decimal(text, what=f"parameter {self.name}")
        if self.is_integer and value != value.to_integral_value():
            raise InvalidInputError(f"parameter {self.name} must be a whole number, not {text}")
        if not self.minimum <= value <= self.maximum:
            raise InvalidInputError(
                f"parameter {self.name} must be between {canonical(self.minimum)} and "
                f"{canonical(self.maximum)}, not {text}"
            )
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyInfo:
    """One strategy of the catalogue."""

    name: str
    title: str
    description: str
    parameters: tuple[ParameterInfo, ...]

    def parse(self, typed: tuple[tuple[str, str], ...]) -> dict[str, Decimal]:
        """Return every parameter's value: what was typed, defaults for the rest.

        Raises:
            InvalidInputError: an unknown name or a bad value; the message lists what there is.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        values = {name: parameter.default for name, parameter in known.items()}
        for name, text in typed:
            if name not in known:
                raise InvalidInputError(f"{self.name} has no parameter {name!r}; it has {', '.join(known)}")
            values[name] = known[name].parse(text)
        return values
