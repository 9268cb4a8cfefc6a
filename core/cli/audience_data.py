"""A made-up audience of any size: a file of people as companies have them, and what they did."""

import csv
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from core.audience import bulk
from core.db import is_sqlite, transaction
from core.events.models import Event

HEAD = ("email", "phone", "first name", "last name", "company", "city", "birth date", "tags",
        "plan")  # fmt: skip
BAD_IN = 100
"""One row in so many cannot be taken."""

CITIES = ("تهران", "مشهد", "اصفهان", "شیراز", "تبریز", "کرج", "اهواز", "قم", "رشت", "یزد")
TAGS = ("vip", "نمایشگاه", "خبرنامه", "wholesale", "عمده", "webinar-2026")
EVENTS_EACH = 5
PLACED, VIEWED = "order.placed", "page.viewed"
_FIRST = ("علی", "رضا", "سارا", "مریم", "زهرا", "حسین", "محمد", "امیر", "نگار", "لیلا", "کیان",
          "آرش", "پریسا", "بهرام", "شیرین", "James", "Emma", "فاطمة", "يوسف", "نورة")  # fmt: skip
_LAST = ("احمدی", "محمدی", "حسینی", "رضایی", "کریمی", "موسوی", "جعفری", "صادقی", "رحیمی", "قاسمی",
         "نوری", "یزدانی", "اکبری", "شریفی", "فرهادی", "Smith", "Wilson", "الهاشمي", "الكعبي",
         "Taylor")  # fmt: skip
_KINDS = ("شرکت", "بازرگانی", "صنایع", "گروه", "فروشگاه")
_DOMAINS = ("example.com", "example.org", "example.net", "mail.example", "post.example")
_PATHS = ("/", "/pricing", "/blog/nowruz", "/products/tea", "/about", "/cart")
_FAULTS: Sequence[dict[int, str]] = (
    {0: "nobody at nowhere"}, {1: "12"}, {6: "1371/19/40"}, {0: "", 1: ""},
)  # fmt: skip
"""What makes a row one that cannot be taken, by place."""

_NUMBERS = 99_999_989
_FACTOR, _MASK = 6_364_136_223_846_793_005, (1 << 64) - 1
_PIECE = 50_000
_SPAN_S = 180 * 86_400
_MOMENT = "%Y-%m-%d %H:%M:%S.%f"


class _Dice:
    """Draws that look drawn and are the same each time."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def share(self) -> float:
        """Return a number from 0 to 1, which it never is."""
        self._state = (self._state * _FACTOR + 1) & _MASK
        return (self._state >> 33) / (1 << 31)

    def under(self, limit: int) -> int:
        """Return a whole number from 0 that is less than the limit."""
        return int(self.share() * limit)

    def pick(self, options: Sequence[str]) -> str:
        """Return one of these."""
        return options[self.under(len(options))]


def write_people(file: Path, count: int) -> int:
    """Write so many rows about people; return how many of them cannot be taken."""
    dice, bad_count = _Dice(7), 0
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(HEAD)
        for number in range(1, count + 1):
            row = _person(dice, number)
            if number % BAD_IN == 0:
                fault, bad_count = _FAULTS[bad_count % len(_FAULTS)], bad_count + 1
                row = [fault.get(place, cell) for place, cell in enumerate(row)]
            writer.writerow(row)
    return bad_count


def _person(dice: _Dice, number: int) -> list[str]:
    pick, under = dice.pick, dice.under
    tag = under(len(TAGS))
    return [
        f"{pick('abcdefghijklmnopqrstuvwxyz')}{under(10**9)}.{number}@{pick(_DOMAINS)}",
        f"091{number * 104_729 % _NUMBERS:08}",
        pick(_FIRST),
        pick(_LAST),
        f"{pick(_KINDS)} {pick(_LAST)} {under(20)}",
        pick(CITIES),
        f"{1330 + under(60)}/{1 + under(12):02}/{1 + under(28):02}",
        f"{TAGS[tag]};{TAGS[tag - 1 - under(len(TAGS) - 1)]}",
        pick(("free", "pro", "team")),
    ]


def write_events(contact_ids: Sequence[int], count: int, *, now: datetime) -> None:
    """Write so many events of these people over the last half a year, all of them dealt with."""
    dice = _Dice(11)
    names = ("name", "contact_id", "dedup_key", "properties", "occurred_at")
    shared = {"source": "bench", "received_at": now, "dispatched_at": now}
    with bulk.hurry():
        for start in range(0, count, _PIECE):
            numbers = range(start, min(start + _PIECE, count))
            with transaction() as session:
                form = _MOMENT if is_sqlite(session) else f"{_MOMENT}+00"
                told = _told(dice, contact_ids, numbers)
                at = (now - timedelta(seconds=_SPAN_S - n * _SPAN_S // count) for n in numbers)
                rows = ((*one, moment.strftime(form)) for one, moment in zip(told, at, strict=True))
                bulk.insert(session, Event, names=names, rows=rows, constants=shared)


def _told(dice: _Dice, contact_ids: Sequence[int], numbers: range) -> Iterator[tuple[object, ...]]:
    """Yield what people did; a few of them do most of it."""
    for number in numbers:
        who = contact_ids[int(len(contact_ids) * dice.share() ** 1.7)]
        if number % 5 == 0:
            told = f'{{"total": {100 + dice.under(100_000)}, "currency": "IRR"}}'
            yield PLACED, who, f"e{number}", told
        else:
            told = f'{{"path": "{dice.pick(_PATHS)}", "seconds": {dice.under(300)}}}'
            yield VIEWED, who, f"e{number}", told
