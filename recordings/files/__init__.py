"""PURE: segment files written, scanned, named and let go. Knows no Django."""
