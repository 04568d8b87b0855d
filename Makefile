# The two commands: "make run" opens the dashboard on a running cloud, "make test" runs every test.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup run test bench lint format lock clean

help: ## Say what can be made
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 14

setup: ## Install what is missing and make .venv/ with .venv/bin/slshell
	@scripts/setup.sh

run: ## Set up, build the bundled appliance once, start the cloud and open the dashboard
	@scripts/setup.sh
	@.venv/bin/python -m slshell.backend.appliances build ttylinux >/dev/null
	@exec .venv/bin/slshell

test: ## Set up and run every test; ARGS="-k name" chooses some
	@scripts/setup.sh --tests
	@.venv/bin/python -m slshell.backend.appliances build ttylinux --into .cache/appliances >/dev/null
	@# Three at a time, for one mostly waits; what fails beside another test is judged by a second run alone.
	@.venv/bin/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS) || { [ $$? -eq 1 ] && \
	  .venv/bin/python -m pytest --last-failed --last-failed-no-failures none $(ARGS); }

bench: ## Set up and run every benchmark; ARGS="boot row" chooses some
	@scripts/setup.sh
	@for name in $(or $(ARGS),boot cli changes many repl row screen volumes search launch emulator flood); do .venv/bin/python -m benchmarks.$$name || exit; echo; done

lint: ## Check style, types and the borders between the folders
	@scripts/setup.sh
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports

format: ## Put the code into the project's format
	@scripts/setup.sh
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

lock: ## Write requirements.lock anew; ARGS=--upgrade takes the newest versions
	@scripts/lock.sh $(ARGS)

clean: ## Remove everything that the other commands made in this folder
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
