"""The names of points and devices inside one database."""

from typing import NewType

PointId = NewType("PointId", int)
DeviceId = NewType("DeviceId", int)
CredentialId = NewType("CredentialId", int)
