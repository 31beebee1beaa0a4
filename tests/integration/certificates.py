"""Certificates made by openssl: an authority, and what it and others have issued."""

import base64
import hashlib
import ssl
import subprocess
from pathlib import Path

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=True).stdout


class Authority:
    """One that issues certificates into a directory."""

    def __init__(self, directory, name):
        self.directory = Path(directory)
        self.certificate, self.key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        openssl("req", "-x509", *EC, "-days", 2, "-subj", f"/O=Example/CN={name}", "-keyout", self.key, "-out", self.certificate,
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")

    def issue(self, name, subject, alternative="", days=1):
        """The files of certificate and key, as requests takes them. `alternative`: DNS:a.example,URI:urn:a."""
        paths = [self.directory / f"{name}.{kind}" for kind in ("pem", "key", "csr", "ext")]
        certificate, key, request, extensions = paths
        openssl("req", "-new", *EC, "-subj", subject, "-keyout", key, "-out", request)
        extensions.write_text("extendedKeyUsage = clientAuth\n" + (f"subjectAltName = {alternative}\n" if alternative else ""))
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-days", days,
                "-extfile", extensions, "-out", certificate)
        return str(certificate), str(key)


def self_signed(directory, name, subject):
    certificate, key = Path(directory) / f"{name}.pem", Path(directory) / f"{name}.key"
    openssl("req", "-x509", *EC, "-days", 1, "-subj", subject, "-keyout", key, "-out", certificate)
    return str(certificate), str(key)


def subject_of(pair):
    """As the documents say that it is registered."""
    return openssl("x509", "-in", pair[0], "-noout", "-subject", "-nameopt", "RFC2253").strip().removeprefix("subject=")


def sha256_of(pair):
    """x5t#S256."""
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(Path(pair[0]).read_text())).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
