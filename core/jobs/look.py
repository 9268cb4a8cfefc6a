"""Look at an uploaded file in a process of its own: whatever it holds, this one stays unharmed.

Run as `python -m core.jobs.look PATH`. Imports little, so that it starts at once.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import Invalid
from core.jobs import tables
from core.jobs.refusals import packed, unpacked
from core.jobs.rules import sample_of
from core.jobs.terms import MEGABYTE, PAGE_LIMITS, Sample

MEMORY = 512 * MEGABYTE
_PATIENCE_SECONDS = 60


def inspect_in_child(path: Path) -> Sample:
    """Return what an uploaded file looks like.

    Raises:
        Invalid: A `file.*` code.
    """
    child = start_child("core.jobs.look", str(path), output=subprocess.PIPE)
    try:
        answer = json.loads(child.communicate(timeout=_PATIENCE_SECONDS)[0])
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise Invalid("file.too_heavy") from error
    finally:
        child.kill()
        child.wait()
    if "code" in answer:
        params: Any = unpacked(answer["params"])
        raise Invalid(answer["code"], **params)
    return sample_of(answer)


def start_child(module: str, *arguments: str, output: int | None = None) -> subprocess.Popen[bytes]:
    """Start one of our modules as a process."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output)  # noqa: S603 - our own


@contextmanager
def limited_memory(size: int) -> Iterator[None]:
    """Have every allocation fail, in this process, that would take its data above the size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def answer_for(path: Path, *, memory: int = MEMORY) -> dict[str, Any]:
    """Return what the file looks like, or why it is refused, as JSON can hold it."""
    try:
        with limited_memory(memory):
            return asdict(tables.inspect(path, PAGE_LIMITS))
    except Invalid as error:
        return {"code": error.code, "params": packed(error.params)}
    except MemoryError:
        return {"code": "file.too_heavy", "params": {}}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(answer_for(Path(sys.argv[1]))))
