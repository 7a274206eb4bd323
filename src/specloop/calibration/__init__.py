"""Judges measured on labels, and rates corrected by what was measured. Pure, but for `certify`."""
