# Two commands: `make demo` sets everything up and plans a shipped scenario, `make test` sets everything up and runs the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-office lint fuzz load sbom audit bench docs words scenarios lock wheel-check clean

demo: $(VENV)/ready
	$(BIN)/python solve.py scenarios/organisation.xlsx -o organisation.result.xlsx

test: $(VENV)/ready-dev
	$(BIN)/python -m pytest -n 2

test-office: $(VENV)/ready-dev
	$(BIN)/python -m pytest -m libreoffice

lint: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# An hour; make fuzz FUZZ_SECONDS=600 for less. The corpus stays in build/fuzz; a finding beside it belongs in tests/fuzz/findings.
FUZZ_SECONDS ?= 3600
fuzz: $(VENV)/ready-fuzz
	$(BIN)/python tests/fuzz/fuzz_reader.py -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1

load: $(VENV)/ready-dev
	$(BIN)/python tests/bench/bench_load.py

# The bill of materials of what is installed to run the program (CycloneDX), from the lock file; its tool stays out of the program's environment.
sbom: requirements.lock requirements-sbom.lock
	$(PYTHON) -m venv build/sbom
	build/sbom/bin/python -m pip install -q --require-hashes -r requirements-sbom.lock
	build/sbom/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o build/inferplan.cdx.json
	$(PYTHON) tests/supply/bill_of_materials.py build/inferplan.cdx.json

# Offline, against OSV's advisories where OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY names osv-scanner's folder of them; says so where there are none.
audit: $(VENV)/ready-dev
	$(BIN)/python tests/supply/audit_dependencies.py

bench: $(VENV)/ready-dev
	$(BIN)/python tests/bench/bench_demo.py
	$(BIN)/python tests/bench/bench_milp.py
	$(BIN)/python tests/bench/bench_melange.py
	$(BIN)/python tests/bench/bench_batch.py

docs: $(VENV)/ready-dev
	$(BIN)/python -m docs.manual
	$(BIN)/mkdocs build --strict --quiet

# The texts that the program says, collected into data/languages/*.po and compiled.
words: $(VENV)/ready-dev
	$(BIN)/python -m data.languages.update

scenarios: $(VENV)/ready
	$(BIN)/python scenarios/build.py

lock: $(VENV)/ready-dev
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header -q --group dev -o requirements-dev.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header -q --group fuzz -o requirements-fuzz.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-header -q --group sbom -o requirements-sbom.lock

$(VENV)/ready: requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	touch $@

$(VENV)/ready-dev: requirements-dev.lock $(VENV)/ready
	$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.lock
	touch $@

$(VENV)/ready-fuzz: requirements-fuzz.lock $(VENV)/ready-dev
	$(BIN)/python -m pip install -q --require-hashes -r requirements-fuzz.lock
	touch $@

wheel-check: $(VENV)/ready
	$(PYTHON) -m venv build/wheel
	build/wheel/bin/python -m pip install -q .
	build/wheel/bin/inferplan --version

clean:
	rm -rf $(VENV) build dist
