"""From a message in any language to a cited English answer, and the talk around it."""
