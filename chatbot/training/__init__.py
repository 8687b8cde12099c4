"""How the packaged reader is made."""
