"""Pages for when something is wrong appear with nothing to lean on, and in words."""

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory


@pytest.mark.parametrize(
    ("page", "words"), [("500.html", "Something broke"), ("503.html", "One moment")]
)
def test_a_page_of_last_resort_needs_no_request_no_session_and_no_database(page: str, words: str):
    assert words in render_to_string(page)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("400.html", "That made no sense"),
        ("403.html", "Not for this account"),
        ("403_csrf.html", "This page waited too long"),
        ("404.html", "Nothing here"),
        ("429.html", "Too many tries"),
    ],
)
def test_an_error_page_says_what_to_do_next(page: str, words: str):
    html = render_to_string(page, request=RequestFactory().get("/anything/"))

    assert words in html
    assert 'class="button"' in html
