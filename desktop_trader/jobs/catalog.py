"""Which function does which job. Each is imported when it is first asked for: jobs are rare and heavy."""

from collections.abc import Callable, Mapping
from typing import Any

from desktop_trader.jobs.context import JobFunction

JOBS: Mapping[type, Callable[[], JobFunction[Any]]] = {}
"""From the type of a job's value to what returns its function."""
