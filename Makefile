# Two commands: `make run` (the chat page over seeds/) and `make test` (every check and test).
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= python3
INSTALLED := $(VENV)/.installed
DEV := $(VENV)/.installed-dev

.PHONY: help run test check format evaluate lint clean

help:            ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

run: $(INSTALLED)  ## index seeds/ and open the chat page on 127.0.0.1:7860
	@$(BIN)/assistant index seeds
	@$(BIN)/python app.py

test: check      ## lint, types, floors and all tests

check: lint
	$(BIN)/pytest

lint: $(DEV)     ## lint, types and floors only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV)   ## mend formatting and what lint can mend
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

evaluate: $(INSTALLED)  ## answer tests/gold/*.jsonl and write the report
	@$(BIN)/assistant index seeds
	@$(BIN)/assistant evaluate tests/gold/*.jsonl --report report

clean:           ## remove the environment and the built index
	rm -rf $(VENV) index/current index/lock index/generations report

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(INSTALLED): pyproject.toml | $(VENV)/bin/pip
	@echo "Installing (the first time takes some minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# pip 25.1 is the first that reads dependency groups.
$(DEV): $(INSTALLED)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev
	@touch $@
