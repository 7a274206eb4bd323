"""The providers of Inspect AI."""
