"""Which sites may show the chat in a frame, and the script that puts it there; no browser."""

import json

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from chatbot.language import LANGUAGES
from chatbot.settings import Settings
from ui.embed import BadEmbedOrigin, FramePolicy, embed_routes, embed_script, frame_policy


def test_without_a_setting_only_the_own_site_may_show_it():
    assert frame_policy(Settings().embed_origins) == "frame-ancestors 'self'"


def test_named_sites_may_show_it_however_they_are_separated():
    assert (
        frame_policy("https://www.example.com/, https://*.example.org\n http://localhost:3000")
        == "frame-ancestors 'self' https://www.example.com https://*.example.org http://localhost:3000"
    )


def test_any_site_means_no_policy():
    assert frame_policy("https://www.example.com *") is None


@pytest.mark.parametrize(
    "wrong",
    ["www.example.com", "https://www.example.com/help", "https://*", "'none'", "https://a.b;script-src", "ftp://a.b"],
)
def test_what_is_no_site_is_refused_with_an_example(wrong):
    with pytest.raises(BadEmbedOrigin, match=r"ANYTONGUE_EMBED_ORIGINS holds .*https://www\.example\.com"):
        frame_policy(wrong)


def test_the_setting_comes_from_the_environment():
    environment = {"ANYTONGUE_EMBED_ORIGINS": "https://www.example.com"}
    assert Settings.from_environment(environment).embed_origins == "https://www.example.com"


def test_a_space_may_be_shown_on_its_own_page_whatever_else_is_named():
    environment = {"SPACE_ID": "acme/help", "ANYTONGUE_EMBED_ORIGINS": "https://www.example.com"}
    assert Settings.from_environment(environment).embed_origins == "https://huggingface.co https://www.example.com"
    assert Settings.from_environment({"SPACE_ID": "acme/help"}).embed_origins == "https://huggingface.co"


def client():
    async def plain(request):
        return PlainTextResponse("chat")

    async def strict(request):
        return PlainTextResponse("desk", headers={"Content-Security-Policy": "frame-ancestors 'none'"})

    routes = [Route("/", plain), Route("/desk", strict), *embed_routes()]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(FramePolicy, "frame-ancestors 'self'")]))


def test_every_response_carries_the_policy():
    for path in ("/", "/missing"):
        assert client().get(path).headers.get_list("content-security-policy") == ["frame-ancestors 'self'"]


def test_a_stricter_policy_of_a_page_stays_as_it_is():
    assert client().get("/desk").headers.get_list("content-security-policy") == ["frame-ancestors 'none'"]


def test_the_script_can_be_loaded_by_other_sites():
    response = client().get("/embed.js")
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


def test_the_script_brings_its_words_in_every_language():
    _, line, _ = embed_script().split("\n", 2)
    words = json.loads(line.removeprefix("const WORDS = ").removesuffix(";"))
    assert list(words) == list(LANGUAGES)
    assert words["ar"]["dir"] == "rtl"
    assert words["de"]["title"] == "Hilfe-Center"


def test_the_script_is_light():
    assert len(embed_script().encode()) < 16_000
