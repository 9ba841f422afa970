"""Backups: one file with the database and the plugins' files, made while the server runs."""
