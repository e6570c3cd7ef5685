# Everything a newcomer types. Each target sets itself up: an environment in .venv, and the system libraries that letters need.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup demo test check fuzz lock up down status clean

PYTHON ?= python3
# Two processes, each with servers of its own; a file of tests stays in one of them.
PYTEST_ARGS ?= --numprocesses 2 --dist loadfile
BIN := .venv/bin
PARSER ?= cda
SECONDS ?= 600
STAMP := .venv/installed

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## Make the environment, install what letters need
	@.ci/system_libraries $(BIN)/python

$(STAMP): requirements.lock pyproject.toml .ci/environment
	@.ci/environment "$(PYTHON)"
	@touch $@

demo: setup ## Show the whole campaign on an invented population
	@$(BIN)/espace-sante demo

test: check ## Run the static checks, then the tests
	@.ci/system_readers || echo "espace-sante: the tests that ask qpdf and Ghostscript are skipped"
	@.ci/system_postfix || echo "espace-sante: the tests that ask Postfix are skipped"
	@.ci/system_scanner || echo "espace-sante: the tests that ask a virus scanner are skipped"
	@.ci/system_browser || echo "espace-sante: the tests that ask a browser are skipped"
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: setup ## Run the static checks only
	@echo "ruff: rules"; $(BIN)/ruff check --quiet --output-format concise .
	@echo "ruff: format"; $(BIN)/ruff format --quiet --check .
	@echo "mypy: types"; $(BIN)/mypy
	@echo "import-linter: layers"; $(BIN)/lint-imports --no-cache > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }
	@echo "sqlfluff: statements"; $(BIN)/sqlfluff lint --disable-progress-bar --nocolor --nofail sql > .venv/sqlfluff.log; \
	if grep -q FAIL .venv/sqlfluff.log; then cat .venv/sqlfluff.log; exit 1; fi

fuzz: setup ## Mutate documents for a parser: make fuzz PARSER=cda SECONDS=600
	@$(BIN)/python -m tests.fuzzing $(PARSER) -max_total_time=$(SECONDS)

lock: ## Compile requirements.lock from pyproject.toml, with the newest versions it allows
	@.ci/lock "$(PYTHON)"

up: setup ## Start the embedded servers
	@$(BIN)/espace-sante up

down: setup ## Stop the embedded servers; the data stay
	@$(BIN)/espace-sante down

status: setup ## Show what runs
	@$(BIN)/espace-sante status

clean: ## Stop the servers; remove the environment and caches (the data in var stay)
	@if [ -x $(BIN)/espace-sante ] && [ -e var/platform.json ]; then $(BIN)/espace-sante down; fi
	@rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
