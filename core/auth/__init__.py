"""Accounts: who is asking, and what they may do. ``plugin.py`` is the table of contents."""
