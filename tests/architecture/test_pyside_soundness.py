"""The binding we pin is sound: 6.12.0 dropped a reference at every Python-side emit and aborted after about 560."""

import subprocess
import sys

EMITS = 20_000
PROGRAM = f"""
from PySide6.QtCore import QObject, Signal

class Source(QObject):
    happened = Signal(object)

received = []
source = Source()
source.happened.connect(received.append)
payload = object()
for number in range({EMITS}):
    source.happened.emit((number, payload, None, True))
assert len(received) == {EMITS} and received[-1] == ({EMITS - 1}, payload, None, True)
print("sound")
"""


def test_twenty_thousand_emits_of_an_object_do_not_abort_the_interpreter() -> None:
    result = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, f"exit code {result.returncode}\n{result.stderr}"
    assert result.stdout.strip() == "sound"
