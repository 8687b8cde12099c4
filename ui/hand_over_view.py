"""The way to a person as HTML, in a reply that may not have helped. Pure."""

from collections.abc import Sequence
from html import escape

from chatbot.conversation import Turn
from chatbot.hand_over import Contact
from chatbot.phrases import PhraseKey, phrase
from ui import icons


def hand_over_html(contact: Contact, turns: Sequence[Turn], language: str, *, hidden: bool = False) -> str:
    """Where the team is reached, and the link that brings the conversation along. `hidden`: until a thumb goes down."""
    asked = [turn for turn in turns if turn.answer]
    href = contact.link(phrase(PhraseKey.HAND_OVER_SUBJECT, language), asked)
    sentence = phrase(PhraseKey.HAND_OVER, language, contact=contact.shown)
    before, _, after = sentence.partition(contact.shown)
    new_tab = "" if contact.is_mail else ' target="_blank" rel="noopener noreferrer"'
    button = escape(phrase(PhraseKey.HAND_OVER_BUTTON, language))
    return (
        f'<div class="at-person"{" hidden" if hidden else ""}>'
        f'<p>{escape(before)}<bdi translate="no">{escape(contact.shown)}</bdi>{escape(after)}</p>'
        f'<a class="at-plain at-ask-person" data-do="person" href="{escape(href)}"{new_tab}>{icons.PERSON}{button}</a>'
        "</div>"
    )
