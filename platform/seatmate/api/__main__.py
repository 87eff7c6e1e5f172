"""`python -m seatmate.api`: the HTTP door as a process; the model server is named by SEATMATE_ENGINE__BASE_URL."""

import uvicorn

from seatmate.api.app import create_app
from seatmate.log import start_logging
from seatmate.settings import Settings
from seatmate.wiring.api import open_wiring


def main() -> None:
    settings = Settings.load()
    start_logging(settings.log_level)
    app = create_app(settings, open_wiring)
    uvicorn.run(app, host=settings.api.host, port=settings.api.port, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
