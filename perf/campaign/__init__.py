"""Attacks on purpose: see `__main__`."""
