"""How good it is, language by language: reading, retrieval and end to end."""
