# comtrap: `make demo` and `make test` need only Python 3.11+, make and git, and set up the rest in .venv.

.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# The first Python that is new enough; PYTHON=... overrides.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

.PHONY: help demo test slow check bench docs golden clean

help: ## This list.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "comtrap needs Python 3.11 or newer, and none was found; set PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "setting up $(VENV) with $(PYTHON) (once; about a minute)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(BIN)/python -m compileall -q src/comtrap
	@touch $(STAMP)

demo: $(STAMP) ## Scan the recording of attacks that comes with comtrap.
	@$(BIN)/comtrap scan demo/recording
	@$(BIN)/comtrap scan demo/recording --format html --output demo/report.html --quiet
	@echo "the same as a report for a browser: demo/report.html"

test: $(STAMP) ## Run the tests.
	@$(BIN)/python -m pytest -q -m "not slow" -n auto

slow: $(STAMP) ## Run what takes long as well: fuzzing, kills, large inputs.
	@$(BIN)/python -m pytest -q -n auto

check: $(STAMP) ## Static checks: ruff, format, mypy, layers, limits.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_limits.py

bench: $(STAMP) ## Measure speed, as ratios.
	@$(BIN)/python -m bench.process
	@$(BIN)/python -m bench.compile

docs: $(STAMP) ## Make the documentation as a site, in build/site.
	@$(BIN)/mkdocs build --quiet

golden: $(STAMP) ## Rewrite the golden files from what comtrap prints today; read the diff before you commit it.
	@COMTRAP_GOLDEN=1 $(BIN)/python -m pytest -q -m "not slow" -n auto || true
	@git --no-pager diff --stat

clean: ## Remove what these commands made.
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
