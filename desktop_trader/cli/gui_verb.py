"""`gui`, for its help: the window itself is opened before this package is imported (`__main__`)."""

from typing import NoReturn

import click

from desktop_trader.cli import options
from desktop_trader.market_opening import DEFAULT_SEED, DEFAULT_SYMBOL, SIMULATED


@click.command(
    epilog="\b\nExamples:\n  desktop-trader\n  desktop-trader gui --market replay:candles.csv --symbol BTC/USDT "
    "--timeframe 1h\n  desktop-trader gui --market coinex --symbol ETH/USDT\n  desktop-trader gui --selftest"
)
@click.option(
    "--market",
    metavar="MARKET",
    default=SIMULATED,
    show_default=True,
    help="`simulated`, `replay:FILE.csv`, or an exchange such as `coinex`.",
)
@click.option("--symbol", metavar="SYMBOL", default=DEFAULT_SYMBOL, show_default=True, help="What the chart shows.")
@click.option("--timeframe", metavar="TF", default="1m", show_default=True, help="Bars: 1m 5m 15m 30m 1h 4h 1d.")
@click.option("--seed", metavar="N", default=str(DEFAULT_SEED), show_default=True, help="Seed of the simulated market.")
@options.recorded_beside
@options.exchange_url_option
@click.option(
    "--speed", metavar="SPEED", help="Market seconds a second, or `max`.  [default: 1; a bar a second in a replay]"
)
@options.account_option
@click.option("--initial-balance", metavar="AMOUNT", help="What a new account starts with.  [default: ask]")
@click.option("--minimized", is_flag=True, help="Start in the tray, or minimized where there is none.")
@click.option("--selftest", is_flag=True, help="Check this installation in a temporary folder, print JSON and end.")
@options.data_dir_option
def gui(**_options: object) -> NoReturn:
    """Open the window (also without any verb)."""
    raise click.ClickException("the window is opened by `desktop-trader` itself; this should not have happened")
