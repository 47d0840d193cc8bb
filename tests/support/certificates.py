"""Certificates of servers, made with OpenSSL's command."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from pathlib import Path


class Certificate(NamedTuple):
    """A certificate that its own key has signed.

    Attributes
    ----------
    file
        The certificate, as whoever trusts it needs it.
    key
        Its private key.
    """

    file: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        """Return the settings of a server that has it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


def certificate(
    folder: Path, *, names: str = "DNS:localhost,IP:127.0.0.1", days: int = 1
) -> Certificate:
    """Make a certificate; skip the test where there is no OpenSSL, which is a failure on CI.

    Parameters
    ----------
    folder
        Folder for its files.
    names
        Alternative names of the server, in OpenSSL's form.
    days
        Days until it expires; -1 for one that expired yesterday.
    """
    command = shutil.which("openssl")
    if command is None:
        if os.environ.get("CI"):
            pytest.fail("no openssl on the PATH")
        pytest.skip("no openssl on the PATH")
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    request, extensions = folder / "request.pem", folder / "extensions.txt"
    extensions.write_text(f"subjectAltName={names}\n")
    make_request = ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    sign_it = ["x509", "-req", "-days", str(days), "-extfile", str(extensions)]
    for arguments in (
        [*make_request, "-keyout", str(made.key), "-out", str(request)],
        [*sign_it, "-signkey", str(made.key), "-in", str(request), "-out", str(made.file)],
    ):
        subprocess.run([command, *arguments], check=True, capture_output=True)
    return made
