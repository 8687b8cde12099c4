"""The way to a person: what may be set as a contact, and what the link to it holds."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from chatbot.answer import Answer, Citation
from chatbot.conversation import Turn
from chatbot.hand_over import MAX_LINK_CHARS, BadContact, Contact, parse_contact
from chatbot.language import LANGUAGES
from chatbot.phrases import PhraseKey, phrase
from knowledge_base.documents import Passage
from ui.hand_over_view import hand_over_html

MAIL = Contact("help+desk@example.org")
PASSAGE = Passage(1, "returns.md", "Returns", (), 0, 24, "You have 30 days for it.")
FOUND = Answer("How long?", Citation(PASSAGE, 9, 16), 0.9, ())
NOTHING = Answer("And abroad?", None, 0.1, ())
ATTACK = "\"><script>alert(1)</script>&to=evil@example.org?bcc=x%0D%0ABcc: y\r\nZ {conversation} '"


def said(question, answer):
    return Turn(question, "en", "found", answer)


def parts(link):
    """A mail link -> (address, its fields)."""
    found = urlsplit(link)
    return found.path, {name: values[0] for name, values in parse_qs(found.query).items()}


# ---------------------------------------------------------------- the setting


@pytest.mark.parametrize(
    "text",
    [
        "help@example.org",
        " help+desk@mail.example.org ",
        "https://example.org/contact",
        "https://example.org:8443/new?subject=help&text={question}#top",
        "https://example.org/#/new?text={conversation}",
    ],
)
def test_mail_addresses_and_web_links_are_contacts(text):
    assert parse_contact(text).address == text.strip()


@pytest.mark.parametrize("text", ["", "  "])
def test_nothing_set_is_no_contact(text):
    assert parse_contact(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "http://example.org/contact",
        "mailto:help@example.org",
        "help@example.org?bcc=x@example.org",
        "help@example.org,x@example.org",
        "help@localhost",
        "example.org",
        "https://",
        "https://user:secret@example.org/",
        'https://example.org/"onclick="alert(1)',
        "https://example.org/a b",
        "https://example.org/?q={text}",
        "https://[example.org/",
    ],
)
def test_anything_else_is_refused_with_what_is_wanted(text):
    with pytest.raises(BadContact, match=r"help@example\.org or a link that begins with https://"):
        parse_contact(text)


@pytest.mark.parametrize("text", ["https://{question}/", "https://example.org/{question}", "https://{question}.org/?a"])
def test_a_question_never_decides_which_page_opens(text):
    with pytest.raises(BadContact):
        parse_contact(text)


def test_a_reader_sees_the_address_or_the_host():
    assert (MAIL.shown, Contact("https://help.example.org/new?x={question}").shown) == (
        "help+desk@example.org",
        "help.example.org",
    )


# ---------------------------------------------------------------- the link


def test_a_mail_holds_the_subject_and_what_was_said():
    address, fields = parts(MAIL.link("Frage an uns", [said("How long?", FOUND), said("And abroad?", NOTHING)]))
    assert address == "help+desk@example.org"
    assert fields["subject"] == "Frage an uns"
    assert fields["body"] == 'How long?\r\n- "30 days" (Returns)\r\n\r\nAnd abroad?\r\n\r\n'


def test_what_was_typed_adds_nothing_to_a_mail_but_words():
    link = MAIL.link("Help", [said(ATTACK, NOTHING)])
    address, fields = parts(link)
    assert (address, set(fields)) == ("help+desk@example.org", {"subject", "body"})
    assert fields["body"].startswith(ATTACK)
    assert not set(link) & set("\"'<> \r\n")


def test_a_web_link_holds_the_question_where_its_setting_says_so():
    contact = parse_contact("https://example.org/new?from=chat&text={question}&all={conversation}")
    link = urlsplit(contact.link("Help", [said(ATTACK, NOTHING)]))
    fields = parse_qs(link.query)
    assert (link.netloc, set(fields), fields["text"]) == ("example.org", {"from", "text", "all"}, [ATTACK])


def test_a_web_link_without_a_placeholder_tells_nothing():
    assert Contact("https://example.org/new").link("Help", [said("secret", NOTHING)]) == "https://example.org/new"


@pytest.mark.parametrize("word", ["long ", "ありがとう", "😀", "\ud800"])
@pytest.mark.parametrize("contact", [MAIL, Contact("https://example.org/?q={question}&c={conversation}")])
def test_a_link_is_never_too_long_and_no_letter_is_cut(contact, word):
    link = contact.link("お問い合わせ" * 3, [said(word * 400, NOTHING)] * 50)
    assert len(link) <= MAX_LINK_CHARS
    assert "\ufffd" not in unquote(link)


def test_the_latest_question_is_told_before_the_earlier_ones():
    turns = [said(f"question {number} " + "x" * 300, NOTHING) for number in range(20)]
    _, fields = parts(MAIL.link("Help", turns))
    told = [line.split("x")[0] for line in fields["body"].split("\r\n\r\n") if line]
    assert told == [f"question {number} " for number in range(20 - len(told), 20)]
    assert 1 < len(told) < 20


# ---------------------------------------------------------------- on the page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_way_to_a_person_is_worded_in_the_readers_language(language):
    html = hand_over_html(MAIL, [Turn("How long?", language, "found", FOUND)], language)
    assert f">{MAIL.address}</bdi>" in html
    assert html.count(phrase(PhraseKey.HAND_OVER_BUTTON, language)) >= 1
    assert 'href="mailto:help+desk@example.org?subject=' in html


def test_greetings_are_not_told_to_the_team():
    turns = [Turn("hello", "en", "greeting", None), Turn("How long?", "en", "found", FOUND)]
    assert "hello" not in hand_over_html(MAIL, turns, "en")


def test_a_web_page_opens_beside_the_conversation():
    html = hand_over_html(Contact("https://example.org/?a=1&b=2"), [], "en")
    assert 'href="https://example.org/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer"' in html
