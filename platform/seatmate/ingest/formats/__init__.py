"""One file per format: bytes to pieces. None knows of the others, of manifests or of passages."""
