"""Who may do what: roles, and the permissions they hold."""
