"""The desktop app: where messages are read, decided and sent to the terminals."""
