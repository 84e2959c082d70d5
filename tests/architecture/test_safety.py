"""What our code never does, so that whole kinds of attack find nothing to work on."""

import ast
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path

from flask import Flask
from packaging.version import Version

from app.platform.guards import Access
from tests.architecture.each import for_each
from tests.architecture.routes import routes
from tests.factories.people import a_person, signed_in

APP = sorted(Path("app").rglob("*.py"))
SCRIPTS = sorted(Path("static/js").glob("*.js"))
TEMPLATES = sorted(Path("templates").rglob("*.html"))
VENDORED = re.compile(r"^\| `(\S+)` \| .+ \| `([0-9a-f]{64})` \|$", re.M)

# Runs what it is given, in Python or in a shell, or makes objects of it.
RUNS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.spawnv"}
# Those that read what strangers sent run there, each in a process of its own with bounds.
APART = {
    Path("app/media/apart/__init__.py"): {"subprocess"},
    Path("app/media/apart/confined.py"): {"os.execv"},
}
NEVER = {
    "subprocess", "pty", "pickle", "marshal", "shelve", "dill", "yaml", "xml", "xmlrpc", "lxml", "ldap",
    "ldap3", "requests", "httpx", "aiohttp", "urllib3", "urllib.request", "http.client", "ftplib",
}  # fmt: skip
# Writes feeds, and reads none.
WRITES_XML = {Path("app/posts/syndication.py"): {"xml.etree", "xml.etree.ElementTree"}}
READS_XML = {
    "fromstring",
    "fromstringlist",
    "parse",
    "iterparse",
    "XML",
    "XMLID",
    "XMLParser",
    "XMLPullParser",
}
# Speaks to push services, whose addresses browsers tell us; the module says how it keeps within bounds.
FETCHES = {Path("app/notifications/gateways/push.py"): {"http.client"}}
# One sends mail, one asks the virus scanner, one hangs up on slow push services, two keep the server's own
# listening sockets and its clients'.
SOCKETS = {
    Path("app/platform/mail/smtp.py"): {"smtplib"},
    Path("app/media/scanner.py"): {"socket"},
    Path("app/notifications/gateways/push.py"): {"socket"},
    # It connects nowhere: it cuts lines of the database.
    Path("app/platform/primary.py"): {"socket"},
    Path("app/platform/realtime/process.py"): {"socket"},
    Path("app/platform/realtime/wire.py"): {"socket"},
}
IN_BROWSER = re.compile(
    r"\b(?:eval|Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|postMessage|sessionStorage"
    r"|indexedDB|document\.cookie|__proto__)\b|addEventListener\([\"']message[\"']|setTimeout\([\"']"
)
# One keeps a comment for who has to sign in again, one forgets all of it when somebody signs out.
KEEPERS = {"kept.js", "ui.js"}
WEAK = re.compile(r"\b(?:md5|sha1|SHA1|MD5|DES|ARC4|RC4|Blowfish|ECB|CBC|PKCS1v15)\b")


@cache
def calls(path: Path) -> frozenset[str]:
    called = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return frozenset(ast.unparse(func) for func in called)


@cache
def modules(path: Path) -> frozenset[str]:
    return frozenset(_modules(path))


def _modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@for_each(APP)
def test_nothing_that_was_sent_is_run(path: Path) -> None:
    allowed = APART.get(path, set()) | WRITES_XML.get(path, set()) | FETCHES.get(path, set())
    assert calls(path) & RUNS <= allowed
    assert path not in WRITES_XML or not {call.split(".")[-1] for call in calls(path)} & READS_XML
    used = {module for module in modules(path) if {module, module.split(".")[0]} & NEVER}
    assert used <= allowed, "nothing is run, unpacked into objects, or fetched"


@for_each(APP)
def test_nobody_else_talks_to_the_network(path: Path) -> None:
    """Beside the clients of PostgreSQL and Redis: what connects where stands in docs/security.md."""
    direct = {module for module in modules(path) if module in {"socket", "smtplib"}}
    assert direct - SOCKETS.get(path, set()) == set()


@for_each(APP)
def test_no_statement_is_put_together_from_words(path: Path) -> None:
    """`text()` gets a constant; what varies is a parameter. Names of our own tables are the exception."""
    source = path.read_text()
    if "text" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"text", "sa.text", "sqlalchemy.text"}:
            joined = [part for argument in node.args for part in ast.walk(argument)]
            woven = [ast.unparse(part) for part in joined if isinstance(part, ast.JoinedStr | ast.BinOp)]
            allowed = path in {Path("app/demo/cli.py"), Path("app/accounts/models.py")}
            assert woven == [] or allowed, woven


@for_each(APP)
def test_no_weak_hash_cipher_or_padding_is_named(path: Path) -> None:
    source = path.read_text()
    if WEAK.search(source):  # in comments it may be
        assert WEAK.findall(ast.unparse(ast.parse(source))) == []


@for_each(SCRIPTS)
def test_scripts_make_no_code_and_no_markup_of_words(path: Path) -> None:
    allowed = {"sessionStorage"} if path.name in KEEPERS else set()
    assert set(IN_BROWSER.findall(path.read_text())) <= allowed


@for_each(TEMPLATES)
def test_templates_escape_everything_and_let_people_paste(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"\|\s*safe\b|autoescape|Markup\(", source)
    assert not re.search(r"onpaste|oncopy|autocomplete=.off.[^>]*type=.password", source)


def test_what_is_vendored_is_what_was_pinned() -> None:
    listed = dict(VENDORED.findall(Path("static/vendor/README.md").read_text()))
    there = {path.name: path for path in Path("static/vendor").glob("*.js")}
    assert listed.keys() == there.keys()
    for name, path in there.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == listed[name], name


def test_every_library_that_runs_is_pinned_and_listed() -> None:
    """requirements.txt and constraints.txt are the inventory: nothing runs that they do not name exactly."""
    pinned = dict(_pins("requirements.txt")) | dict(_pins("constraints.txt"))
    here = {_plain(one.name): one for one in distributions()}
    needed, waiting = set[str](), [name for name, _ in _pins("requirements.txt")]
    while waiting:
        name = waiting.pop()
        # What is needed on other systems only is not here.
        if name in here and name not in needed:
            needed.add(name)
            waiting += _requires(here[name])
    # As versions: what is pinned as 2.7 may call itself 2.007.
    assert needed <= pinned.keys()
    assert {name: Version(here[name].version) for name in needed} == {
        name: Version(pinned[name]) for name in needed
    }


def _pins(file: str) -> Iterator[tuple[str, str]]:
    for line in Path(file).read_text().splitlines():
        if line and not line.startswith(("#", "-")):
            name, _, version = line.partition("==")
            assert version, f"{file}: {line} is not pinned"
            yield _plain(name), version


def _requires(one: Distribution) -> Iterator[str]:
    for line in one.requires or ():
        if "extra ==" not in line:
            yield _plain(re.split(r"[^\w.-]", line, maxsplit=1)[0])


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_page_that_needs_a_sign_in_offers_the_way_out(app: Flask) -> None:
    page = signed_in(app, a_person(app, roles=("fan", "creator", "admin")), second_factor=True)
    needing = set(Access) - {Access.ANYONE, Access.ANONYMOUS, Access.MACHINE, Access.DEMO}
    seen = 0
    for route in routes(app):
        if route.method == "GET" and route.guard.access in needing:
            answer = page.get(route.path, follow=False)
            if answer.status == 200 and answer.html:
                seen += 1
                assert answer.has_form("/logout"), route.rule
    assert seen > 10
