"""Two hosts, each with all processes and its nginx, and a balancer: one house, also when one is gone."""

import re
from collections.abc import Iterator

import pytest

from tests.chat.talking import begin, say
from tests.deploy.a_house import Place
from tests.deploy.visitors import cookie_of, crowd
from tests.factories.creators import a_creator
from tests.factories.media import picture_bytes
from tests.factories.people import PASSWORD, Person, a_person
from tests.factories.posts import a_post
from tests.machines.many import Host, Machines, many_machines
from tests.media.conftest import Desk
from tests.page_client import PageClient
from tests.support import eventually

pytestmark = [pytest.mark.fault_long, pytest.mark.timeout(600)]

LIBRARY = "/dashboard/media"
PICTURE = re.compile(r'src="(/media/[^"]+)"')
BACK_WITHIN, TOLD_WITHIN = 5.0, 2.0


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    with many_machines() as there:
        yield there


def come_in(reader: PageClient, person: Person) -> PageClient:
    done = reader.send(
        reader.get("/login").form("/login"), follow=False, identifier=person.handle, password=PASSWORD
    )
    assert done.status == 303
    return reader


def goes_to(reader: PageClient, host: Host) -> PageClient:
    """The same browser, whose next request the balancer gives to this host."""
    reader.http.application = host.wire  # type: ignore[assignment]
    return reader


def test_what_begins_on_one_host_goes_on_on_another(machines: Machines) -> None:
    one, two = machines.hosts
    mara = a_creator(machines.app)
    reader = come_in(one.wire.reader(), mara)
    desk = Desk(machines.app, mara, goes_to(reader, two))
    content = picture_bytes(600, 400, quality=95)
    middle = len(content) // 2
    address = desk.ask(len(content)).headers["Location"]
    assert desk.part(address, 0, content[:middle]).status_code == 204
    goes_to(reader, one)
    assert desk.tus("HEAD", address).headers["Upload-Offset"] == str(middle)
    assert desk.part(address, middle, content[middle:]).status_code == 204
    eventually(lambda: "Ready" in goes_to(reader, two).get(LIBRARY).text, within=60)
    assert not any((host.settings.data_dir / "storage").exists() for host in machines.hosts)

    shown = PICTURE.search(reader.get(LIBRARY).html)
    assert shown
    for host in machines.hosts:
        picture = goes_to(reader, host).http.get(shown[1])
        assert (picture.status_code, picture.mimetype) == (200, "image/webp")

    reader.send(reader.get(LIBRARY).form("/logout"))
    goes_to(reader, one)
    eventually(lambda: reader.get(LIBRARY, follow=False).status == 303, within=TOLD_WITHIN)


def test_people_on_two_hosts_talk_live(machines: Machines) -> None:
    one, two = machines.hosts
    mara, ben = a_creator(machines.app), a_person(machines.app)
    listener = come_in(one.wire.reader(), mara)
    writer = come_in(two.wire.reader(), ben)
    page = one.wire.page_of(listener)
    talk = begin(writer, mara.handle, "Is this thing on?")
    eventually(lambda: "Is this thing on?" in str(page.recv()))
    answering = two.wire.page_of(writer)
    say(listener, talk, "Loud and clear")
    eventually(lambda: "Loud and clear" in str(answering.recv()))


def test_a_host_is_gone_and_nobody_has_to_know(machines: Machines) -> None:
    one, two = machines.hosts
    mara, ben = a_creator(machines.app), a_person(machines.app)
    post = a_post(machines.app, mara.id)
    front = machines.front
    reader = come_in(front.reader(), ben)
    talk = begin(reader, mara.handle)
    place = Place(one.house.home, front.port, front.certificate, machines.app, one.settings)
    pages = ("/", "/login", f"/@{mara.handle}", f"/posts/{post}")
    with crowd(place, cookie_of(machines.app, ben), talk, pages) as there:
        eventually(lambda: there.answers.total() > 100 and len(there.gaps) >= 2, within=60)
        two.kill()
        seen = there.answers.total()
        eventually(lambda: there.answers.total() > seen + 100, within=60)
        desk = Desk(machines.app, mara, come_in(front.reader(), mara))
        desk.send_form((picture_bytes(), "sea.jpg"))
        eventually(lambda: "Ready" in desk.page.get(LIBRARY).text, within=60)
        two.start()
        before = answered(two)
        eventually(lambda: answered(two) > before + 20, within=60)
    # What was being written to that host in that moment is sent again by whoever wrote it.
    assert [one for one in there.failures if not one.startswith("write: 50")] == []
    assert len(there.failures) <= 1
    assert max(there.gaps) < BACK_WITHIN, there.gaps


def answered(host: Host) -> int:
    return host.site.access_log.read_bytes().count(b"\n")
