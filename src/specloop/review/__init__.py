"""Labels by people: what they are asked, their decisions, and how far two of them agree."""
