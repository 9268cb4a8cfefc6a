"""Names of countries and time zones in the reader's language."""

from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale
from babel.dates import get_timezone_location

from core.i18n.terms import Language

NEAR_ZONES = (
    "Asia/Tehran",
    "Asia/Kabul",
    "Asia/Baghdad",
    "Asia/Riyadh",
    "Asia/Dubai",
    "Asia/Kuwait",
    "Asia/Amman",
    "Asia/Beirut",
    "Africa/Cairo",
    "Europe/Istanbul",
    "Europe/Berlin",
    "UTC",
)


@lru_cache(maxsize=1024)
def country_name(code: str, language: Language) -> str:
    """Return the country's name, or its code where nobody has named it."""
    return str(Locale.parse(language.value).territories.get(code, code))


@lru_cache(maxsize=2048)
def zone_name(zone: str, language: Language) -> str:
    """Return where the zone is, in words."""
    if zone == "UTC":
        return zone
    return str(get_timezone_location(zone, locale=language.value))


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """Return the zones one can choose, those of our region first."""
    regions = ("Africa/", "America/", "Asia/", "Australia/", "Europe/", "Pacific/", "Indian/")
    others = sorted(zone for zone in available_timezones() if zone.startswith(regions))
    return tuple(dict.fromkeys([*NEAR_ZONES, *others]))
