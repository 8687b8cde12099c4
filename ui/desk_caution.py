"""The desk's control of how careful the bot is. Plain functions."""

from dataclasses import dataclass

from chatbot.calibration import TradeOff
from chatbot.carefulness import BadThreshold, offers
from ui.desk import Desk


@dataclass(frozen=True, slots=True)
class Caution:
    """Everything the page shows."""

    default: float
    """What calibration found."""
    default_target: float | None
    """Share of right answers it was chosen for."""
    chosen: float | None
    """At the desk; None = the default."""
    fixed: float | None
    """Set at the start of the program: nothing can be chosen."""
    offers: tuple[TradeOff, ...]
    """Careful first."""
    default_cost: TradeOff | None
    chosen_cost: TradeOff | None


def caution(desk: Desk) -> Caution:
    """The threshold in use and the ones that can be chosen."""
    carefulness, calibration = desk.chatbot.carefulness, desk.chatbot.pipeline.calibration
    chosen = None if carefulness.fixed is not None else carefulness.threshold
    return Caution(
        calibration.threshold,
        calibration.target,
        chosen,
        carefulness.fixed,
        tuple(offers(calibration)),
        calibration.cost_at(calibration.threshold),
        None if chosen is None else calibration.cost_at(chosen),
    )


def choose(desk: Desk, text: str) -> str:
    """Keep what was picked, "" = the default; returns a sentence about it. Raises BadThreshold."""
    carefulness = desk.chatbot.carefulness
    if carefulness.fixed is not None:
        raise BadThreshold("The threshold was set when the program was started; nothing was changed.")
    if not text:
        carefulness.choose(None)
        return "Back to the default, from the next question on."
    try:
        threshold = float(text)
    except ValueError:
        raise BadThreshold(f"{text[:40]!r} is no confidence; nothing was changed.") from None
    carefulness.choose(threshold)
    return f"From the next question on the bot answers when it is at least {threshold:.0%} sure."
