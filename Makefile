# Everything here needs only Python 3.10 or newer, make, and (the first time) a network to PyPI.
# Another interpreter: make book PYTHON=python3.12
PYTHON ?= python3
TIER ?=
URL ?=

ENV := .venv/bin/python
RUN := PYTHONUNBUFFERED=1 $(ENV)

.PHONY: help env book test lab notebooks repository lock lint clean
.DEFAULT_GOAL := help

help:  ## this list
	@echo "make book        build the book into _build/html (TIER=fast|demo|full re-runs every notebook)"
	@echo "make test        run all tests (ARGS='tests/rules -x' to choose)"
	@echo "make lab         open the notebooks in JupyterLab"
	@echo "make notebooks   refresh the committed outputs of every notebook that is stale (ALL=1: of all)"
	@echo "make lint        ruff and the book's own lints"
	@echo "make lock        resolve requirements.lock again from pyproject.toml"
	@echo "make repository URL=https://github.com/you/your-copy"
	@echo "                 write the repository's address everywhere it stands"
	@echo "make clean       remove what was built (not the environment: rm -r .venv)"
	@echo "Each target makes its own environment in .venv the first time. Another Python: PYTHON=python3.12"

env:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { echo "No '$(PYTHON)' found. Install Python 3.10 or newer, or name one: make PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "'$(PYTHON)' is" `"$(PYTHON)" -V 2>&1`"; this book needs 3.10 or newer. Name one: make PYTHON=python3.12"; exit 1; }
	@"$(PYTHON)" tools/environment.py

book: env
	@$(RUN) -m tools.build_book $(if $(TIER),--tier "$(TIER)")

test: env
	@$(RUN) -m pytest $(ARGS)

lab: env
	@$(RUN) -m jupyter lab --notebook-dir=. notebooks

notebooks: env
	@$(RUN) -m tools.notebooks $(if $(ALL),--all,--stale) $(if $(TIER),--tier "$(TIER)")

repository: env
	@$(RUN) -m tools.repository "$(URL)"

lock: env
	@$(RUN) -m tools.lock

lint: env
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m tools.lint

clean:
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
