"""The supervisor with real processes: it restarts, it stops cleanly, it leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.cli import supervisor

PATIENCE_S = 20.0
WORDS = {"restarting": "started again", "gave_up": "gave up", "killed": "killed"}
STEADY = """
import os, pathlib, signal, sys, time
def stop(*_):
    time.sleep(0.3)  # the task in hand
    pathlib.Path(sys.argv[1], f"{os.getpid()}.finished").touch()
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
pathlib.Path(sys.argv[1], f"{os.getpid()}.started").touch()
while True:
    time.sleep(1)
"""
STUBBORN = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1], f"{os.getpid()}.started").touch()
while True:
    time.sleep(1)
"""
PARENT = """
import os, pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path(sys.argv[1], f"{child.pid}.grandchild").touch()
pathlib.Path(sys.argv[1], f"{os.getpid()}.started").touch()
child.wait()
"""
CRASHING = "raise SystemExit(3)"
HURRIED = """
import sys
from core.cli import supervisor
supervisor.delay_after = lambda count: 0.01
supervisor.STOP_PATIENCE_S = 1.0
sys.exit(supervisor.main(sys.argv[1]))
"""


class Run:
    """A supervisor under test with the marks its children leave in a folder."""

    def __init__(self, folder: Path, *scripts: str, hurried: bool = False) -> None:
        self.folder = folder
        children = [
            {"name": str(n), "command": [sys.executable, "-c", script, str(folder)], "words": WORDS}
            for n, script in enumerate(scripts)
        ]
        entry = ["-c", HURRIED] if hurried else ["-m", "core.cli.supervisor"]
        self.process = subprocess.Popen(
            [sys.executable, *entry, json.dumps(children)], stderr=subprocess.PIPE, text=True
        )

    def marks(self, kind: str) -> set[int]:
        return {int(path.stem) for path in self.folder.glob(f"*.{kind}")}

    def wait_for(self, kind: str, count: int) -> set[int]:
        until(lambda: len(self.marks(kind)) >= count)
        return self.marks(kind)

    def stop(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGTERM)
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, said

    def clear(self) -> None:
        """End what a failed test has left; only what was started here."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stderr
        self.process.stderr.close()
        for kind in ("started", "grandchild"):
            for pid in self.marks(kind):
                if is_alive(pid):
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)


def until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def begin(*scripts: str, hurried: bool = False) -> Run:
        runs.append(Run(tmp_path, *scripts, hurried=hurried))
        return runs[-1]

    yield begin
    for run in runs:
        run.clear()


def test_a_killed_child_is_started_again_and_the_other_one_left_alone(
    start: Callable[..., Run],
) -> None:
    run = start(STEADY, STEADY)
    first, second = run.wait_for("started", 2)
    os.kill(first, signal.SIGKILL)
    (third,) = run.wait_for("started", 3) - {first, second}
    assert is_alive(third)
    assert is_alive(second)
    code, said = run.stop()
    assert code == 0
    assert said.count("started again") == 1


@pytest.mark.spec("R29")
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_told_to_stop_it_lets_the_work_in_hand_finish_and_leaves_nothing(
    start: Callable[..., Run], told: signal.Signals
) -> None:
    run = start(STEADY, STEADY)
    children = run.wait_for("started", 2)
    run.process.send_signal(told)
    assert run.process.wait(timeout=PATIENCE_S) == 0
    assert run.marks("finished") == children
    assert not any(map(is_alive, children))


def test_ctrl_c_in_the_terminal_reaches_the_supervisor_alone(start: Callable[..., Run]) -> None:
    run = start(STEADY)
    (child,) = run.wait_for("started", 1)
    assert os.getpgid(child) == child != os.getpgid(run.process.pid)
    assert run.stop() == (0, "")


def test_children_of_children_do_not_outlive_a_stop(start: Callable[..., Run]) -> None:
    run = start(PARENT)
    left = run.wait_for("grandchild", 1) | run.wait_for("started", 1)
    assert run.stop()[0] == 0
    until(lambda: not any(map(is_alive, left)))


def test_a_child_that_will_not_stop_is_killed_in_the_end(start: Callable[..., Run]) -> None:
    run = start(STUBBORN, hurried=True)
    (child,) = run.wait_for("started", 1)
    assert run.stop() == (0, "killed\n")
    assert not is_alive(child)


def test_the_children_stop_when_the_supervisor_itself_is_killed(start: Callable[..., Run]) -> None:
    run = start(STEADY, STEADY)
    children = run.wait_for("started", 2)
    run.process.kill()
    until(lambda: run.marks("finished") == children)
    until(lambda: not any(map(is_alive, children)))


def test_it_gives_up_on_a_child_that_keeps_crashing_and_stops_the_rest(
    start: Callable[..., Run],
) -> None:
    run = start(STEADY, CRASHING, hurried=True)
    _, said = run.process.communicate(timeout=PATIENCE_S)
    assert run.process.returncode == 1
    assert said.splitlines() == ["started again"] * 5 + ["gave up"]
    assert not any(map(is_alive, run.marks("started")))


@pytest.mark.parametrize(("crash_count", "delay"), [(1, 0.5), (2, 2), (3, 4), (5, 16), (9, 30)])
def test_each_crash_in_a_row_waits_longer_up_to_half_a_minute(
    crash_count: int, delay: float
) -> None:
    assert supervisor.delay_after(crash_count) == delay


def test_crashes_long_ago_are_forgiven() -> None:
    child = supervisor.Child("x", [], WORDS)
    assert all(child.note_crash(moment) for moment in range(0, 700, 70))
    assert child.due_at == 630 + 0.5
    verdicts = [child.note_crash(1_000 + second) for second in range(6)]
    assert verdicts == [True] * 5 + [False]


def test_the_supervisor_stays_small() -> None:
    shown = "import core.cli.supervisor, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    assert {"sqlalchemy", "pydantic", "typer"} & set(done.stdout.split()) == set()
