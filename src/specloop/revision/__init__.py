"""When the document changes: which rules are others, and what of a run still holds."""
