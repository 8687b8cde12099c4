"""`Choices`: what the operators decided while the program runs, kept in the knowledge base so that it lasts."""

from knowledge_base.store import KnowledgeBase


class Choices:
    """Named values in a knowledge base file. Every read sees the latest, also one of another process."""

    def __init__(self, knowledge_base: KnowledgeBase) -> None:
        self._connection = knowledge_base.connection

    def get(self, name: str) -> str | None:
        """The value last kept, None when nothing was chosen."""
        rows = self._connection.read("SELECT value FROM choices WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def keep(self, name: str, value: str) -> None:
        """Choose; the last choice counts."""
        self._connection.write("INSERT OR REPLACE INTO choices (name, value) VALUES (?, ?)", (name, value))

    def forget(self, name: str) -> None:
        """As if nothing had been chosen."""
        self._connection.write("DELETE FROM choices WHERE name = ?", (name,))
