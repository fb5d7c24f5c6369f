# make demo   watch a network learn handwriting, then open its report
# make test   style, types, unit tests, house rules, documentation
# make docs   the documentation site in docs/_build/html

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
SHELL := /bin/sh
# Each room is tested in a process of its own, two at a time: what one loads cannot disturb another.
# The longest begin first, so that both processes end at about the same time.
LONGEST := tests/zoo/ tests/docs/ tests/train/ tests/backbones/ tests/cli/ tests/explain/
ROOMS := $(LONGEST) $(filter-out $(LONGEST) tests/__pycache__/,$(wildcard tests/*/)) $(wildcard tests/test_*.py) src

.PHONY: demo test docs clean

demo: $(READY)
	@$(BIN)/striate demo

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@printf '%s\n' $(ROOMS) | xargs -P 2 -I ROOM sh -c ' \
	    said=$$(OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/pytest -q ROOM $(PYTEST) 2>&1); code=$$?; \
	    printf "%s\n%s\n" ROOM "$$said"; exit $$code'

docs: $(READY)
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

clean:
	rm -rf $(VENV) docs/_build docs/gallery build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The environment is made once, and again when what it is made from has changed.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "striate needs Python 3.11 or newer: make PYTHON=python3.11 ..."; exit 2; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	@echo "Setting up $(VENV) (once; PyTorch is large, this takes some minutes) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)
