"""The names of points, devices and what is registered with them, inside one database."""

from typing import NewType

PointId = NewType("PointId", int)
DeviceId = NewType("DeviceId", int)
CredentialId = NewType("CredentialId", int)
BatchId = NewType("BatchId", int)
DeclarationId = NewType("DeclarationId", int)
