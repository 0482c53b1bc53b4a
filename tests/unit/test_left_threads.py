"""Threads that nobody waits for: the end of a loop does not wait for a name that is still looked up."""

import asyncio
import threading
import time

from desktop_trader.network.left_threads import LeftThreads


def test_a_loop_ends_at_once_over_a_work_that_does_not() -> None:
    may_end = threading.Event()

    async def work() -> None:
        loop, begun = asyncio.get_running_loop(), asyncio.Event()
        loop.set_default_executor(LeftThreads())

        def look_up() -> None:
            loop.call_soon_threadsafe(begun.set)
            may_end.wait(30)

        asking = asyncio.create_task(asyncio.to_thread(look_up))
        await begun.wait()
        asking.cancel()

    started = time.monotonic()
    asyncio.run(work())
    took = time.monotonic() - started
    may_end.set()
    assert took < 5


def test_answers_and_errors_come_back_and_no_more_run_at_once_than_may() -> None:
    threads = LeftThreads(at_once=2)
    lock, now, most, pair = threading.Lock(), [0], [0], threading.Barrier(2)

    def work(number: int) -> int:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        pair.wait(30)
        with lock:
            now[0] -= 1
        return 60 // number

    futures = [threads.submit(work, number) for number in range(12)]

    assert [future.result(30) for future in futures[1:]] == [60 // number for number in range(1, 12)]
    assert isinstance(futures[0].exception(30), ZeroDivisionError)
    assert most[0] == 2


def test_what_waits_for_its_turn_is_forgotten_at_the_end() -> None:
    threads, may_end = LeftThreads(at_once=1), threading.Event()
    first, second = threads.submit(may_end.wait, 30), threads.submit(int)
    threads.shutdown()
    may_end.set()
    assert first.result(30)
    assert not second.done()
