# make demo        the whole road on one example, from a simulated field to the equation
# make test        ruff, mypy, and all tests: laws, doctests, README blocks, notebooks
# make bench       tables of success and time, both sides measured in the same run
# make notebooks   notebooks/*.ipynb from the percent-scripts beside them

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
METADATA := setup.cfg pyproject.toml

.PHONY: demo test bench notebooks clean

demo: $(VENV)/.installed
	$(BIN)/python -m systems demo

test: $(VENV)/.installed-test
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy symeq systems
	$(BIN)/python -m pytest -q --numprocesses auto --dist loadfile

bench: $(VENV)/.installed
	$(BIN)/python -m tests.performance.bench

notebooks: $(VENV)/.installed-test
	$(BIN)/python -m jupytext --quiet --to ipynb notebooks/*.py

# The stamps are written last, so an interrupted installation is begun again. The package is
# installed as a link to this folder: the command `symeq` always runs the sources next to it.
$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "symeq needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." \
	           "Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created $(METADATA)
	$(INSTALL) --editable '.[plot,files]'
	@touch $@

$(VENV)/.installed-test: $(VENV)/.created $(METADATA)
	$(INSTALL) --editable '.[test]'
	@touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) build symeq.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
