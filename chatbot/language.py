"""Which language a message is written in: it chooses the wording of the reply and gates nothing else."""

LANGUAGES: tuple[str, ...] = (
    "en", "ar", "bg", "de", "el", "es", "fr", "hi", "id", "it", "ja", "ko",
    "nl", "pl", "pt", "ro", "ru", "sw", "th", "tr", "ur", "vi", "zh",
)  # fmt: skip
"""The languages that the bot replies in."""
