PY := .venv/bin/python
UV := UV_PYTHON_DOWNLOADS=never .venv/bin/uv
COMPILE := pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11

.PHONY: setup setup-dev run test test-fast test-slow lint lock format

setup: .venv/.ready

setup-dev: .venv/.ready-dev

.venv/bin/uv:
	python3 -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check uv

.venv/.ready: .venv/bin/uv requirements.lock pyproject.toml
	$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(PY) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.lock
	$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements-dev.lock
	@touch $@

run: setup
	.venv/bin/chapar migrate
	.venv/bin/chapar run

lint: setup-dev
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/deptry .

test-fast: setup-dev
	$(PY) -m pytest -n 2 -q -m "not benchmark and not slow and not browser"

test: lint
	$(PY) -m pytest -n 2 --cov --cov-report=term:skip-covered --cov-fail-under=90

test-slow: setup-dev
	$(PY) -m pytest -n 2 -m slow

format: setup-dev
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lock: .venv/bin/uv
	$(UV) $(COMPILE) pyproject.toml docs/build-tools.in -o requirements.lock
	$(UV) $(COMPILE) --extra dev pyproject.toml docs/build-tools.in -c requirements.lock -o requirements-dev.lock
