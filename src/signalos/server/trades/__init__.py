"""Trades: lists, closing and changing."""
