"""The look of the parts that gradio draws itself; the page's own look is in `style.css`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradio.themes import Base

FONTS = ("system-ui", "-apple-system", "Segoe UI", "Noto Sans", "sans-serif")
"""Only fonts that are on the reader's machine: nothing is fetched from a font server, every script has its own."""

MONO_FONTS = ("ui-monospace", "Consolas", "monospace")


def page_theme() -> "Base":
    """Gradio's plainest theme with the page's colours and local fonts."""
    from gradio.themes import Base

    theme = Base(primary_hue="teal", neutral_hue="slate", font=FONTS, font_mono=MONO_FONTS)
    return theme.set(
        body_background_fill="#f6f7f6",
        body_background_fill_dark="#121617",
        body_text_color="#1b2426",
        body_text_color_dark="#e6ebea",
    )
