"""RTSP, SDP, RTP and HTTP as cameras speak them: bytes in, events out, no socket and no clock.

Nothing here raises for what a peer said. What cannot be read is an event, `Garbled`, after which the
dialogue hears no more; what is merely odd is tolerated and counted.
"""
