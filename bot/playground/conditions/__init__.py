"""What a test may ask of the network: faults and flood limits."""
