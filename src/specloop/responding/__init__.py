"""What the methods in `methods` share: thinking on, candidates and the texts they send."""
