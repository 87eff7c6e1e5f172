"""`/healthz`: the process lives. `/readyz`: it can answer, and how well. `/metrics`: Prometheus."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from seatmate.api.deps import MetricsDep, WiringDep

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(wiring: WiringDep) -> JSONResponse:
    """200 when records and a snapshot are there; without the model server it is ready but degraded."""
    snapshot = await wiring.knowledge.live_snapshot()
    model = await wiring.model_health.answers()
    status = "not_ready" if snapshot is None else "ready" if model else "degraded"
    body = {
        "status": status,
        "snapshot": snapshot,
        "model": wiring.model_health.model if model else None,
        "release_id": await wiring.asks.release_for(None),
        "release_trouble": wiring.asks.trouble or None,
        "calls_waiting": await wiring.calls.waiting_count(),
    }
    return JSONResponse(body, status_code=503 if snapshot is None else 200)


@router.get("/metrics")
async def metrics(wiring: WiringDep, metrics: MetricsDep) -> Response:
    metrics.waiting.set(await wiring.calls.waiting_count())
    metrics.untold.set(await wiring.outbox.waiting_count())
    metrics.snapshot.set(await wiring.knowledge.live_snapshot() or 0)
    metrics.model_up.set(1 if await wiring.model_health.answers() else 0)
    return Response(metrics.text(), media_type="text/plain; version=0.0.4")
