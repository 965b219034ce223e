"""One file a command of the `signalos` command line."""
