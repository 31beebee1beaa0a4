"""Reads a .case file: one request as it goes over the wire, and the answer that the documents promise.

    # What is wrong with the request.
    POST /v1/auth/register
    Authorization: Bearer {a.public_key}
    Content-Type: application/json

    {"password": "password123"}

    => 400 email_required
    error: "email" is required

Behind `=>` stand the status and, for an error, its code. What may follow, in any order:

    MEMBER: TEXT              a member of the answer; what is no string is written as JSON
    header NAME: TEXT         a header of the answer
    not in answer: TEXT       a text that the answer must not hold
    same answer: b -> unknown the request is sent again with {unknown.x} for {b.x} and must be answered alike

In the request, {name.name} is a value of the world (case_world.py), {repeat "text" 1000} and {base64 "text"} do
what they say, and \\xff is a byte. Path, headers and body are sent as they stand; Host, Connection and, with a body,
Content-Length are added where the file does not name them.
"""

import base64
import dataclasses
import re
from pathlib import Path

NAME = re.compile(r"\{([a-z]\w*\.\w+)\}")
FUNCTION = re.compile(r'\{(repeat|base64) "([^"]*)"(?: (\d+))?\}')
BYTE = re.compile(rb"\\x([0-9a-f]{2})")
DIRECTIVE = re.compile(r"(header [\w-]+|not in answer|same answer|[a-z_]+): (.*)")


@dataclasses.dataclass
class Case:
    name: str
    method: str
    target: str
    headers: list
    body: str
    status: int
    code: str | None
    members: dict
    answer_headers: dict
    absent: list
    swap: tuple | None

    @property
    def path(self):
        return self.target.partition("?")[0]

    def swapped(self):
        """The same request about the other object."""
        old, new = (f"{{{name}." for name in self.swap)
        return dataclasses.replace(self, target=self.target.replace(old, new), body=self.body.replace(old, new),
                                   headers=[line.replace(old, new) for line in self.headers])

    def request(self, world):
        """The bytes to send."""
        body = expand(self.body, world)
        lines = [expand(line, world) for line in self.headers]
        given = {line.split(b":")[0].strip().lower() for line in lines}
        lines += [b"Host: localhost"] * (b"host" not in given) + [b"Connection: close"] * (b"connection" not in given)
        if body and not given & {b"content-length", b"transfer-encoding"}:
            lines.append(b"Content-Length: %d" % len(body))
        first = b"%s %s HTTP/1.1" % (expand(self.method, world), expand(self.target, world))
        return b"\r\n".join([first, *lines, b"", body])


def fill(text, world):
    return NAME.sub(lambda found: world[found[1]], text)


def expand(text, world):
    """The bytes of a piece of a request."""
    def call(found):
        if found[1] == "repeat":
            return found[2] * int(found[3])
        return base64.b64encode(unescape(found[2])).decode()
    return unescape(FUNCTION.sub(call, fill(text, world)))


def unescape(text):
    return BYTE.sub(lambda found: bytes.fromhex(found[1].decode()), text.encode())


def load(path, root):
    """Raises ValueError for a file that is not of the form above: a typo must not make a case that checks nothing."""
    request, mark, expected = path.read_text().partition("\n=> ")
    parts = re.fullmatch(r"(?:#[^\n]*\n)+([A-Za-z]+ [^\n]+(?:\n[^\n]+)*)\n(?:\n(.*))?", request, re.DOTALL)
    if not mark or not parts:
        raise ValueError(f"{path}: a case has a comment, a request and a line `=> STATUS`")
    head, body = parts[1], parts[2] or ""
    first, *headers = head.split("\n")
    method, _, target = first.partition(" ")
    outcome, *directives = expected.rstrip("\n").split("\n")
    status, _, code = outcome.partition(" ")
    case = Case(str(path.relative_to(root).with_suffix("")), method, target, headers, body.removesuffix("\n"), int(status),
                code or None, {}, {}, [], None)
    for line in directives:
        found = DIRECTIVE.fullmatch(line)
        if not found:
            raise ValueError(f"{path}: {line!r} is no expectation")
        name, value = found.groups()
        if name.startswith("header "):
            case.answer_headers[name.removeprefix("header ").lower()] = value
        elif name == "not in answer":
            case.absent.append(value)
        elif name == "same answer":
            case.swap = tuple(value.split(" -> "))
        else:
            case.members[name] = value
    if (case.status >= 400) != (case.code is not None):
        raise ValueError(f"{path}: an error has a code, a success has none")
    return case


def load_all(root):
    return [load(path, root) for path in sorted(Path(root).glob("*/*.case"))]
