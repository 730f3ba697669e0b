"""PURE: pictures to boxes, boxes to tracks, tracks to visits. Knows no Django."""
