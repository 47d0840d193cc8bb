# The entry point for everything: every target makes the virtual environment that it needs.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# The tests of a file run in one process, because they share servers.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile
# These wait for servers and downloads more than they compute.
WAITING  := --numprocesses 4 --dist loadfile
PYTEST   := $(BIN)/python -m pytest
# A network of its own, without even a loopback interface, proves that the unit tests use none. Only
# root may make one, and only on Linux.
ALONE    := $(shell unshare --net true 2>/dev/null && echo unshare --net)
# Installs the same packages as pip in a third of the time. It does not read pip's configuration, so
# where that names the only index, pip does it. Nothing compiles later: see PYTHONDONTWRITEBYTECODE.
UV         = $(shell grep '^uv==' requirements-dev.txt)
UV_INSTALL = $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python
PACKAGES := qldb-simulator pulumi-aws-standin
# Runs a command of the virtual environment in the folder of each package.
in_packages = for package in $(PACKAGES); do (cd packages/$$package && $(2) ../../$(BIN)/$(1)) || exit 1; done
export PYTHONDONTWRITEBYTECODE = 1

.DEFAULT_GOAL := help
.PHONY: help demo test check unit integration function dynamodb reliability e2e e2e-deployed test-versions chaos coverage bench lint format lock settings picture venv clean

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: venv ## Deploy to a local AWS, commit to a ledger, compare the ledger with DynamoDB
	@$(BIN)/python -m local demo

# mypy has one process: the unit tests take the other cores meanwhile. The rest share servers and ports.
test: venv ## All checks that a change must pass
	$(MAKE) --jobs=2 lint coverage
	$(MAKE) integration reliability e2e test-versions

check: lint unit ## The checks to run before each commit

unit: venv ## Tests without network, child process or emulator
	$(ALONE) $(PYTEST) $(PARALLEL) tests/unit
	$(call in_packages,python -m pytest $(PARALLEL) tests/unit,$(ALONE))

integration: venv ## Tests against real neighbours: pip, DynamoDB Local, the emulator
	$(PYTEST) $(WAITING) tests/integration
	$(call in_packages,python -m pytest $(WAITING) tests/integration)

function: venv ## The unit tests of what runs in Lambda
	$(ALONE) $(PYTEST) $(PARALLEL) tests/unit/handler tests/unit/journal

dynamodb: venv ## The function's code against DynamoDB Local
	$(PYTEST) $(WAITING) tests/integration/handler

reliability: venv ## 300 random schedules of faults
	$(PYTEST) $(PARALLEL) tests/reliability

e2e: venv ## Both stacks with the real Pulumi engine on the local AWS
	$(PYTEST) $(WAITING) tests/e2e

e2e-deployed: venv ## Test a deployed stack, here or on AWS: make e2e-deployed OUTPUTS=outputs.json
	@test -n "$(OUTPUTS)" || { echo "pulumi stack output --json > outputs.json; make e2e-deployed OUTPUTS=outputs.json"; exit 2; }
	@$(BIN)/python -m local e2e-deployed --outputs "$(OUTPUTS)" $(if $(WAIT),--wait "$(WAIT)")

test-versions: venv ## The same on the function's default Python, and what runs in Lambda on every other that is found
	@$(BIN)/python -m tests.versions

chaos: venv ## 10,000 random schedules of faults, with a count of each fault
	$(BIN)/python -m tests.reliability.chaos

coverage: venv ## The unit tests, with a floor for the lines and branches that they run
	@$(BIN)/python -m coverage erase
	$(ALONE) $(BIN)/python -m coverage run -m pytest $(PARALLEL) tests/unit
	@$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report
	$(call in_packages,python -m pytest $(PARALLEL) tests/unit,$(ALONE))

bench: venv ## Measure speed, cost and lag against a baseline
	$(BIN)/python -m bench

lint: venv ## Check format, rules and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(call in_packages,mypy)

format: venv ## Format the code and apply automatic fixes
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: venv ## Write handler/requirements.txt with hashes, from handler/requirements.in
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: --generate-hashes \
		--custom-compile-command "make lock" --output-file handler/requirements.txt handler/requirements.in

settings: venv ## Write the table of docs/settings.md from Pulumi.yaml
	$(BIN)/python -m infra.settings_page

picture: ## Draw docs/picture.svg (needs Graphviz)
	dot -Tsvg docs/picture.dot -o docs/picture.svg

venv: $(VENV)/installed ## Create the virtual environment with all packages

$(VENV)/installed: requirements.txt requirements-dev.txt handler/requirements.in $(wildcard packages/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python 3.11, 3.12 or 3.13 is needed (amazon.ion has no other wheels with its C extension), this is {v[0]}.{v[1]}: make PYTHON=python3.13 ...")'
	@echo "Installing into $(VENV) (about a minute the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	@$(UV_INSTALL) -r requirements-dev.txt || $(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

clean: ## Stop the local AWS and remove everything that the targets made
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m local down; fi
	rm -rf $(VENV) .venv-* .local .coverage* bench/results
	find . \( -name .mypy_cache -o -name .ruff_cache -o -name .pytest_cache -o -name .hypothesis -o -name __pycache__ \) -prune -exec rm -rf {} +
