"""A small made-up bank for the report's tests: five suites of sixty cases and the six calls that some are about."""

from datetime import datetime, timedelta
from pathlib import Path

from seatmate.domain.calls import Conversation, Utterance
from seatmate_eval.cases import (
    AskCase,
    CallCase,
    Case,
    GoldKyc,
    GoldMask,
    GoldPassage,
    GoldPoint,
    RedactionCase,
    RetrievalCase,
    SaidBefore,
)
from seatmate_eval.suites import Suite, load_suites

AS_OF = datetime.fromisoformat("2026-11-18T10:00:00+08:00")
PRODUCTS = (
    ("deposit-1y", "一年期整存整取", "1.40%", "1.45%", "deposit"),
    ("deposit-3y", "三年期整存整取", "1.75%", "1.80%", "deposit"),
    ("cd-2026", "大额存单第三期", "1.60%", "1.65%", "deposit"),
    ("loan-car", "车易贷", "3.05%", "3.35%", "loan"),
    ("loan-home", "首套房贷", "3.10%", "3.20%", "loan"),
    ("fee-transfer", "柜面转账手续费", "0.02%", "0.03%", "fee"),
    ("fund-a", "川悦180天管理费", "0.15%", "0.20%", "wealth"),
    ("fund-b", "川稳90天管理费", "0.10%", "0.12%", "wealth"),
)
WEEKS = ("as_of", "boundary", "boundary")


def conversations() -> dict[str, Conversation]:
    """Six calls; the customer tells an occupation, a goal and a telephone number in pieces."""
    found = {}
    for number in range(1, 7):
        said = (
            ("agent", "您好，请问有什么可以帮您？"),
            ("customer", f"我是第{number}小学的老师，想问问三年期存款"),
            ("agent", "好的，三年期现在是1.75%。方便留个电话吗？"),
            ("customer", f"138123456{70 + number}"),
            ("customer", "这钱是给孩子上学用的，不想有风险"),
            ("agent", "明白，那我给您登记一下，明天回您。"),
        )
        call_id = f"YC-T-{number:03}"
        found[call_id] = Conversation(
            conversation_id=call_id,
            channel="phone",
            direction="inbound",
            scenario="inbound_service",
            started_at=AS_OF,
            agent_id="A-1",
            customer_id=f"K-{number}",
            utterances=tuple(
                Utterance(utt_id=f"u{at}", speaker=speaker, text=text) for at, (speaker, text) in enumerate(said, 1)
            ),
        )
    return found


def cases() -> dict[str, list[Case]]:
    known = {"source": "made up", "reviewer": "tests"}
    time = [
        AskCase(
            id=f"time/{doc}-{n}",
            question=f"{name}{('现在', '18号当天', '明天起')[n - 1]}是多少",
            as_of=AS_OF + timedelta(days=n - 1),
            kind=WEEKS[n - 1],
            figures=(new,),
            trap_figures=(old,),
            doc_ids=(doc,),
            status="grounded",
            slices=(group, WEEKS[n - 1]),
            **known,
        )
        for doc, name, new, old, group in PRODUCTS
        for n in (1, 2, 3)
    ]
    refusal = [
        AskCase(
            id=f"refusal/{n:02}",
            question=f"别家银行第{n}款理财收益多少",
            as_of=AS_OF,
            kind="refusal",
            status="abstained",
            slices=("foreign_bank",),
            **known,
        )
        for n in range(1, 11)
    ]
    retrieval = [
        RetrievalCase(
            id=f"retrieval/{doc}-{n}",
            query=f"{name}{'利率' if n == 1 else '怎么收'}",
            as_of=AS_OF,
            passages=(GoldPassage(doc_id=doc, quote=f"{name}为{new}"),),
            slices=(group, "short" if n == 1 else "spoken"),
            **known,
        )
        for doc, name, new, _, group in PRODUCTS
        for n in (1, 2)
    ]
    redaction = [
        RedactionCase(
            id=f"redaction/{n}",
            talk=(SaidBefore(speaker="customer", text=f"我的卡是六二幺七 尾号{n}{n}{n}{n}，工位在三楼东"),),
            hidden=(GoldMask(kind="CARD", quote=f"六二幺七 尾号{n}{n}{n}{n}"),),
            kept=("三楼东",),
            slices=("spoken",),
            **known,
        )
        for n in range(1, 5)
    ]
    calls = [
        CallCase(
            id=f"aftercall/{call_id}",
            conversation_id=call_id,
            summary_points=(
                GoldPoint(section="situation", point="咨询三年期存款", keywords=("三年期",), utts=("u2",)),
            ),
            kyc=(
                GoldKyc(
                    field="occupation",
                    value="教师",
                    subject="self",
                    polarity="affirmed",
                    modality="fact",
                    utt="u2",
                    quote="小学的老师",
                ),
                GoldKyc(
                    field="goal_type",
                    value="education",
                    subject="self",
                    polarity="affirmed",
                    modality="fact",
                    utt="u5",
                    quote="给孩子上学用",
                ),
            ),
            slices=("phone",),
            **known,
        )
        for call_id in conversations()
    ]
    return {
        "time": time,
        "refusal": refusal,
        "retrieval": retrieval,
        "redaction": redaction,
        "aftercall-phone": calls,
    }


def write_suites(folder: Path) -> dict[str, Suite]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, of_suite in cases().items():
        lines = "".join(case.model_dump_json() + "\n" for case in of_suite)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return load_suites(folder)
