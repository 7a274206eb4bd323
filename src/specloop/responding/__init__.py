"""Entrants, and what the methods in `methods` share: thinking on, candidates, the texts they
send."""
