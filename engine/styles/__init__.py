"""The styles that people can choose: our presets, famous paintings, and the host's own images."""
