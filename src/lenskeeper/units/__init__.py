"""The organisation tree and contract lots: who belongs where, since when."""
