"""Training of the shipped encoder; nothing here is needed to score a post."""
