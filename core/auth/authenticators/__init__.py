"""What proves who somebody is (NIST SP 800-63B): passwords, codes of an app, keys of programs."""
