"""The dashboard's process behind one page of a browser."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from textual_serve.app_service import AppService

GRACE_S = 3.0
"""How long a dashboard may take to leave before it is terminated."""


class DashboardProcess(AppService):
    """Ends for certain when its page is closed, even while it is still starting and hears nothing."""

    async def stop(self) -> None:
        """Tell the dashboard to leave, and see to it that it does."""
        process, task = self._process, self._task
        if process is None or task is None:
            return
        self._task = None
        await self._download_manager.cancel_app_downloads(app_service_id=self.app_service_id)
        await self.send_meta({"type": "quit"})
        try:
            await asyncio.wait_for(process.wait(), GRACE_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
        await task
