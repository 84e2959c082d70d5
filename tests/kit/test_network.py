"""What lies outside, and what lies within our own walls."""

import pytest

from app.kit.network import is_public

OUTSIDE = ("8.8.8.8", "142.250.1.95", "2a00:1450:4001:80b::200a", "::ffff:8.8.8.8")
INSIDE = (
    "127.0.0.1", "0.0.0.1", "10.0.0.7", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd12::1", "ff02::1", "::ffff:10.0.0.7",
    "2002:0a00:0007::1", "somewhere", "",
)  # fmt: skip


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_of_the_world_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_of_this_machine_and_of_own_nets_are_not(address: str) -> None:
    assert not is_public(address)
