"""The catalogues are complete and well written in all three languages.

Every failure lists all its finds at once: the code, the file and the line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from core.i18n.catalog import plural_categories
from core.i18n.po import Message, read_po
from core.i18n.terms import Language

ROOT = Path(__file__).parents[2]
LOCALE = ROOT / "core" / "i18n" / "locale"
FA, AR, EN = Language

# Names that stay Latin in Persian and Arabic; words all in capitals pass by themselves.
NAMES = frozenset(
    re.findall(
        r"\S+",
        """
        Chapar Excel Gmail Google Outlook Yahoo Apple Mail Thunderbird Microsoft Word Android iPhone
        PostgreSQL SQLite Redis Huey Streamlit Python Linux Markdown Jinja Chromium Chrome Firefox
        Safari OpenAPI OAuth Authenticator WhatsApp Telegram Slack GitHub Ctrl Enter Esc Shift IPv4
        IPv6 iCal JavaScript
        """,
    )
)
# Codes whose text is rightly the same as the English one.
SAME_AS_ENGLISH = frozenset({"common.brand"})

PLACEHOLDER = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
NO_PROSE = re.compile(
    r"`[^`]*`|\([\"']\)|\bchapar(?: [a-z-]+)+"  # what is typed as it stands
    r"|\{\{.*?\}\}|\{%.*?%\}|\{\w+\}"  # variables
    r"|https?://\S+|[\w.+-]+@[A-Za-z0-9.-]+|\b(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}|\.[a-z]{2,5}\b"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b"  # addresses of mail and hosts, file names and endings
)
LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9'’-]*")
LATIN = re.compile(r"[A-Za-z][\w.+:/-]*", re.ASCII)
VERB_STEMS = (
    "شو|شد|کن|کرد|توان|خواه|خواست|گیر|گرفت|گوی|گفت|رود|رفت|آید|آمد|ماند|رس|فرست|بین|دید|یاب|یافت"
    "|ساز|ساخت|افت|پذیر|ده[دیمن]|خور|بر[دیمن]|گذا|گذر|پرس|خوان|نویس|نوشت|دان(?:م|د|ید|یم|ند|ست)|داد|بند|شناس|گرد|افزا"
)

# (languages, what is wrong, pattern), sought in the text without variables, addresses and `typed`.
STYLE: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("fa ar en", "three dots: use …", re.compile(r"\.\.\.")),
    ("fa ar en", "two spaces, or space at an end", re.compile(r"[ \t]{2}|^\s|\s$")),
    ("fa", "Arabic letters: use ی and ک", re.compile("[يكى]")),
    ("fa", "ۀ or ه‌ی: use هٔ", re.compile("ۀ|ه[ \u200c]ی(?![آ-ی])")),
    ("fa", "Arabic digits: use ۰-۹", re.compile("[٠-٩]")),
    ("ar", "Persian digits: use ٠-٩", re.compile("[۰-۹]")),
    ("ar", "Persian letters: use ي and ك", re.compile("[یک]")),
    ("en", "digits or letters of another script", re.compile("[\u0600-\u06ff]")),
    ("fa", "«می» apart: join it with ZWNJ", re.compile(r"(?<![^\s«(])ن?می (?=[آ-ی])")),
    ("fa", "«می» joined: use ZWNJ", re.compile(rf"(?<![آ-ی\u200c])ن?می(?:{VERB_STEMS})")),
    (
        "fa",
        "«ها» apart: join it with ZWNJ",
        re.compile(r"(?<=[آ-ی}]) ها(?:ی|یی|یم|یت|یش|یمان|یتان|یشان)?(?![آ-ی\u200c])"),
    ),
    ("fa", "«تر» apart: join it with ZWNJ", re.compile(r"(?<=[آ-ی]) تر(?:ین)?(?![آ-ی\u200c])")),
    ("fa", "«ای» apart: join it with ZWNJ", re.compile(r"(?<=[آ-ی]ه) ا(?:ی|ند|ید|یم)(?![آ-ی])")),
    ("fa", "idle ZWNJ", re.compile("(?:^|[\\s\u200c])\u200c|\u200c(?:$|[\\s.,،؛!؟»)])")),
    ("fa ar", "quotation marks: use «»", re.compile("[\"“”„']")),
    ("fa ar", "Latin comma: use ،", re.compile(",")),
    ("fa ar", "Latin semicolon: use ؛", re.compile(";")),
    ("fa ar", "Latin question mark: use ؟", re.compile(r"\?")),
    ("fa ar", "Latin per cent: use ٪", re.compile("%")),
    ("fa ar", "space before a mark", re.compile(r"[ \u200c][،؛؟!»]|« |\s[.:](?:\s|$)")),
    ("fa ar", "no space after a mark", re.compile(r"[،؛؟](?=[^\s»)*_،؛؟!.])")),
)


@dataclass(frozen=True)
class Entry:
    """One message as it stands in a file."""

    language: Language
    path: Path
    line: int
    code: str
    message: Message

    @property
    def place(self) -> str:
        return f"{self.code}  {self.path.relative_to(ROOT)}:{self.line}"

    def prose(self) -> Iterator[str]:
        """Yield each form without what is not prose; variables leave a neutral letter."""
        for form in self.message.forms:
            yield NO_PROSE.sub("\ufffc", form)


@cache
def catalogue_files() -> tuple[Path, ...]:
    return tuple(sorted(LOCALE.glob("*/*.po")))


@cache
def read(path: Path) -> dict[str, Message]:
    try:
        return read_po(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}  # named by test_every_file_is_valid


@cache
def entries() -> tuple[Entry, ...]:
    found = []
    for path in catalogue_files():
        lines = path.read_text(encoding="utf-8").split("\n")
        starts = {text[7:-1]: n for n, text in enumerate(lines, 1) if text.startswith('msgid "')}
        language = Language(path.parent.name)
        for code, message in read(path).items():
            if code:
                found.append(Entry(language, path, starts.get(code, 1), code, message))
    return tuple(found)


def of(language: Language) -> dict[str, Entry]:
    return {entry.code: entry for entry in entries() if entry.language is language}


def report(problems: list[str]) -> None:
    if problems:
        pytest.fail(f"{len(problems)} found:\n" + "\n".join(sorted(problems)), pytrace=False)


@pytest.mark.spec("S107")
def test_every_file_is_valid_and_names_its_language() -> None:
    problems = []
    for path in catalogue_files():
        try:
            messages = read_po(path.read_text(encoding="utf-8"))
        except ValueError as error:
            problems.append(f"{path.relative_to(ROOT)}: {error}")
            continue
        header = messages[""].forms[0] if "" in messages else ""
        if f"Language: {path.parent.name}\n" not in header or "charset=UTF-8" not in header:
            problems.append(f"{path.relative_to(ROOT)}: its header lacks language or charset")
    report(problems)


def test_no_code_stands_in_two_files() -> None:
    seen: dict[tuple[Language, str], Entry] = {}
    problems = []
    for entry in entries():
        first = seen.setdefault((entry.language, entry.code), entry)
        if first is not entry:
            problems.append(f"{entry.place} repeats {first.place}")
    report(problems)


def test_codes_are_written_as_area_and_name() -> None:
    shape = re.compile(r"[a-z][a-z0-9_]*(?:\.[A-Za-z0-9_:-]+)+")
    report([entry.place for entry in entries() if not shape.fullmatch(entry.code)])


@pytest.mark.spec("S107")
def test_all_languages_hold_the_same_codes() -> None:
    held = {(entry.language, entry.path.name, entry.code) for entry in entries()}
    report(
        [
            f"{entry.place} is missing in {language}/{entry.path.name}"
            for entry in entries()
            for language in Language
            if (language, entry.path.name, entry.code) not in held
        ]
    )


@pytest.mark.spec("S107")
def test_plural_messages_have_every_form_of_their_language() -> None:
    english = of(EN)
    problems = []
    for entry in entries():
        wanted = len(plural_categories(entry.language)) if entry.message.is_plural else 1
        if len(entry.message.forms) != wanted or not all(entry.message.forms):
            problems.append(f"{entry.place} needs {wanted} forms, none of them empty")
        twin = english.get(entry.code)
        if twin and twin.message.is_plural is not entry.message.is_plural:
            problems.append(f"{entry.place} is plural in one language only")
    report(problems)


def test_all_languages_use_the_same_placeholders() -> None:
    english = of(EN)
    problems = []
    for entry in entries():
        twin = english.get(entry.code, entry)
        wanted = set(PLACEHOLDER.findall(twin.message.forms[-1]))
        for number, form in enumerate(entry.message.forms):
            held = set(PLACEHOLDER.findall(form))
            is_last = number == len(entry.message.forms) - 1
            # A form for one number may spell it out.
            if held != wanted and (is_last or held | {"count"} != wanted):
                problems.append(f"{entry.place} has {sorted(held)}, English {sorted(wanted)}")
    report(problems)


def test_braces_hold_a_name() -> None:
    problems = []
    for entry in entries():
        for form in entry.message.forms:
            bare = re.sub(r"`[^`]*`|\{\{.*?\}\}|\{%.*?%\}|\{[a-z]\w*\}", "", form)
            if "{" in bare or "}" in bare:
                problems.append(f"{entry.place}: {form}")
    report(problems)


@pytest.mark.spec("S107", "N10")
@pytest.mark.parametrize("language", Language)
def test_texts_keep_the_spelling_of_their_language(language: Language) -> None:
    report(
        [
            f"{entry.place}: {what}: {text}"
            for entry in of(language).values()
            for text in entry.prose()
            for what in _faults(text, language)
        ]
    )


@pytest.mark.parametrize(
    ("language", "fault", "right"),
    [
        (FA, "علي", "علی"),
        (FA, "كد", "کد"),
        (FA, "می شود", "می‌شود"),
        (FA, "نمی توانید", "نمی‌توانید"),
        (FA, "میکند", "می‌کند"),
        (FA, "نمیشود", "نمی‌شود"),
        (FA, "ایمیل ها", "ایمیل‌ها"),
        (FA, "ایمیل هایی", "ایمیل‌هایی"),
        (FA, "بزرگ ترین", "بزرگ‌ترین"),
        (FA, "شده اند", "شده‌اند"),
        (FA, "نقطه‌ی تماس", "نقطهٔ تماس"),
        (FA, "نقطه ی تماس", "نقطهٔ تماس"),
        (FA, "٣ روز", "۳ روز"),
        (FA, '"نام"', "«نام»"),
        (FA, "« نام »", "«نام»"),
        (FA, "یک, دو", "یک، دو"),
        (FA, "یک،دو", "یک، دو"),
        (FA, "یک ، دو", "یک، دو"),
        (FA, "چرا?", "چرا؟"),
        (FA, "۵%", "۵٪"),
        (FA, "صبر کنید...", "صبر کنید…"),
        (FA, "دو  فاصله", "دو فاصله"),
        (FA, "کار\u200c ما", "کار ما"),
        (AR, "۳ أيام", "٣ أيام"),
        (AR, "علی", "علي"),
        (AR, "لماذا?", "لماذا؟"),
        (EN, "Loading...", "Loading…"),
        (EN, "۳ days", "3 days"),
    ],
)
def test_each_rule_of_spelling_knows_its_fault(
    language: Language, fault: str, *, right: str
) -> None:
    assert list(_faults(fault, language))
    assert not list(_faults(right, language))


@pytest.mark.parametrize(
    "text",
    [
        "میدان آزادی",
        "میلاد",
        "به میان آمد",
        "تازه‌تر از همه",
        "پروندهٔ «{name}» و {count} تلاش",
        "ها",
    ],
)
def test_sound_persian_passes(text: str) -> None:
    assert not list(_faults(NO_PROSE.sub("\ufffc", text), FA))


@pytest.mark.spec("S107")
@pytest.mark.parametrize("language", [FA, AR])
def test_texts_write_numbers_in_their_own_digits(language: Language) -> None:
    report(
        [
            f"{entry.place}: {text}"
            for entry in of(language).values()
            for text in entry.prose()
            if re.search(r"[0-9]", LATIN.sub("", text))
        ]
    )


@pytest.mark.parametrize("language", Language)
def test_quotation_marks_and_brackets_come_in_pairs(language: Language) -> None:
    report(
        [
            f"{entry.place}: {text}"
            for entry in of(language).values()
            for text in entry.prose()
            for opening, closing in ("«»", "()", "“”")
            if text.count(opening) != text.count(closing)
        ]
    )


@pytest.mark.spec("S107")
@pytest.mark.parametrize("language", [FA, AR])
def test_no_english_is_left_in_the_text(language: Language) -> None:
    problems = []
    for entry in of(language).values():
        for text in entry.prose():
            words = [word for word in LATIN_WORD.findall(text) if not _may_stay(word)]
            if words and entry.code not in SAME_AS_ENGLISH:
                problems.append(f"{entry.place}: {', '.join(words)}")
    report(problems)


@pytest.mark.spec("S107")
@pytest.mark.parametrize("language", [FA, AR])
def test_no_text_is_the_english_one(language: Language) -> None:
    english = of(EN)
    report(
        [
            entry.place
            for entry in of(language).values()
            if entry.code in english
            and entry.code not in SAME_AS_ENGLISH
            and entry.message.forms[-1] == english[entry.code].message.forms[-1]
            and not all(_may_stay(w) for t in entry.prose() for w in LATIN_WORD.findall(t))
        ]
    )


def _may_stay(word: str) -> bool:
    return word.upper() == word or word in NAMES


def _faults(text: str, language: Language) -> Iterator[str]:
    for names, what, pattern in STYLE:
        if language in names.split() and pattern.search(text):
            yield what
