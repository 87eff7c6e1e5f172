"""What exactly answered: one release object, named by the hash of all its parts (DESIGN §3)."""

import hashlib
import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Release:
    """Every part by hash or version; change one and `release_id` changes. Answers also keep their corpus snapshot."""

    base_model: str
    adapter: str
    prompts: str
    rules: str
    encoder: str
    retrieval: str
    analysis: str
    code: str

    @property
    def release_id(self) -> str:
        canonical = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return f"rel-{hashlib.sha256(canonical.encode()).hexdigest()[:12]}"
