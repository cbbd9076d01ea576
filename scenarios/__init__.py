"""Scenarios ready to run, the script that builds them, and the sources they come from."""
