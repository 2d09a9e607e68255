"""Speed of the dashboard, measured in a real Chromium against real processes."""
