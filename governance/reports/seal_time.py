"""A time stamp inside the seal, where an authority is configured: PAdES baseline B-T (ETSI EN 319 142-1 §6.3)."""

from asn1crypto import tsp
from pyhanko.sign.timestamps import TimeStamper

from governance.anchors.timestamp import TimeStamps


class SealStamper(TimeStamper):
    """pyHanko's view of the authority that also stamps checkpoints."""

    def __init__(self, authority: TimeStamps) -> None:
        super().__init__()
        self._authority = authority

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Return the authority's answer. Raises Undelivered."""
        return tsp.TimeStampResp.load(self._authority.ask(req.dump()))
