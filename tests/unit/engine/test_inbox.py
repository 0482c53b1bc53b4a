"""The way in: bounded, and fair in what it gives up."""

from threading import Thread

from desktop_trader.engine.inbox import Inbox
from tests.builders import after, make_quote


def test_messages_come_out_once_in_their_order() -> None:
    inbox = Inbox(limit=10)
    for message in "abc":
        assert inbox.put_message(message)
    assert not inbox.is_empty
    assert inbox.take_messages() == ["a", "b", "c"]
    assert inbox.take_messages() == []
    assert inbox.is_empty


def test_what_is_put_back_comes_before_what_waits() -> None:
    inbox = Inbox(limit=10)
    for message in "abc":
        inbox.put_message(message)
    _, *rest = inbox.take_messages()
    inbox.put_message("d")
    inbox.put_back(rest)
    assert inbox.take_messages() == ["b", "c", "d"]


def test_beyond_a_thousand_messages_the_next_is_refused_and_none_is_lost() -> None:
    inbox = Inbox(limit=10)
    taken = [inbox.put_message(number) for number in range(1_005)]
    assert taken == [True] * 1_000 + [False] * 5
    assert inbox.take_messages() == list(range(1_000))
    assert inbox.put_message("again")


def test_when_it_is_full_only_the_newest_quote_of_each_symbol_waits_on() -> None:
    inbox = Inbox(limit=3)
    for number in range(10):
        for symbol in ("A/USDT", "B/USDT"):
            inbox.put_quote(make_quote(number + 1, symbol=symbol, at=after(seconds=number)))
    found = [(quote.symbol, int(quote.last)) for quote in inbox.take_quotes(100)]
    assert found == [("A/USDT", 1), ("B/USDT", 1), ("A/USDT", 2), ("B/USDT", 10), ("A/USDT", 10)]
    assert inbox.is_empty


def test_a_flood_of_quotes_neither_delays_nor_loses_a_command() -> None:
    inbox = Inbox(limit=3)
    for number in range(10_000):
        inbox.put_quote(make_quote(number + 1))
    assert inbox.put_message("stop")
    assert inbox.take_messages() == ["stop"]


def test_quotes_come_out_in_portions_and_never_in_the_wrong_order() -> None:
    inbox = Inbox(limit=5)
    for number in range(9):
        inbox.put_quote(make_quote(number + 1, at=after(seconds=number)))
    taken = []
    while not inbox.is_empty:
        taken += inbox.take_quotes(2)
    times = [quote.at for quote in taken]
    assert times == sorted(times)
    assert taken[-1].last == 9


def test_coalescing_ends_when_the_queue_is_empty_again() -> None:
    inbox = Inbox(limit=1)
    inbox.put_quote(make_quote(1))
    inbox.put_quote(make_quote(2))
    inbox.take_quotes(10)
    inbox.put_quote(make_quote(3))
    assert [quote.last for quote in inbox.take_quotes(10)] == [3]


def test_many_threads_lose_nothing() -> None:
    inbox = Inbox(limit=10)

    def send(name: str) -> None:
        for number in range(100):
            inbox.put_message((name, number))

    threads = [Thread(target=send, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messages = inbox.take_messages()
    assert len(messages) == 400
    assert [each for each in messages if isinstance(each, tuple) and each[0] == "a"] == [("a", n) for n in range(100)]


def test_a_newer_quote_never_overtakes_one_that_was_coalesced() -> None:
    inbox = Inbox(limit=2)
    for number in range(4):
        inbox.put_quote(make_quote(number + 1, at=after(seconds=number)))
    first = inbox.take_quotes(1)
    inbox.put_quote(make_quote(5, at=after(seconds=4)))
    assert [int(quote.last) for quote in first + inbox.take_quotes(9)] == [1, 2, 5]
