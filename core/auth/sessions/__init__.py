"""Where somebody is signed in, and for how long."""
