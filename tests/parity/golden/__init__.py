"""The parts of make_fixtures.py: one file per kind of golden value."""
