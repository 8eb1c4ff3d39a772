"""Who does which job, and until when."""
