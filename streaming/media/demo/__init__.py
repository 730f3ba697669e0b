"""The demo camera: a living room of cut paper, and the cat who lives in it."""
