"""The figures that the first version promises, measured by `chapar bench` on real processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CORPUS = "retail/orders.csv"
pytestmark = [pytest.mark.benchmark, pytest.mark.slow]


def measured(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "core.cli", "bench", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def test_a_movement_reaches_the_inbox_in_a_second_and_a_half() -> None:
    assert measured("movement-to-inbox")["median_s"] <= 1.5


def test_the_real_order_file_is_imported_in_twenty_seconds(corpora: Path) -> None:
    figures = measured("import-orders", "--file", str((corpora / CORPUS).resolve()))
    assert figures["seconds"] <= 20


def test_interface_and_worker_at_rest_hold_at_most_400_megabytes() -> None:
    assert measured("idle-memory")["one_page_mb"] <= 400


def test_the_first_page_stands_two_seconds_after_the_start() -> None:
    assert measured("first-page")["first_page_s"] <= 2
