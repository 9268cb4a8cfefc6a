"""Words of commerce: the lines of an order file, and how they are taken."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class SoldLine(NamedTuple):
    """A line of an order that can be taken.

    `row` is its row in the file, `line` its number within the order. A negative quantity is a
    return. `price_minor` is the price of one piece in minor units.
    """

    row: int
    reference: str
    line: int
    code: str
    description: str
    quantity: int
    at: datetime
    price_minor: int
    customer: str
    country: str


@dataclass(frozen=True)
class OrderIntake:
    """An import of orders: under which source they are known, and in which currency they are.

    batch: the name under which its events wait until its last row is in.
    """

    source: str
    currency: str
    job_id: int
    now: datetime
    batch: str


@dataclass(frozen=True)
class TakenLines:
    """The lines that were new, in file order, and what was made for them."""

    lines: list[SoldLine]
    order_count: int
    contact_count: int
