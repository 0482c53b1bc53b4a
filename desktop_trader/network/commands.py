"""What people may want of the network: to lose it for a while, to have it back, to look now."""

from desktop_trader.engine.network_pause import NetworkPause
from desktop_trader.engine.notice_board import NoticeBoard
from desktop_trader.messages.commands import EndSimulatedLoss, NetworkCommand, SimulateLoss
from desktop_trader.messages.notices import CommandRefused, Notice

_LONGEST_LOSS_SECONDS = 86_400


def carry_out(command: NetworkCommand, *, pause: NetworkPause, board: NoticeBoard, now: float) -> list[Notice]:
    """Do it, or refuse it, and return the answer, which repeats the request's id; `now` is monotonic seconds."""
    board.request_id = command.request_id
    refusal = _refusal(command, pause)
    if refusal:
        board.pin(CommandRefused, reason="network", detail=refusal, is_bad_input=isinstance(command, SimulateLoss))
    elif isinstance(command, SimulateLoss):
        seconds = command.seconds
        how_long = "until it is ended" if seconds is None else f"for {seconds.normalize():f} s"
        board.log(f"The loss of the network is simulated {how_long}", level="warning")
        pause.simulate_loss(now, None if seconds is None else float(seconds))
    elif isinstance(command, EndSimulatedLoss):
        board.log("The simulated loss of the network is over; everything is verified before anything trades")
        pause.end_loss(now)
    else:
        board.log("Looking now whether the network is back")
        pause.retry_now(now)
    board.request_id = ""
    return board.take()


def _refusal(command: NetworkCommand, pause: NetworkPause) -> str:
    loss = pause.decisions.loss
    if isinstance(command, SimulateLoss):
        seconds = command.seconds
        if seconds is not None and not (seconds.is_finite() and 0 < seconds <= _LONGEST_LOSS_SECONDS):
            return f"a loss lasts more than 0 and at most {_LONGEST_LOSS_SECONDS} seconds, not {seconds}"
        return ""
    if isinstance(command, EndSimulatedLoss):
        return "" if loss.is_on else "no loss of the network is simulated"
    if pause.can_retry:
        return ""
    if loss.is_on and not pause.has_line:
        return "the loss of the network is simulated: end that, and everything is looked at by itself"
    return f"there is nothing to try again: {pause.state.word}"
