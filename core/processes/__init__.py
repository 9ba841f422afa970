"""The processes of a server: one that watches, web workers, and what runs beside them.

The main process listens, forks the others and serves nothing itself. Whoever dies or falls silent
is replaced; SIGHUP replaces all of them one by one; SIGTERM and SIGINT end them in good order.
See docs/decisions/0007.
"""
