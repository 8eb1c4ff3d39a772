"""One file a step, from the first released schema to this one. Expand, then contract; history is never rewritten."""
