"""The server: REST, WebSocket and database behind one composition root (``app.create_app``)."""
