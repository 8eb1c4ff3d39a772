"""Key frames made into planes of pixels, in the memory of a supervised worker only."""
