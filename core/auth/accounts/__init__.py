"""Accounts from the invitation to their deletion."""
