"""Outages that only a network of its own can show: packets that vanish, half-open connections, lost names."""

import json
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from tests.command_line import ROOT, environment
from tests.exchange import namespaces

SCENARIOS = ("blackhole", "half-open", "names")
_PATIENCE = 100


@pytest.mark.campaign
@pytest.mark.requirement("R199", "R202")
def test_vanishing_packets_half_open_connections_and_lost_names_pause_and_nothing_trades_in_them(
    tmp_path: Path,
) -> None:
    reason = namespaces.why_not()
    if reason:
        pytest.skip(reason)
    started = {}
    for scenario in SCENARIOS:
        folder = tmp_path / scenario
        folder.mkdir()
        command = namespaces.inside("tests.exchange.namespace_scenarios", scenario, str(folder))
        started[scenario] = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    told = {name: process.communicate(timeout=_PATIENCE) for name, process in started.items()}
    for name, (out, err) in told.items():
        assert started[name].returncode == 0, (name, err)
        seen = json.loads(out.splitlines()[-1])
        # Names are remembered for a while: as long as connections can be made, nothing is lost.
        assert seen["found_after"] < (5 if name != "names" else 15), (name, seen)
        assert seen["reasons"] == ["internet"], (name, seen)
        assert (seen["held_in_the_outage"], seen["traded_while_closed"]) == (1, 0), (name, seen)
        assert seen["stable_after"] >= 5, (name, seen)
        assert Decimal(57900) < Decimal(seen["closed_at"]) < Decimal(58000), (name, seen)
