"""What metrics share: the answers that they see, and scores and shares of verdicts."""
