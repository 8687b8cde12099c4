"""The few drawings of the page, as inline SVG: nothing to fetch, and they take the colour of the text around them."""


def _icon(path: str) -> str:
    return (
        '<svg class="at-icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" '
        'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
        f"{path}</svg>"
    )


NEW = _icon('<path d="M12 5v14M5 12h14"/>')
GLOBE = _icon(
    '<circle cx="12" cy="12" r="9"/>'
    '<path d="M3 12h18M12 3c2.7 2.7 4 5.7 4 9s-1.3 6.3-4 9c-2.7-2.7-4-5.7-4-9s1.3-6.3 4-9z"/>'
)
SEND = _icon('<path d="M12 19V5M5.5 11.5 12 5l6.5 6.5"/>')
STOP = _icon('<rect x="7" y="7" width="10" height="10" rx="1.5" fill="currentColor"/>')
CLOSE = _icon('<path d="M6 6l12 12M18 6 6 18"/>')
EDIT = _icon('<path d="M4 20l1-4.2L16.2 4.6a1.8 1.8 0 0 1 2.6 0l.6.6a1.8 1.8 0 0 1 0 2.6L8.2 19z"/>')
COPY = _icon(
    '<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15a1 1 0 0 1-1-1V6a2 2 0 0 1 2-2h8a1 1 0 0 1 1 1"/>'
)
AGAIN = _icon('<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.4M20 4.5v4.9h-4.9"/>')
LINK = _icon(
    '<path d="M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 0 0-5.7-5.7L11.6 6.7"/>'
    '<path d="M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 0 0 5.7 5.7l1.5-1.5"/>'
)
CLEAR = _icon('<path d="M4 7h16M9 7V4.5h6V7M6.5 7l1 13h9l1-13M10 11v5.5M14 11v5.5"/>')
PERSON = _icon('<circle cx="12" cy="8" r="3.6"/><path d="M4.5 20a7.5 7.5 0 0 1 15 0"/>')
_THUMB = (
    "M7 11v9H4.5A1.5 1.5 0 0 1 3 18.5v-6A1.5 1.5 0 0 1 4.5 11zM7 11l4-7.5a2 2 0 0 1 2 2V9h5.5a2 2 0 0 1 2 2.3"
    "l-1.1 7A2 2 0 0 1 17.4 20H7"
)
YES = _icon(f'<path d="{_THUMB}"/>')
NO = _icon(f'<path d="{_THUMB}" transform="rotate(180 12 12)"/>')
LOGO = (
    '<svg class="at-logo" viewBox="0 0 32 32" width="30" height="30" aria-hidden="true" focusable="false">'
    '<path class="at-logo-back" '
    'd="M8 3h16a6 6 0 0 1 6 6v9a6 6 0 0 1-6 6h-7l-6.6 5.3c-.6.5-1.4.1-1.4-.7V24H8a6 6 0 0 1-6-6'
    'V9a6 6 0 0 1 6-6z"/><path class="at-logo-line" d="M9 10.5h14"/><path class="at-logo-mark" d="M9 16.5h8"/></svg>'
)
