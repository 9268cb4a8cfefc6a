"""People files read in the process of the test, which is quicker than starting one for each."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from core.audience import reading as reading_files
from core.audience.terms import Block, ReadingPlan


def read_here(size: int) -> Callable[[ReadingPlan], AbstractContextManager[Iterator[Block]]]:
    """Read in this process, in blocks of this size."""

    @contextmanager
    def blocks(plan: ReadingPlan) -> Iterator[Iterator[Block]]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reading_files, "BLOCK", size)
            yield reading_files.blocks(plan)

    return blocks
