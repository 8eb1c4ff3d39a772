"""What can go wrong with the database itself, in the operator's words."""


class StoreUnavailable(Exception):
    """The database cannot be reached or written just now. Nothing that was stored before is lost."""


class StoreFull(StoreUnavailable):
    """There is no room left where the database lies. The transaction was taken back whole."""


class UpgradeFailed(StoreUnavailable):
    """A step of the schema failed. It was taken back whole; the message says where the copy made before lies."""


class StoreTooNew(Exception):
    """The database was made by a newer lenskeeper than this one."""
