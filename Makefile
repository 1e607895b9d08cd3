# `make demo` and `make test` set everything up by themselves; they need Python 3.11, make and the package registries.
PYTHON ?= python3.11
BIN := .venv/bin
INSTALLED := .venv/.installed
COMPILE := $(BIN)/uv pip compile pyproject.toml --python-version 3.11 --no-emit-index-url --no-header --no-annotate --quiet

.PHONY: help setup demo test test-docker check format schemas lock clean
.DEFAULT_GOAL := help

help:  ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(INSTALLED)  ## create .venv with the pinned dependencies

$(INSTALLED): requirements.lock pyproject.toml
	@echo "setting up .venv (first time: some minutes, torch is large)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: setup  ## stream sample posts through a real worker and show the flags
	@$(BIN)/jikimi demo

test: setup  ## run all tests on a real Kafka and a real Redis, but for the image's
	@$(BIN)/pytest -m "not docker"

test-docker: setup  ## build the image and run the whole stack in containers (the first time some GB, then minutes)
	@docker build --quiet --tag jikimi:local . && $(BIN)/pytest tests/docker

check: setup  ## formatting, lint, types, import rules, generated files
	@failed=0; for step in \
	  "$(BIN)/ruff format --check --quiet ." \
	  "$(BIN)/ruff check --quiet ." \
	  "$(BIN)/mypy" \
	  "$(BIN)/lint-imports" \
	  "$(BIN)/python -m contracts.schema --check" \
	; do $$step && echo "ok      $$step" || { echo "FAILED  $$step"; failed=$$((failed + 1)); }; done; \
	echo "$$failed checks failed"; test $$failed -eq 0

format: setup  ## mend what ruff can mend
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

schemas: setup  ## write the JSON Schemas and the AsyncAPI document anew
	@$(BIN)/python -m contracts.schema

lock: setup  ## resolve the dependencies anew, for work and, without what only developers need, for the image
	@$(COMPILE) --extra dev --output-file requirements.lock --upgrade
	@$(COMPILE) --constraint requirements.lock --output-file requirements-run.lock --upgrade

clean:  ## remove what was installed and cached
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
