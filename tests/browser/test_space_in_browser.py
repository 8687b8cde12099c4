"""`python main.py` with the environment variables of a Space: the page opens, listens everywhere and answers.

From an empty environment, on the Space's own port: tests/benchmarks/space_start.py.
"""

import urllib.request

import pytest

pytestmark = pytest.mark.browser


def test_a_space_answers_in_the_browser(space_app, visit):
    visitor = visit(space_app, locale="es")
    visitor.ask("¿Durante cuánto tiempo vale el enlace para la contraseña?")
    assert visitor.page.locator(".at-bot").last.get_attribute("lang") == "es"
    assert visitor.page.inner_text(".at-card blockquote mark").isascii()


def test_the_page_of_a_space_asks_no_other_host(space_app, visit):
    visitor = visit(space_app)
    assert visitor.hosts == {space_app.split("/")[2]}


def test_a_space_listens_on_every_address(space_app):
    with urllib.request.urlopen(space_app.replace("127.0.0.1", "127.0.0.2"), timeout=30) as page:
        assert page.status == 200
