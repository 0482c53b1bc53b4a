"""Answers a REST call in the way a fault of the line says."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.exchange.loopback.faults import Fault, Faults, Injected

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
PORTAL = "<!DOCTYPE html><html><head><title>Welcome to the hotel</title></head><body>Please log in.</body></html>"
_CHUNK = b"x" * 65536
_FIXED = {
    Fault.HTTP_502: (502, "<html><body><h1>502 Bad Gateway</h1></body></html>"),
    Fault.HTTP_503: (503, '{"code":503,"data":null,"message":"unavailable"}'),
    Fault.HTTP_418: (418, "<html><body>I'm a teapot</body></html>"),
    Fault.HTTP_401: (401, PORTAL),
    Fault.MAINTENANCE: (200, '{"code":4001,"data":{},"message":"Service unavailable, please try again later."}'),
    Fault.PORTAL: (200, PORTAL),
    Fault.EMPTY_OBJECT: (200, "{}"),
    Fault.NULL: (200, "null"),
    Fault.EMPTY_BODY: (200, ""),
}


def reset(transport: asyncio.BaseTransport | None) -> None:
    """End a connection with RST, as a router that forgot it does."""
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


async def answer_with(injected: Injected, request: web.Request, answer: Answer, faults: Faults) -> web.StreamResponse:
    """Return what the fault makes of the call; the connection may be gone afterwards."""
    try:
        return await _answer(injected, request, answer, faults)
    except ConnectionError:  # whoever asked has had enough
        return web.Response()


async def _answer(injected: Injected, request: web.Request, answer: Answer, faults: Faults) -> web.StreamResponse:
    match injected.fault:
        case Fault.HANG:
            await injected.ended.wait()
            return await answer(request)
        case Fault.SLOW:
            await asyncio.sleep(injected.seconds)
            return await answer(request)
        case Fault.LOST_ANSWER:
            await answer(request)
            reset(request.transport)
            return web.Response()
        case Fault.RESET:
            reset(request.transport)
            return web.Response()
        case Fault.TRICKLE:
            return await _trickle(request, await answer(request), injected, faults)
        case Fault.HUGE:
            return await _huge(request, injected.size)
        case Fault.TRUNCATED:
            body = _body(await answer(request))
            return web.Response(body=body[: len(body) // 2], content_type="application/json")
        case _:
            return _plain(injected)


def _plain(injected: Injected) -> web.Response:
    match injected.fault:
        case Fault.HTTP_429:
            wait = {"Retry-After": f"{injected.seconds:g}"}
            return web.Response(status=429, text="Too Many Requests", headers=wait)
        case Fault.CODE:
            return web.json_response({"code": injected.code, "data": {}, "message": injected.text or "refused"})
    status, text = _FIXED[injected.fault]
    content = "text/html" if text.startswith("<") else "application/json"
    return web.Response(status=status, text=text, content_type=content)


def _body(response: web.StreamResponse) -> bytes:
    body = response.body if isinstance(response, web.Response) else b""
    return body if isinstance(body, bytes) else b""


async def _trickle(
    request: web.Request, right: web.StreamResponse, injected: Injected, faults: Faults
) -> web.StreamResponse:
    body = _body(right)
    response = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": "application/json"})
    await response.prepare(request)
    for position in range(len(body)):
        if not faults.is_in_force(injected):
            await response.write(body[position:])
            break
        await response.write(body[position : position + 1])
        await asyncio.sleep(injected.seconds)
    return response


async def _huge(request: web.Request, size: int) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"code":0,"message":"OK","data":"')
    for _ in range(size // len(_CHUNK)):
        await response.write(_CHUNK)
    await response.write(b'"}')
    return response
