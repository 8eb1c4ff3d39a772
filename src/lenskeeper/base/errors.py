"""The four ways a caller can err. The message is for an operator and names the cure."""


class CallerError(Exception):
    """What was asked for cannot be done as it was asked; the text says what to do instead."""


class NotFound(CallerError):
    """The thing that was named is not there."""


class NotAllowed(CallerError):
    """The caller may not do this."""


class Conflict(CallerError):
    """The thing is in a state that does not admit this step."""


class Invalid(CallerError):
    """A value is wrong. `field` names it as the caller knows it: an option, a column, a setting."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field
