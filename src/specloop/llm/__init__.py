"""Models: the only way in which the rest of the package talks to one."""
