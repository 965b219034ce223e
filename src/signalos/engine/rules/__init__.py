"""Trade management: rules that watch live signals and change them without a message."""
