"""What is wrong with a picture, judged against the camera's own past, or that it cannot be checked."""
