"""Keeps other web sites out of this server: a browser would gladly send their requests here.

A foreign name that points to this machine (DNS rebinding) shows in the Host header. A form or a script on
another site shows in Origin or Sec-Fetch-Site. A header of our own makes browsers ask before they send.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
"""Names of this machine in the Host header."""
PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; style-src 'self'; "
        "script-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
"""Headers of every answer, unless the answer has its own."""


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests for another host or from another site, with status 403."""
    if refusal := _refusal(request):
        if request.path.startswith("/api"):
            return web.json_response({"error": refusal}, status=403)
        return web.Response(text=refusal, status=403)
    return await handler(request)


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Add the headers of every answer."""
    for name, value in PAGE_HEADERS.items():
        response.headers.setdefault(name, value)


def _refusal(request: web.Request) -> str | None:
    sockname = request.transport.get_extra_info("sockname") if request.transport else None
    port = sockname[1] if sockname else None
    hosts = {f"{name}:{port}" for name in LOCAL_NAMES}
    if port == 80:  # which browsers leave out
        hosts |= set(LOCAL_NAMES)
    host = request.headers.get("Host", "").lower()
    if host not in hosts:
        return "This server answers only at its own address on this machine."
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() != f"http://{host}":
        return "This server does not answer other websites."
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") and not _is_navigation(
        request
    ):
        return "This server does not answer other websites."
    if (
        request.path.startswith("/api")
        and request.method not in ("GET", "HEAD")
        and "X-Playground" not in request.headers
    ):
        return "The header X-Playground is missing."
    return None


def _is_navigation(request: web.Request) -> bool:
    """True if the user follows a link to the page, which tells the other site nothing."""
    return (
        request.method == "GET"
        and request.path == "/"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest") == "document"
    )
