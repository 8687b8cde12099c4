"""How careful the bot is, as HTML. Pure."""

from chatbot.calibration import TradeOff
from ui.desk_caution import Caution
from ui.desk_html import PageContext, heading, page, table, token_field

COLUMNS = ("The bot answers when it is", "Questions answered", "Of those right")


def caution_page(found: Caution, context: PageContext) -> str:
    """The choices from careful to eager with what each costs."""
    subtitle = "A careful bot answers less and is right more often. Counted on questions it was not fitted to."
    body = f"{heading('Caution', subtitle)}{_fixed(found)}{_form(found, context)}"
    return page("Caution", "caution", body, context)


def _fixed(found: Caution) -> str:
    if found.fixed is None:
        return ""
    return (
        f'<p class="dk-notice">Set to {found.fixed:.2f} when the program was started (--threshold or '
        "ANYTONGUE_THRESHOLD). Start it without to choose here.</p>"
    )


def _form(found: Caution, context: PageContext) -> str:
    if not found.offers:
        return (
            '<p class="dk-card dk-empty">The confidence is a rough guess so far, so no cost is known. Run: '
            "<code>python main.py calibrate QUESTIONS</code></p>"
        )
    button = "" if found.fixed is not None else '<div class="dk-row"><button class="dk-button">Use this</button></div>'
    return (
        f'<form class="dk-card dk-caution" method="post" action="choose-caution">{token_field(context)}'
        f"{table(COLUMNS, _rows(found), 'dk-numbers')}{button}</form>"
    )


def _rows(found: Caution) -> list[list[str]]:
    meant = f", meant for {found.default_target:.0%} right" if found.default_target is not None else ""
    rows = [_row("", f"Default{meant}: ", found.default, found.default_cost, found)]
    names = {0: "Careful: ", len(found.offers) - 1: "Eager: "}
    for place, point in enumerate(found.offers):
        rows.append(_row(str(point.threshold), names.get(place, ""), point.threshold, point, found))
    if found.chosen is not None and found.chosen not in {point.threshold for point in found.offers}:
        rows.append(_row(str(found.chosen), "Your own: ", found.chosen, found.chosen_cost, found))
    return rows


def _row(value: str, name: str, threshold: float, cost: TradeOff | None, found: Caution) -> list[str]:
    picked = found.fixed is None and value == ("" if found.chosen is None else str(found.chosen))
    state = (" checked" if picked else "") + (" disabled" if found.fixed is not None else "")
    words = f"{name}at least {threshold:.0%} sure"
    choice = f'<label class="dk-choice"><input type="radio" name="threshold" value="{value}"{state}>{words}</label>'
    shares = ("–", "–") if cost is None else (f"{cost.answered:.0%}", f"{cost.right:.0%}")
    return [choice, *shares]
