"""From matches and features to a decision."""
