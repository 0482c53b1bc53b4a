"""The routes of the panic button: close all, and the way back."""

from aiohttp import web

from desktop_trader.api import payloads, requests
from desktop_trader.api.answering import AnswerError, Asker, answers_to, json_answer, refusal
from desktop_trader.messages.commands import ClearCloseOnly, CloseAll
from desktop_trader.messages.notices import AlreadyDone, CloseOnlyChanged, CommandRefused


class PanicRoutes:
    """Answers once the latch is in the books, with what is still open then, and why."""

    def __init__(self, asker: Asker, *, is_private: bool) -> None:
        """Ask through `asker`; by the private door an author is taken as it is."""
        self._asker = asker
        self._is_private = is_private

    async def close_all(self, request: web.Request) -> web.Response:
        """Cancel every order, close every position and enter nothing until it is cleared."""
        return self._carry_out(requests.close_all(await request.read(), is_private=self._is_private))

    async def clear_close_only(self, request: web.Request) -> web.Response:
        """Allow entries again."""
        return self._carry_out(requests.clear_close_only(await request.read(), is_private=self._is_private))

    def _carry_out(self, command: CloseAll | ClearCloseOnly) -> web.Response:
        # A position that cannot be closed now is refused with a notice of its own; the latch is on nevertheless.
        notices = self._asker.tell(command)
        answers = answers_to(notices, command)
        if not any(isinstance(each, CloseOnlyChanged | AlreadyDone) for each in answers):
            for each in answers:
                if isinstance(each, CommandRefused):
                    raise refusal(each)
            raise AnswerError(503, "not_done", "nothing says that this was done; look at positions and orders")
        fields = payloads.panic_fields(self._asker.snapshot(command.account))
        return json_answer({**fields, "notices": [notice.as_fields() for notice in notices]})
