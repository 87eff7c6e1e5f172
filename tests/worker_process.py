"""A worker in a process of its own, for test_worker.py to kill. Run: python worker_process.py <folder> [slow step]

Its model writes every task it is asked to <folder>/asked.txt and, for the slow step, never comes back.
"""

import asyncio
import sys
from pathlib import Path

from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.domain.ports import ChatReply, ChatRequest
from seatmate.testing.models import ScriptedChatModel
from seatmate.worker import WorkerOptions, run_worker

sys.path.insert(0, str(Path(__file__).parent))

from aftercall import world  # type: ignore[import-not-found]


class SlowModel(ScriptedChatModel):
    """The scripted model with a diary, stuck in one step."""

    def __init__(self, folder: Path, slow: str) -> None:
        super().__init__(world.scripted()._replies)
        self._diary = folder / "asked.txt"
        self._slow = slow

    async def complete(self, request: ChatRequest) -> ChatReply:
        with self._diary.open("a") as diary:
            diary.write(f"{request.schema_name}\n")
        if request.schema_name == self._slow:
            await asyncio.Event().wait()
        return await super().complete(request)


async def main(folder: Path, slow: str) -> None:
    engine = open_engine(f"sqlite:///{folder / 'seatmate.db'}")
    upgrade(engine)
    calls = SqlCalls(engine)
    flow = world.aftercall(SlowModel(folder, slow), calls)
    options = WorkerOptions(
        jobs_url=f"sqlite:///{folder / 'jobs.db'}", executor_id="worker-1", poll_s=0.1, stop_grace_s=1.0
    )

    async def release_for(conversation_id: str) -> str:
        return flow.release_id

    await run_worker(calls=calls, close_call=flow.close_call, release_for=release_for, options=options)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
