"""Text to vectors, and vectors to matches."""
