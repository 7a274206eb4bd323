"""The calls of a run: each made once, stored, counted and limited."""
