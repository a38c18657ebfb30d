# Everything that is done with the service desk, one word each. Needs Python 3.11 or newer and make, nothing else.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
PY := $(VENV)/bin/python
# Wheels only, each with the hash of the lock file: nothing is compiled here and nothing unexpected gets in.
STRICT := --quiet --require-hashes --only-binary :all:

.DEFAULT_GOAL := help
.PHONY: help run dev test check format bench lock clean

help:
	@echo "make run     start the service desk on http://127.0.0.1:8000 (PORT=… for another port)"
	@echo "make test    run every test, on each database that can be reached"
	@echo "make check   format, lint, types, import contracts, migrations, API schema, templates"
	@echo "make format  bring the code into the house format"
	@echo "make bench   measure speed and memory"
	@echo "make lock    renew the lock files from requirements*.in (needs uv)"
	@echo "make clean   remove the environment and caches; the data under var/ stays"

run: $(VENV)/.run
	@exec $(PY) manage.py up

dev: $(VENV)/.dev

test: $(VENV)/.dev
	@$(PY) tests/run.py $(ARGS)

check: $(VENV)/.dev
	@$(PY) tests/check.py $(ARGS)

format: $(VENV)/.dev
	@$(PY) -m ruff format
	@$(PY) -m ruff check --fix

bench: $(VENV)/.dev
	@$(PY) -m bench $(ARGS)

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --no-annotate \
		$(ARGS) requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header --no-annotate \
		$(ARGS) requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage* htmlcov

# uv where it is there, because it takes seconds; pip where it is not, or where uv cannot reach what pip can.
define install
	@if command -v uv >/dev/null 2>&1 && uv pip install --python $(PY) $(STRICT) -r $(1); then :; \
	else $(PY) -m pip install --disable-pip-version-check $(STRICT) -r $(1); fi
endef

$(PY):
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found." >&2; exit 1; }
	@echo "Making a private environment in $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); command -v uv >/dev/null 2>&1 && uv venv --quiet --seed $(VENV); } || { \
		echo "Python's venv module does not work here; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.run: requirements.txt | $(PY)
	@echo "Installing what the service desk needs (once, about a minute) …"
	$(call install,requirements.txt)
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(PY)
	@echo "Installing what tests and checks need (once, about a minute) …"
	$(call install,requirements-dev.txt)
	@touch $@ $(VENV)/.run
