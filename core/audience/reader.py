"""A process that reads a people file ahead of the one that writes.

Run as `python -m core.audience.reader`.

The plan comes in as a pickle on stdin; blocks go out as pickles on stdout, in file order, and the
pipe holds the reader back when the writer is slower. It ends with its writer.
"""

import gc
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO

from core.audience import reading
from core.audience.terms import Block, ReadingPlan
from core.errors import ChaparError, Conflict, Invalid
from core.jobs.refusals import packed, unpacked


@contextmanager
def blocks_ahead(plan: ReadingPlan) -> Iterator[Iterator[Block]]:
    """Read the file in a process of its own for as long as the block of code runs."""
    command = [sys.executable, "-m", "core.audience.reader"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:  # noqa: S603 - our own
        if child.stdin is None or child.stdout is None:
            raise Conflict("job.child_died")
        try:
            pickle.dump(plan, child.stdin)
            child.stdin.close()
            yield _received(child.stdout)
        finally:
            child.kill()


@contextmanager
def without_tidying() -> Iterator[None]:
    """Search for circles of garbage only when asked: all the time, it costs a third."""
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def _received(source: IO[bytes]) -> Iterator[Block]:
    while True:
        try:
            answer = _loaded(source)
        except (EOFError, pickle.UnpicklingError) as error:
            raise Conflict("job.child_died") from error
        if answer is None:
            return
        if isinstance(answer, Block):
            yield answer
        else:
            code, params = answer
            raise Invalid(code, **unpacked(params))  # type: ignore[arg-type]


def _loaded(source: IO[bytes]) -> Any:
    return pickle.load(source)  # noqa: S301 - our own process wrote it


def serve(source: BinaryIO, target: BinaryIO) -> None:
    """Answer one plan with its blocks, then None; or with the code of what is wrong."""
    plan: ReadingPlan = _loaded(source)
    try:
        with without_tidying():
            for block in reading.blocks(plan):
                target.write(pickle.dumps(block, protocol=5))
                gc.collect()
        answer: object = None
    except ChaparError as error:
        answer = (error.code, packed(error.params))
    except MemoryError:
        answer = ("file.too_heavy", {})
    target.write(pickle.dumps(answer))
    target.flush()


if __name__ == "__main__":
    try:
        serve(sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        sys.stderr.close()
