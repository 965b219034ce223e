"""Letting a desktop app in by a code: RFC 8628, the device authorization grant."""
