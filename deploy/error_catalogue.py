"""Every error that Gatehouse answers, read where each is declared: the errors.h of the rooms and functions, and nginx's
errors.conf. Codes that hold a name of the request's are families, `{member}_required`; functions/openapi.yaml lists those."""

import re
from dataclasses import asdict, dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
_TEXT = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'
_KIND = re.compile(rf"inline constexpr ErrorKind (\w+)\{{\s*(\d+),\s*{_TEXT},\s*{_TEXT},\s*{_TEXT}\}};")


class CatalogueError(Exception):
    """What is declared where it cannot be found, or so that it cannot be read."""


@dataclass(frozen=True, order=True)
class Error:
    code: str
    status: int
    message: str
    next_step: str
    source: str  # "every function", a function's name, or "nginx"

    def published(self):
        return {("from" if name == "source" else name): value for name, value in asdict(self).items()}


def sources():
    """Every C++ file that may raise an error."""
    return sorted(path for folder in ("shared", "functions") for path in (REPOSITORY / folder).rglob("*")
                  if path.suffix in (".h", ".cpp"))


def catalogue():
    """All that are declared; the families are not among them."""
    found = set(of_nginx())
    for path in sources():
        text = path.read_text()
        kinds = list(_KIND.finditer(text))
        if len(kinds) != len(re.findall(r"\bconstexpr\s+ErrorKind\b", text)) or (kinds and not path.name.endswith("errors.h")):
            raise CatalogueError(f"{path}: an ErrorKind is `inline constexpr ErrorKind name{{...}};` in an errors.h")
        parts = path.relative_to(REPOSITORY).parts
        source = parts[1] if parts[0] == "functions" else "every function"
        for _, status, *texts in (kind.groups() for kind in kinds):
            found.add(Error(_literal(texts[0]), int(status), _literal(texts[1]), _literal(texts[2]), source))
    return sorted(found)


def of_nginx():
    """What nginx answers by itself."""
    text = (REPOSITORY / "nginx" / "snippets" / "errors.conf").read_text()
    codes, messages, steps = (_map(text, name) for name in ("error_code", "error_text", "error_next_step"))
    if not set(codes) == set(messages) == set(steps):
        raise CatalogueError("errors.conf: the maps of codes, texts and next steps name different errors")
    statuses = {**{key: int(key) for key in codes if key.isdigit()}, **{key: 400 for key in ("495", "497") if key in codes},
                "default": 500}
    return {Error(codes[key], statuses[key], messages[key], steps[key], "nginx") for key in codes}


def _map(text, name):
    body = re.search(rf"map \$\w+ \${name} \{{\n(.*?)\n\}}", text, re.DOTALL)
    if not body:
        raise CatalogueError(f"errors.conf has no map ${name}")
    return {key: plain or quoted for key, quoted, plain in re.findall(r'^\s*(\w+) (?:"([^"]*)"|(\w+));$', body[1], re.MULTILINE)}


def _literal(text):
    """The value of adjacent C++ string literals."""
    pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
    return re.sub(r"\\(.)", r"\1", "".join(pieces))
