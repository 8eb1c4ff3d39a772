"""The languages cameras speak, as bytes in and events out, without any I/O."""
