"""The desktop app in a terminal window: a program of its own that reads and writes the app's journal."""
