import pytest
from desk_samples import PASSWORD, QuickPassword, client_of, sample_desk, send, token_of

from ui.desk_access import FREE_FAILURES, DeskAccess
from ui.desk_pages import FORMS, PAGES
from ui.desk_password import BadPasswordHash
from ui.desk_routes import COOKIE, PATH, desk_routes


@pytest.fixture
def desk(tmp_path):
    with sample_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def stranger(desk):
    with client_of(desk, logged_in=False) as client:
        yield client


@pytest.fixture
def operator(desk):
    with client_of(desk) as client:
        yield client


def test_without_a_password_there_is_no_desk(desk):
    assert desk_routes(desk.chatbot, "") == []


def test_a_broken_hash_stops_the_start(desk):
    with pytest.raises(BadPasswordHash):
        desk_routes(desk.chatbot, "hunter2")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_sends_a_stranger_to_the_login(stranger, name):
    response = stranger.get(f"{PATH}/{name}", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "login")


@pytest.mark.parametrize("name", FORMS)
def test_no_form_works_for_a_stranger(stranger, name):
    assert stranger.post(f"{PATH}/{name}", data={"form_token": ""}).status_code == 401


def test_a_form_of_an_ended_session_leads_to_the_login(stranger):
    page = stranger.post(f"{PATH}/publish-answer", data={"text": "Written for an hour."}).text
    assert 'href="login"' in page
    assert "kept in this browser" in page


@pytest.mark.parametrize("name", FORMS)
def test_no_form_works_without_the_token_of_the_session(operator, name):
    assert operator.post(f"{PATH}/{name}", data={"form_token": "guess"}).status_code == 403


def test_a_form_of_another_site_is_refused(operator):
    response = send(operator, "erase", data={"sure": "erase"}, headers={"Origin": "https://evil.example"})
    assert response.status_code == 403


def test_a_form_that_the_browser_calls_cross_site_is_refused(operator):
    response = send(operator, "erase", data={"sure": "erase"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger):
    cookie = stranger.post(f"{PATH}/login", data={"password": PASSWORD}, follow_redirects=False).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/desk" in cookie


def test_over_https_the_cookie_is_secure(desk):
    with client_of(desk, logged_in=False) as client:
        client.base_url = "https://testserver"
        response = client.post(f"{PATH}/login", data={"password": PASSWORD}, follow_redirects=False)
        assert "Secure" in response.headers["set-cookie"]


def test_a_wrong_password_is_told(stranger):
    response = stranger.post(f"{PATH}/login", data={"password": "wrong"})
    assert (response.status_code, COOKIE in response.cookies) == (401, False)


def test_too_many_wrong_passwords_must_wait(desk):
    access = DeskAccess(QuickPassword())
    for _ in range(FREE_FAILURES):
        access._note_failure("testclient", FREE_FAILURES, 3600)
    with client_of(desk, logged_in=False, access=access) as client:
        response = client.post(f"{PATH}/login", data={"password": PASSWORD})
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0


def test_after_logging_out_the_cookie_opens_nothing(operator):
    kept = operator.cookies[COOKIE]
    operator.post(f"{PATH}/logout")
    operator.cookies.set(COOKIE, kept)
    assert operator.get(f"{PATH}/gaps", follow_redirects=False).headers["location"] == "login"


def test_every_session_has_a_token_of_its_own(desk):
    access = DeskAccess(QuickPassword())
    with client_of(desk, access=access) as one, client_of(desk, access=access) as other:
        assert token_of(one) != token_of(other)


@pytest.mark.parametrize("name", ["login", "style.css", "script.js", "gaps"])
def test_no_page_may_run_foreign_scripts_or_be_framed(operator, name):
    policy = operator.get(f"{PATH}/{name}").headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_gigabyte_is_refused_before_it_is_read(operator):
    token = token_of(operator)
    response = operator.post(
        f"{PATH}/upload", content=b"form_token=" + token.encode(), headers={"Content-Length": str(2**30)}
    )
    assert response.status_code == 413


def test_an_upload_of_unknown_size_is_refused(operator):
    assert operator.post(f"{PATH}/upload", content=iter([b"x"])).status_code == 411


def test_a_large_form_is_refused(operator):
    assert send(operator, "publish-answer", data={"text": "x" * 2_000_000}).status_code == 413
