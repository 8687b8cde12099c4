"""English documents and the questions people asked about them, in one SQLite file."""
