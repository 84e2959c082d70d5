"""Addresses of the network."""

from ipaddress import IPv6Address, ip_address


def is_public(address: str) -> bool:
    """Whether it is one of the world outside: neither of this machine, nor of a net of our own."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found.sixtofour or found
    return found.is_global and not found.is_multicast
