# make run and make test do everything on a machine that has only Python 3.11 or newer, make and git.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test check unit package campaign bench requirements clean

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
READY := $(VENV)/.ready
NEWEST_FIRST := python3 python3.13 python3.12 python3.11 python
PYTHON ?= $(shell for p in $(NEWEST_FIRST); do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)

OPENS_A_DISPLAY := 'from PySide6.QtGui import QGuiApplication; QGuiApplication([])'

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUTF8 := 1

help:  ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 20

# The stamp is older than what it depends on exactly when the environment has to be made anew.
$(READY): pyproject.toml constraints.txt .ci/system-packages
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed and was not found." >&2; exit 1; fi
	@.ci/system-packages before "$(PYTHON)"
	@if [ ! -x $(PY) ]; then echo "Creating $(VENV)"; "$(PYTHON)" -m venv $(VENV); fi
	@echo "Installing packages into $(VENV)"
	@$(PY) -m pip install -q -c constraints.txt -e '.[dev]'
	@.ci/system-packages after $(PY)
	@touch $(READY)

run: $(READY)  ## set everything up and open the window on the built-in simulated market (headless without a display)
	@if { [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ] || [ "$$(uname -s)" = Darwin ]; } && $(PY) -c $(OPENS_A_DISPLAY) 2>/dev/null; then \
		exec $(PY) -m desktop_trader gui $(ARGS); \
	else \
		echo "No display here: running the engine without its window. Ctrl+C ends it; nothing is lost."; \
		exec $(PY) -m desktop_trader run --market simulated --strategy moving_average_cross --symbol BTC/USDT --timeframe 1m $(ARGS); \
	fi

test: check  ## set everything up and run every check: exactly what CI runs
	@$(BIN)/pytest tests

check: $(READY)  ## format, lint, types, import contracts: seconds
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

unit: $(READY)  ## the fast inner loop, no Qt
	@$(BIN)/pytest -p no:pytest-qt -n auto tests/unit -m "not slow and not campaign"

package: $(READY)  ## frozen build and archive, then the packaging tests (not part of make test)
	@$(BIN)/pyinstaller --noconfirm --clean --log-level WARN build.spec
	@if [ "$$(uname -s)" = Linux ]; then resources/installer/make-archives.sh; fi
	@$(BIN)/pytest tests/packaging --timeout 600

campaign: $(READY)  ## the long runs: kills, power cuts, fuzzing, simulation
	@$(BIN)/pytest tests -m campaign --timeout 0

bench: $(READY)  ## the benchmarks
	@$(BIN)/pytest tests/benchmarks --timeout 0

requirements: $(READY)  ## rows of the requirements and the tests that show them, into tests/requirements.md
	@$(PY) -m tests.requirements_table

clean:  ## remove everything that can be made again
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
