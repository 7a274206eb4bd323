"""Backends: one file or folder each."""
