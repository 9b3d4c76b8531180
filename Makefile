# The daily commands. Paths are relative throughout: make cannot handle a checkout whose path has a space otherwise.
.DEFAULT_GOAL := help
.PHONY: help install demo test unit lint up down status deploy-local destroy-local package bench soak test-glue-image test-next-glue test-airflow lock clean
SHELL := /bin/sh
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
# Processes that tests run in: each with its engines holds up to 4 GB and keeps more than one core busy.
WORKERS ?= $(shell test "$$(nproc)" -gt 3 && echo 3 || echo 2)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-17s %s\n' "$$name" "$$text"; done

install: ## install everything into .venv and .local (the other targets do it when it is needed)
	@sh harness/install/run.sh install

demo: install ## start the engines, load the sources, run three daily batches, show the result
	@./etl demo

test: install lint ## every check and every test in its short form; what CI runs
	@$(PYTEST) -n $(WORKERS) --dist loadfile --no-loadscope-reorder tests

unit: install ## the everyday loop: unit tests only, on the driver that `make up` keeps if it runs
	@ETL_TEST_MODES=ansi_off ETL_TEST_DRIVER=kept $(PYTEST) -n $(WORKERS) --dist loadfile -q tests/unit

lint: install ## style and types
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy

up: install ## start the engines and leave them running
	@./etl up

down: install ## stop the engines
	@./etl down

status: install ## show the engines
	@./etl status

deploy-local: install ## apply terraform/environments/local to the local endpoint (needs terraform)
	@./etl deploy

destroy-local: install ## delete all that deploy-local made
	@./etl deploy --destroy

package: install ## make dist/: what is uploaded to Glue
	@$(PYTHON) -P -m package

bench: install ## measure every stage at scale 0.1 and 1
	@./etl bench

soak: install ## the long form of the tests: chaos, kills, concurrency
	@$(PYTEST) -m soak tests

test-glue-image: install ## the unit tests and the runtime's golden cases in AWS's Glue image (needs Docker; not verified here)
	@$(PYTHON) -P -m package.glue_image

test-next-glue: install ## the runtime's tests on Spark 4.1 with Python 3.13, where such a Python is
	@$(PYTHON) -P -m package.glue6

test-airflow: install ## the DAG's test in Airflow, in an environment of its own
	@$(PYTHON) -P -m package.airflow_lane

lock: install ## pin requirements/local.in anew, with hashes
	@cd requirements && ../$(PYTHON) -m piptools compile --quiet --allow-unsafe --generate-hashes --no-emit-find-links --no-emit-index-url \
		--no-emit-options --no-emit-trusted-host --strip-extras --output-file=local.txt local.in

clean: ## stop the engines and delete everything that was made
	@sh harness/install/run.sh install.clean
