"""The journal: what was in flight can be told after any death of the process."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.delivery.journal import Journal, Leftover, left_behind, read_open

DYING = """
import os, signal, sys
from pathlib import Path
from core.delivery.journal import Journal
journal = Journal(Path(sys.argv[1]))
journal.begin(1, 1); journal.end(1, 250)
journal.begin(2, 3)
journal.begin(3, 1); journal.end(3, 451)
os.kill(os.getpid(), signal.SIGKILL)
"""

FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from core.delivery.journal import Journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal = Journal(Path(sys.argv[1]))
journal.begin(1, 1)
everything = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (14, everything[1]))
for message in (2, 3):
    try:
        journal.begin(message, 1)
        sys.exit("a full disk was not noticed")
    except OSError:
        pass
resource.setrlimit(resource.RLIMIT_FSIZE, everything)
journal.begin(4, 1)
"""


def test_what_was_begun_and_not_ended_is_open(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin(7, 1)
    journal.begin(8, 2)
    journal.end(8, 250)
    journal.begin(9, 1)
    journal.end(9, 421)
    journal.begin(9, 2)
    assert read_open(journal.path) == Leftover(
        begun={7: 1, 9: 2}, ended={8: 250}, name=journal.path.stem
    )
    journal.close()


def run(script: str, folder: Path) -> int:
    """Run a script in a process of its own and return how it ended."""
    command = [sys.executable, "-c", script, str(folder)]
    return subprocess.run(command, check=False, cwd=Path.cwd()).returncode


def test_a_full_disk_is_an_error_and_harms_no_later_line(tmp_path: Path) -> None:
    assert run(FULL_DISK, tmp_path) == 0
    with left_behind(tmp_path) as [story]:
        assert (story.begun, story.ended) == ({1: 1, 4: 1}, {})


def test_a_killed_process_leaves_its_story_to_the_next_one(tmp_path: Path) -> None:
    assert run(DYING, tmp_path) == -signal.SIGKILL
    with left_behind(tmp_path) as found:
        assert [(story.begun, story.ended) for story in found] == [({2: 3}, {1: 250, 3: 451})]
    with left_behind(tmp_path) as found:
        assert found == []


def test_a_story_stays_until_it_has_been_recorded(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin(1, 1)
    journal.close()
    with pytest.raises(RuntimeError), left_behind(tmp_path):
        raise RuntimeError("the store is away")
    with left_behind(tmp_path) as found:
        assert found == [Leftover(begun={1: 1}, ended={}, name=journal.path.stem)]


def test_a_living_journal_is_nobodys_leftover(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin(1, 1)
    with left_behind(tmp_path) as found:
        assert found == []
    assert read_open(journal.path).begun == {1: 1}
    journal.close()


def test_two_heirs_never_read_the_same_story(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin(1, 1)
    journal.close()
    with left_behind(tmp_path) as first, left_behind(tmp_path) as second:
        assert (len(first), second) == (1, [])


@pytest.mark.parametrize("size", range(60))
def test_a_torn_last_line_is_as_if_it_had_not_been_written(size: int, tmp_path: Path) -> None:
    whole = b"begin 1 1\nend 1 250\nbegin 12 1\nbegin 123 1\nend 12 250\n"
    path = tmp_path / "torn.journal"
    path.write_bytes(whole[:size])
    found = read_open(path)
    lines = whole[:size].count(b"\n")
    assert found.begun == [{}, {1: 1}, {}, {12: 1}, {12: 1, 123: 1}, {123: 1}][lines]
    assert found.ended == [{}, {}, {1: 250}, {1: 250}, {1: 250}, {1: 250, 12: 250}][lines]


def test_rubbish_in_a_journal_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.journal"
    path.write_bytes(b"\0\0\0\nbegin x 1\nbegin 5 1\nend\n\n\xff\xfe\nend 5 250 9\nbegin 6 1\nen")
    assert read_open(path) == Leftover(begun={5: 1, 6: 1}, ended={}, name="x")


def test_a_journal_is_removed_when_the_store_knows_all(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin(1, 1)
    journal.end(1, 250)
    journal.recorded([1])
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_a_long_journal_starts_anew_only_when_nothing_is_unrecorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.delivery.journal.MAX_BYTES", 500)
    journal = Journal(tmp_path)
    journal.begin(0, 1)
    many = range(1, 30)
    for message in many:
        journal.begin(message, 1)
        journal.end(message, 250)
    journal.recorded(many)
    assert journal.path.stat().st_size > 500
    journal.recorded([0])
    assert journal.path.stat().st_size == 0
    journal.begin(5, 1)
    assert read_open(journal.path).begun == {5: 1}
    journal.close()


def test_several_threads_share_a_journal_without_mixing_their_lines(tmp_path: Path) -> None:
    journal = Journal(tmp_path)

    def work(first: int) -> None:
        for message in range(first, first + 50):
            journal.begin(message, 1)
            if message % 2:
                journal.end(message, 250)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read_open(journal.path)
    assert (len(found.begun), len(found.ended)) == (100, 100)
    journal.close()


def test_only_its_owner_may_read_a_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "new" / "folder")
    assert journal.path.stat().st_mode & 0o777 == 0o600
    journal.close()
