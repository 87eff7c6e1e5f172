"""A build told to its knowledge owner."""

from seatmate.domain.builds import BuildReport, ReportedDisagreement
from seatmate.domain.knowledge import SnapshotState
from seatmate.ingest.candidate import Candidate, changes_of
from seatmate.ingest.inspect import Inspection
from seatmate.ingest.lint import rules


def report_of(
    snapshot: int, candidate: Candidate, inspection: Inspection, embedded: int, seconds: float
) -> BuildReport:
    """`snapshot` is 0 and `embedded` is 0 where nothing was written."""
    kept = candidate.for_readers.kept
    return BuildReport(
        snapshot=snapshot,
        drop=candidate.drop.name,
        state=SnapshotState.CANDIDATE,
        documents=len(kept),
        passages=sum(candidate.size(document) for document in kept),
        embedded=embedded,
        changes=changes_of(candidate),
        faults=candidate.drop.faults,
        dates=candidate.drop.dates,
        facts=sum(len(candidate.facts[document.doc_id]) for document in kept),
        disagreements=tuple(map(ReportedDisagreement.of, inspection.disagreements)),
        findings=inspection.findings,
        lint_rules=rules(),
        seconds=round(seconds, 3),
    )
