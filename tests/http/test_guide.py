"""The guide: a chapter for every page in each language, shown to whoever is signed in."""

import re

import pytest

from core.http import guide
from core.i18n.terms import Language
from pages.registry import ENTRIES
from tests.support.door import Browser, make_staff

NAMES = [entry.name for entry in ENTRIES]
LINKS = re.compile(r'href="#([^"]+)"')


@pytest.fixture
def browser(store: str) -> Browser:
    make_staff()
    visitor = Browser()
    assert visitor.sign_in("nasrin").status_code == 303
    return visitor


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", NAMES)
def test_every_page_has_its_chapter(name: str, language: Language) -> None:
    chapter = next(one for one in guide.chapters(language) if one.name == name)
    assert chapter.title
    assert len(chapter.html) > 200


def test_all_languages_have_the_same_chapters() -> None:
    names = {tuple(one.name for one in guide.chapters(language)) for language in Language}
    assert len(names) == 1


@pytest.mark.parametrize("language", Language)
def test_every_link_of_a_chapter_leads_to_a_chapter(language: Language) -> None:
    found = guide.chapters(language)
    linked = {name for one in found for name in LINKS.findall(one.html)}
    assert linked <= {one.name for one in found}
    assert linked


@pytest.mark.parametrize("language", Language)
def test_the_guide_is_one_page_with_an_anchor_for_every_page(
    browser: Browser, language: Language
) -> None:
    answer = browser.get(f"/guide/{language}")
    assert answer.status_code == 200
    assert f'<html lang="{language}" dir="{language.direction}">' in answer.text
    for name in NAMES:
        assert f'id="{name}"' in answer.text
    assert "<script" not in answer.text


def test_without_a_language_the_guide_comes_in_that_of_the_account(browser: Browser) -> None:
    assert browser.get("/guide").headers["location"] == "/guide/fa"


@pytest.mark.parametrize("path", ["/guide/de", "/guide/FA", "/guide/fa/stock"])
def test_there_is_no_guide_at_another_address(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code in {400, 404}


def test_a_stranger_is_shown_the_door_first(store: str) -> None:
    answer = Browser().get("/guide/fa")
    assert answer.headers["location"] == "/auth/login?next=/guide/fa"


def test_a_chapter_may_not_bring_html() -> None:
    assert "<b>" not in guide._markdown.render("a <b>word</b>")
