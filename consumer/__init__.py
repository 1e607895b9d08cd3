"""The stream: source, score, publish."""
