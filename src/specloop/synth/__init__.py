"""From rules to preference pairs: annotate, instantiate, probe, judge, pair (SpecAlign, 2026)."""
