"""A run's calls to models: each is made once, stored, counted and limited."""
