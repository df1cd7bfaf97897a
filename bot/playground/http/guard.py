"""Keeps other web sites out of this server: a browser would gladly send their requests here.

A name that suddenly points to this machine (DNS rebinding) shows in the Host header; a form or a script
on another site shows in Origin or Sec-Fetch-Site; a header of our own makes browsers ask before they send.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
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


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    if refusal := _refusal(request):
        if request.path.startswith("/api"):
            return web.json_response({"error": refusal}, status=403)
        return web.Response(text=refusal, status=403)
    return await handler(request)


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
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
        return "This server answers only to its own address on this machine."
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() != f"http://{host}":
        return "This server does not answer other web sites."
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") and not _is_visit(
        request
    ):
        return "This server does not answer other web sites."
    if (
        request.path.startswith("/api")
        and request.method not in ("GET", "HEAD")
        and "X-Playground" not in request.headers
    ):
        return "The header X-Playground is missing."
    return None


def _is_visit(request: web.Request) -> bool:
    """Somebody follows a link to the page: that tells the other site nothing."""
    return (
        request.method == "GET"
        and request.path == "/"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest") == "document"
    )
