"""Pure values and rules of trading: no Qt, no SQL, no exchange library, no clock, no threads.

Everything here is a frozen value or a function of values. A newcomer starts with `accounting`, the one place
where money moves, and `ledger`, the shape of what it writes.
"""
