"""Models: the one seam through which anything talks to one."""
