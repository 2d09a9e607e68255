"""Trained policies for other programs: one file a format."""
