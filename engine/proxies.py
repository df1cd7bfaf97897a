"""The environment's proxies: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, and NO_PROXY for the exceptions.

The HTTP client reads them by itself. It is kept from them for this machine's own addresses, and wrong ones
are found before they are used.
"""

from __future__ import annotations

import ipaddress
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from engine.host_errors import HostError

SCHEMES: Final = frozenset({"http", "https", "socks5", "socks5h"})
"""The kinds of proxies that the HTTP client knows."""


def client_options(url: str) -> dict[str, Any]:
    """Return the options of an HTTP client for an address: to this machine itself no proxy leads.

    Raises:
        HostError: a proxy may lead to the address, and a variable of the environment is no address of one.
            Its value, which may hold a password, is not quoted.
    """
    if is_loopback(url):
        return {"trust_env": False}
    proxies = getproxies()
    exceptions = [host.strip() for host in proxies.get("no", "").split(",")]
    for kind in ("http", "https", "all"):
        if (proxy := proxies.get(kind)) and "*" not in exceptions:
            _check(f"{kind.upper()}_PROXY", proxy)
    if any("[" in host for host in exceptions):  # the HTTP client takes an address in brackets for a port
        raise HostError("NO_PROXY should be a list of hosts without brackets, such as localhost,::1.")
    return {}


def is_loopback(url: str) -> bool:
    """Return whether an address is of this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_http_address(url: str) -> bool:
    """Return whether a text is an address with a host, and a port if any, that HTTP can reach."""
    return _is_address(url, frozenset({"http", "https"}))


def _check(name: str, proxy: str) -> None:
    url = proxy if "://" in proxy else f"http://{proxy}"
    if not _is_address(url, SCHEMES):
        raise HostError(f"{name} should look like http://host:port or socks5://host:port.")
    if urlsplit(url).scheme.startswith("socks") and find_spec("socksio") is None:
        raise HostError(f"{name} is a SOCKS proxy, which needs the package socksio.")


def _is_address(url: str, schemes: frozenset[str]) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # such as a port beyond 65535
        return False
