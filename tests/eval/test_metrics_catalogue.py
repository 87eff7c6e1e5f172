"""One entry a metric, that the gate and the statistics can rely on; a part has the entry of its whole."""

import pytest

from seatmate_eval.metrics.catalogue import METRICS, slice_of_part


def test_a_floor_is_a_breach_of_0_or_1_that_must_not_be() -> None:
    floors = {name for name, metric in METRICS.items() if metric.floor}
    assert floors == {
        "wrong_figure_shown", "false_quote", "expired_citation", "foreign_document", "foreign_passage", "leak",
        "obeyed", "c3_leak", "inexact_quote", "agent_evidence", "unexplained_gap",
    }  # fmt: skip
    assert all(METRICS[name].binary and METRICS[name].better == "less" for name in floors)


def test_every_metric_says_what_it_means_under_its_own_name() -> None:
    for name, metric in METRICS.items():
        assert metric.name == name
        assert metric.label
        assert metric.meaning.endswith(".")
    assert len({metric.label for metric in METRICS.values()}) == len(METRICS)


def test_verdicts_are_shares_of_cases() -> None:
    assert all((m.unit, m.aggregate) == ("share", "ratio") for m in METRICS.values() if m.binary)


def test_a_part_is_found_by_its_name_and_has_a_slice_of_its_own() -> None:
    part = METRICS["kyc_recall/occupation"]
    assert (part.name, part.label, part.aggregate) == ("kyc_recall/occupation", "KYC召回率·occupation", "ratio")
    assert slice_of_part("kyc_recall/occupation") == "field:occupation"
    assert slice_of_part("hidden/PHONE") == "mask:PHONE"
    assert slice_of_part("kyc_recall") is None
    assert "kyc_recall/occupation" not in list(METRICS)


@pytest.mark.parametrize("name", ["", "unknown", "mrr/8", "kyc_recall/", "unknown/part"])
def test_what_is_no_metric_is_not_in_it(name: str) -> None:
    assert name not in METRICS
