"""The doors of the import's window parts, with the real jobs behind them, done at once, and the real engine."""

from pathlib import Path

from desktop_trader.answers.legacy_imports import imports
from desktop_trader.domain.errors import TraderError
from desktop_trader.jobs import legacy_import
from desktop_trader.jobs.context import JobContext
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.messages.commands import Command
from desktop_trader.messages.jobs import JobDone, JobFailed, StartJob
from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.messages.legacy_import import EarlierImportsRequest, FindLegacyFiles, PrepareImport
from desktop_trader.settings import Settings
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.pages.page import PageDoors
from tests.engine_rig import EngineRig


class LegacyDesk:
    """`replies` wait for `deliver`; commands reach an engine in memory, whose news reach the model."""

    def __init__(self, home: Path, model: BalanceModel) -> None:
        home.mkdir(exist_ok=True)
        self.paths: DataFolderPaths = data_folder(home)
        self.model = model
        self.rig = EngineRig()
        self.sent: list[Command] = []
        self.replies: list[object] = []
        self.histories: list[LedgerFilter] = []
        self.is_deaf = False
        self._sequence = 0
        self.publish()

    def doors(self) -> PageDoors:
        """Return the doors to these."""
        return PageDoors(
            model=self.model,
            send=self.send,
            request=self.request,
            folder=self.paths,
            settings=Settings(),
            show_history=self.histories.append,
        )

    def send(self, command: Command) -> None:
        """Carry a command out and tell the model; a deaf engine says nothing."""
        self.sent.append(command)
        if self.is_deaf:
            return
        notices = self.rig.step(command)
        self.publish()
        for notice in notices:
            self.model.raise_notice(notice)

    def publish(self) -> None:
        """Let the model have the newest state."""
        from desktop_trader.engine.snapshot_publisher import build_snapshot

        self._sequence += 1
        self.model.replace_snapshot(build_snapshot(self.rig.engine, sequence=self._sequence))

    def request(self, request: object) -> None:
        """Do a job or answer a question with the real functions; the reply waits."""
        if isinstance(request, StartJob):
            self.replies.append(self._done(request))
        elif isinstance(request, EarlierImportsRequest):
            self.replies.append(imports(self._answer_context(), request))  # type: ignore[arg-type]

    def _done(self, request: StartJob) -> JobDone | JobFailed:
        context = JobContext(
            paths=self.paths, settings=Settings(), tell_progress=lambda *_: None, should_stop=lambda: False
        )
        try:
            if isinstance(request.job, FindLegacyFiles):
                return JobDone(request_id=request.request_id, result=legacy_import.find(context, request.job))
            assert isinstance(request.job, PrepareImport)
            return JobDone(request_id=request.request_id, result=legacy_import.prepare(context, request.job))
        except TraderError as error:
            return JobFailed(request_id=request.request_id, error=error.user_message)

    def _answer_context(self) -> object:
        class Context:
            paths = self.paths

        return Context()
