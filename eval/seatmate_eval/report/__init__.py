"""The report of a run: gathered once (content.py), rendered as page, JSON and JUnit (write.py)."""
