"""Sitemaps."""
SITEMAPS: dict = {}
