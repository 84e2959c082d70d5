"""One test for all files of a kind: to be told of thousands of little ones takes longer than to run them."""

from collections.abc import Callable, Iterable
from pathlib import Path


def for_each(paths: Iterable[Path]) -> Callable[[Callable[[Path], None]], Callable[[], None]]:
    """Every file is looked at, and the failure names all that are wrong."""
    files = list(paths)

    def make(check: Callable[[Path], None]) -> Callable[[], None]:
        def test() -> None:
            assert files, "the search finds what it looks for"
            wrong = [f"{path}: {said}" for path in files if (said := _wrong(check, path))]
            assert not wrong, "\n".join(wrong)

        test.__doc__ = check.__doc__
        return test

    return make


def _wrong(check: Callable[[Path], None], path: Path) -> str:
    try:
        check(path)
    except AssertionError as error:
        return str(error) or "no"
    return ""
