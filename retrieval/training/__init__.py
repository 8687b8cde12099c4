"""How the packaged encoder is made."""
