"""One short, polite visit to a camera: does it answer, is the path right, does a picture come."""
