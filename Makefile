.PHONY: score mutants absurd faults verifier bench help setup setup-test demo test lint serve schemas lock clean

help:            ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 14

setup:           ## the programs, in .venv/bin/
	@.ci/setup

setup-test:      ## the same, and the test tools
	@.ci/setup test

demo: setup      ## the main job on a district that behaves, and misbehaves; then serves it
	@.venv/bin/wasteledger demo

serve: setup     ## the service on its database
	@.venv/bin/wasteledger serve

test: setup setup-test lint   ## every check and every test
	.venv/bin/pytest

lint: setup-test ## formatting, style, types, import direction
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

schemas: setup-test  ## writes schemas/json again after a change of an event
	.venv/bin/python -m schemas.generate

lock: setup-test ## pins the newest versions that pyproject.toml admits
	.venv/bin/uv pip compile pyproject.toml --extra setup --upgrade --generate-hashes --universal --python-version 3.11 --no-annotate --no-header -q -o requirements.txt
	.venv/bin/uv pip compile pyproject.toml --extra setup --extra test -c requirements.txt --upgrade --generate-hashes --universal --python-version 3.11 --no-annotate --no-header -q -o requirements-test.txt

mutants: setup-test ## breaks the product on purpose, one way at a time, and reports whether a test notices (some hours)
	.venv/bin/python -m tests.mutants

score: setup      ## every scenario with five seeds over 90 days, one line of figures each (about an hour)
	@.venv/bin/wasteledger simulate scores

absurd: setup-test ## authentic but absurd logs, told to fold and books, many more than CI has time for (about half an hour)
	WASTELEDGER_ABSURD_LOGS=4000 .venv/bin/pytest tests/store/test_absurd_logs.py

faults: setup-test ## many more power cuts and simulated worlds than CI has time for (about half an hour)
	WASTELEDGER_FAULT_IMAGES=10000 WASTELEDGER_FAULT_SEEDS=1000 .venv/bin/pytest tests/faults

verifier: setup  ## the offline verifier as one file, dist/wasteledger-verify.pyz
	.venv/bin/python -m wasteledger.audit.verify.build dist/wasteledger-verify.pyz

bench: setup     ## how fast the ledger is, beside the raw limit of this disk
	@.venv/bin/wasteledger bench ledger

clean:           ## removes what setup and demo made
	rm -rf .venv demo dist *.egg-info
