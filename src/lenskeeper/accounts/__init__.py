"""Who may sign in, and what each may do to which part of the organisation."""
