"""The neighbour VPC's things: networks, and public addresses (EIPs).

Source: "Querying VPCs" and "Querying EIPs" of the VPC API reference, v1.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from drkit.model.fields import WireFields
from drkit.showing import shows


@shows("id", "name", "cidr")
@dataclass(frozen=True, slots=True)
class Network:
    """A network (VPC). `created_at` is None where the cloud does not tell it."""

    id: str
    name: str
    cidr: str = ""
    created_at: datetime | None = None

    @classmethod
    def from_wire(cls, source: object) -> Self:
        """Read one of `vpcs`."""
        fields = WireFields.lenient("network", source)
        return cls(
            fields.identity(),
            fields.optional("name") or fields.identity(),
            fields.optional("cidr"),
            fields.time("created_at") if fields.has("created_at") else None,
        )


@shows("id", "address", "port_id")
@dataclass(frozen=True, slots=True)
class PublicAddress:
    """A public address (EIP). `port_id` is the network card that it leads to, empty where it leads nowhere.

    `status` is as the service tells it: ACTIVE bound, DOWN unbound, ELB bound to a load balancer.
    """

    id: str
    address: str
    status: str
    port_id: str = ""
    created_at: datetime | None = None

    @property
    def unbound(self) -> bool:
        """Whether it leads nowhere, and costs money for that."""
        return self.status == "DOWN"

    @classmethod
    def from_wire(cls, source: object) -> Self:
        """Read one of `publicips`."""
        fields = WireFields.lenient("public address", source)
        return cls(
            fields.identity(),
            fields.optional("public_ip_address") or fields.identity("public_ipv6_address"),
            fields.identity("status"),
            fields.optional("port_id"),
            fields.time("create_time") if fields.has("create_time") else None,
        )
