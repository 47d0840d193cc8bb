# The only entry point: every target makes the virtual environment it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# A file's tests stay together: they share what is started for them.
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile
PACKAGE_PYTEST := ../../$(PYTEST)
export PYTHONDONTWRITEBYTECODE = 1

.DEFAULT_GOAL := help
.PHONY: help demo test unit integration reliability e2e chaos coverage bench lint format venv clean

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: venv ## Deploy to a local AWS, commit to a ledger, compare the ledger with DynamoDB
	@$(BIN)/python -m local demo

test: lint unit integration reliability e2e ## Everything that decides whether a change lands

unit: venv ## The program under Pulumi's mocks, the handler, the simulated ledger
	$(PYTEST) tests/unit
	cd packages/qldb-simulator && $(PACKAGE_PYTEST) tests/unit
	cd packages/pulumi-aws-standin && $(PACKAGE_PYTEST) tests/unit

integration: venv ## Writes against AWS's DynamoDB Local
	$(PYTEST) tests/integration

reliability: venv ## Schedules of faults, 300 of them
	$(PYTEST) tests/reliability

e2e: venv ## Both stacks with the real Pulumi engine on the local AWS
	$(PYTEST) tests/e2e

chaos: venv ## Schedules of faults, 10,000 of them, with a count of each fault survived
	$(BIN)/python -m tests.reliability.chaos

coverage: venv ## Lines and branches that the unit tests run
	$(BIN)/python -m coverage run -m pytest tests/unit
	$(BIN)/python -m coverage report

bench: venv ## Speed, cost and lag, against one conditional UpdateItem per revision
	$(BIN)/python -m bench

lint: venv ## Format, rules and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	cd packages/qldb-simulator && ../../$(BIN)/mypy
	cd packages/pulumi-aws-standin && ../../$(BIN)/mypy

format: venv ## Rewrite the files in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

venv: $(VENV)/installed ## The virtual environment with everything in it

$(VENV)/installed: requirements.txt requirements-dev.txt handler/requirements.txt $(wildcard packages/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python 3.11, 3.12 or 3.13 is needed (amazon.ion has no other wheels with its C extension), this is {v[0]}.{v[1]}: make PYTHON=python3.13 ...")'
	@echo "Installing into $(VENV) (about a minute the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt -r handler/requirements.txt
	@touch $@

clean: ## Stop the local AWS and remove what the targets made
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local down; fi
	rm -rf $(VENV) .local .mypy_cache .ruff_cache .pytest_cache .hypothesis bench/results
	find . -name __pycache__ -prune -exec rm -rf {} +
