from pathlib import Path

import pytest

from tests.serving.folders import make_base


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return make_base(tmp_path / "seatmate-mini")


@pytest.fixture
def adapters(tmp_path: Path) -> Path:
    return tmp_path / "adapters"
