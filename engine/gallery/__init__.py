"""Our own style images: painted by our own code, free to use, ready when nobody has a painting at hand."""
