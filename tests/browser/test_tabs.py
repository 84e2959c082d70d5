"""Tests use browsers one after another: none finds what another left."""

from tests.browser.site import LiveSite
from tests.browser.tabs import Profiles, Tabs
from tests.browser.test_what_stays import stored

LEAVE = """async () => {
    localStorage.setItem("theme", "dark");
    sessionStorage.setItem("draft", "words");
    document.cookie = "seen=1";
    await caches.open("pages");
    await new Promise((opened) => (indexedDB.open("rows").onsuccess = opened));
}"""


def test_a_browser_that_is_used_again_is_empty(profiles: Profiles, live_site: LiveSite) -> None:
    first = Tabs(profiles, live_site.url)
    tab = first.open()
    tab.goto("/login")
    tab.evaluate(LEAVE)
    assert len(stored(tab)) == 5
    used = tab.context
    first.close()
    second = Tabs(profiles, live_site.url)
    tab = second.open()
    assert tab.context is used
    assert tab.context.cookies() == []
    tab.goto("/login")
    assert stored(tab) == set()
    second.close()
