"""What became of an order, step by step."""

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.messages.order_receipt import OrderReceiptReply, OrderReceiptRequest


def order_receipt(context: AnswerContext, request: OrderReceiptRequest) -> OrderReceiptReply:
    """Return everything the books know of an order, or why there is nothing."""
    try:
        found = context.reader().order_receipt(request.account or context.account, request.order_id)
    except TraderError as failure:
        return OrderReceiptReply(request_id=request.request_id, receipt=None, error=failure.user_message)
    return OrderReceiptReply(request_id=request.request_id, receipt=found)
