# What people need: make demo, make test, make bench. Everything else is a part of these.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo test test-long lint types bench reference lock wheel browser clean

help:
	@echo "make demo       install into .venv and run the main job on built-in data"
	@echo "make test       install what development needs, then lint, types, layers, tests"
	@echo "make test-long  the long programmes: 30,000 mutants and the like"
	@echo "make bench      measure speed and memory; writes benchmarks/results.json"
	@echo "make reference  write docs/cli.md and docs/api again, after flags or docstrings changed"
	@echo "make wheel      build the wheel and try it in a fresh environment"
	@echo "make lock       write .ci/requirements.lock again, after dependencies changed"
	@echo "make clean      remove .venv and everything that was built"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# With LOCK=.ci/requirements.lock (as .ci/run does) everything but PyTorch is checked by hash.
$(VENV)/.installed-dev: pyproject.toml $(LOCK) | $(BIN)/python
ifdef LOCK
	$(BIN)/python -m pip install --quiet --no-deps --only-binary :all: --require-hashes -r $(LOCK)
endif
	$(BIN)/python -m pip install --quiet $(if $(LOCK),--no-build-isolation) --editable '.[dev]'
	@touch $@ $(VENV)/.installed

demo: $(VENV)/.installed
	$(BIN)/foveal demo

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

browser: $(VENV)/.installed-dev
	@sh tests/install_browser.sh $(BIN)

# The tests run after lint and types, so that the last line printed is pytest's.
test: lint types browser
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n 2 -m "not long"

test-long: $(VENV)/.installed-dev browser
	$(BIN)/pytest -q -m long

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

reference: $(VENV)/.installed-dev
	$(BIN)/python docs/generator

# Writes .ci/requirements.lock again: after a change of dependencies, or for newer versions.
lock: | $(BIN)/python
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python .ci/lock.py

wheel: $(VENV)/.installed-dev
	$(BIN)/python -m build --outdir dist .
	$(BIN)/pytest -q tests/test_wheel.py -m "long"

clean:
	rm -rf $(VENV) build dist foveal-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
