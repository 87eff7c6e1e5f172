"""A node that fails its own examples does not load, nor does one without any."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from seatmate.aftercall.node_pack import load_nodes
from seatmate.domain.errors import Misconfigured
from seatmate.settings import HOME

SAMPLE = HOME / "corpus" / "rules" / "process_nodes.yaml"


def node(**changes: Any) -> dict[str, Any]:
    return {
        "id": "greeting",
        "label": "问候",
        "standard": "问候并报行名",
        "attempted": {"cues": ["您好"]},
        "met": [{"label": "行名", "patterns": ["远川"]}],
        "positive": [["坐席：您好，远川银行。"]],
        "near_miss": [{"standing": "attempted", "said": ["坐席：您好。"]}],
    } | changes


def load(tmp_path: Path, *nodes: dict[str, Any], **changes: Any) -> Any:
    pack = {
        "pack": "p", "version": "1", "title": "t", "situations": {},
        "scenarios": [{"scenario": "s", "title": "t", "nodes": list(nodes)}],
    }  # fmt: skip
    path = tmp_path / "nodes.yaml"
    path.write_text(yaml.safe_dump(pack | changes, allow_unicode=True), encoding="utf-8")
    return load_nodes(path)


def test_the_sample_banks_nodes_load() -> None:
    pack = load_nodes(SAMPLE)
    assert {"outbound_maturity", "card_instalment", "inbound_service"} <= set(pack.scenarios)
    assert all(6 <= len(scenario.nodes) <= 10 for scenario in pack.scenarios.values())


def test_a_node_that_behaves_loads(tmp_path: Path) -> None:
    assert [n.id for n in load(tmp_path, node()).scenarios["s"].nodes] == ["greeting"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"positive": []}, "positive"),
        ({"near_miss": []}, "near_miss"),
        ({"near_miss": [{"standing": "met", "said": ["坐席：您好，远川银行。"]}]}, "a near miss is not met"),
        ({"positive": [["坐席：您好。"]]}, "s.greeting: is attempted .*not met"),
        ({"near_miss": [{"standing": "not_attempted", "said": ["坐席：您好。"]}]}, "is attempted .*not not_attempted"),
        ({"positive": [["您好，远川银行。"]]}, "nobody says"),
        ({"attempted": {"cues": ["您好"], "answers": "nothing"}}, "there is no situation nothing"),
        ({"applies": {"when": ["nothing"]}}, "there is no situation nothing"),
        ({"before": ["nothing"]}, "there is no node nothing"),
        ({"attempted": {"cues": ["您好("]}}, "attempted.cues"),
        ({"met": []}, "met"),
        ({"wight": 1}, "wight"),
    ],
)
def test_a_node_that_misbehaves_does_not_load(tmp_path: Path, changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(Misconfigured, match=fault):
        load(tmp_path, node(**changes))


def test_a_name_stands_for_one_node(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="node greeting is there twice"):
        load(tmp_path, node(), node())


def test_what_is_not_yaml_is_a_fault_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "nodes.yaml"
    path.write_text("pack: [", encoding="utf-8")
    with pytest.raises(Misconfigured, match="not YAML"):
        load_nodes(path)
