"""The styles that users can choose: presets, famous paintings, and the host's own images."""
