"""Dense vectors: a trained table, or hashed grams that say what they are."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.adapters.dense import HashedGrams, StaticTable, open_dense
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.sparse import SparseEncoder
from seatmate.domain.errors import Misconfigured
from seatmate.settings import HOME

SHIPPED = HOME / "finetune" / "models" / "seatmate-embed"
ENCODERS = (HashedGrams(), open_dense(SHIPPED))
ENCODERS[1].encode("预热")  # the dictionary of characters loads before the clock of a test runs


def table(folder: Path, tokens: str, rows: list[list[float]]) -> Path:
    folder.mkdir(exist_ok=True)
    np.save(folder / "embeddings.npy", np.array(rows, np.float16))
    (folder / "tokens.txt").write_text(tokens, "utf-8")
    return folder


def test_a_text_is_the_mean_of_its_tokens(tmp_path: Path) -> None:
    dense = StaticTable(table(tmp_path, "手续费\n转账\n手", [[1, 0], [0, 1], [-1, -1]]))
    assert dense.dimensions == 2
    assert dense.encode("转账手续费") == pytest.approx((0.7071, 0.7071), abs=1e-3)
    assert dense.encode("手续费，？") == pytest.approx((1.0, 0.0))


def test_the_likelier_cut_wins(tmp_path: Path) -> None:
    dense = StaticTable(table(tmp_path, "甲乙\t-9\n甲\t-1\n乙\t-1", [[1, 0], [0, 1], [0, 1]]))
    assert dense.encode("甲乙") == pytest.approx((0.0, 1.0))


def test_nothing_known_is_the_zero_vector(tmp_path: Path) -> None:
    assert StaticTable(table(tmp_path, "甲", [[1, 0]])).encode("xyz") == (0.0, 0.0)
    assert set(HashedGrams().encode("")) == {0.0}


def test_a_tokenizer_file_will_do(tmp_path: Path) -> None:
    table(tmp_path, "", [[1, 0], [0, 1]])
    (tmp_path / "tokens.txt").unlink()
    (tmp_path / "tokenizer.json").write_text('{"model": {"vocab": [["▁转账", -1.0], ["手续费", -2.0]]}}', "utf-8")
    assert StaticTable(tmp_path).encode("转账手续费") == pytest.approx((0.7071, 0.7071), abs=1e-3)


def test_tokens_and_table_must_fit(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="do not fit"):
        StaticTable(table(tmp_path, "甲\n乙", [[1, 0]]))
    with pytest.raises(Misconfigured, match=r"embeddings\.npy"):
        open_dense(Path(__file__).parent)


def test_without_a_folder_alike_texts_come_out_alike_and_the_fingerprint_says_so() -> None:
    dense = open_dense(Path("/nowhere"))
    assert "hashed" in dense.fingerprint
    fee, same, other = (np.array(dense.encode(t)) for t in ("跨行转账手续费", "转账的手续费", "整存整取利率"))
    assert fee @ same > fee @ other


async def test_the_encoder_joins_both_and_its_fingerprint_names_both(tmp_path: Path) -> None:
    encoder = HybridEncoder(SparseEncoder(), StaticTable(table(tmp_path, "手续费", [[1, 0]])))
    assert encoder.dimensions == 2
    [vectors] = await encoder.encode_passages(["手续费"])
    assert vectors.dense == (1.0, 0.0)
    assert vectors.sparse.indices == (await encoder.encode_query("手续费")).sparse.indices
    changed = StaticTable(table(tmp_path, "手续费", [[0, 1]]))
    assert HybridEncoder(SparseEncoder(), changed).fingerprint != encoder.fingerprint


def test_traditional_characters_mean_what_simplified_ones_mean(tmp_path: Path) -> None:
    dense = StaticTable(table(tmp_path, "手续费\n转账", [[1, 0], [0, 1]]))
    assert dense.encode("轉賬") == dense.encode("转账") == (0.0, 1.0)


def test_small_integers_are_read_with_the_scale_of_their_row(tmp_path: Path) -> None:
    folder = table(tmp_path, "手续费\n转账", [[1, 0], [0, 1]])
    np.save(folder / "embeddings.npy", np.array([[127, 0], [0, 127]], np.int8))
    np.save(folder / "scales.npy", np.array([3 / 127, 1 / 127], np.float32))
    assert StaticTable(folder).encode("手续费转账") == pytest.approx((0.9487, 0.3162), abs=1e-3)


def test_small_integers_without_their_scales_are_refused(tmp_path: Path) -> None:
    folder = table(tmp_path, "手续费\n转账", [[1, 0], [0, 1]])
    np.save(folder / "embeddings.npy", np.array([[127, 0], [0, 127]], np.int8))
    with pytest.raises(Misconfigured, match=r"scales\.npy"):
        StaticTable(folder)
    np.save(folder / "scales.npy", np.array([1.0], np.float32))
    with pytest.raises(Misconfigured, match="do not fit"):
        StaticTable(folder)


def test_a_table_that_would_run_code_is_not_read(tmp_path: Path) -> None:
    folder = table(tmp_path, "手续费", [[1, 0]])
    np.save(folder / "embeddings.npy", np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(Misconfigured, match=r"embeddings\.npy"):
        StaticTable(folder)


@pytest.fixture(scope="module")
def shipped() -> StaticTable:
    if not SHIPPED.is_dir():
        pytest.skip("no embedder in this checkout")
    return StaticTable(SHIPPED)


def test_the_shipped_embedder_has_one_fingerprint(shipped: StaticTable) -> None:
    assert shipped.fingerprint == StaticTable(SHIPPED).fingerprint
    assert shipped.fingerprint.startswith("dense1:static:")
    assert shipped.dimensions == 256


@pytest.mark.parametrize(
    ("said", "meant", "others"),
    [
        ("最少买多少", "起购金额：1元", ("管理费率：0.20%/年", "赎回到账时间：T+2", "风险等级：R2")),
        ("多久能到账", "赎回款于T+2日划入账户", ("起购金额：100元", "本产品不保障本金", "业绩比较基准：2.85%")),
        ("亏不亏本", "本产品不保本，投资者可能损失本金", ("起购金额：1元", "赎回到账时间：T+2", "募集期至11月20日")),
        ("没到日子能退吗", "封闭期内不可赎回", ("起购金额：1元", "年费：主卡200元/年", "短信服务费每月2元")),
        ("卡坏了换一张", "补换卡工本费15元", ("账户管理费：0", "积分有效期两年", "挂牌利率1.45%")),
        ("换号码了怎么弄", "预留手机号变更须本人办理", ("密码锁定24小时", "ATM取款限额2万元", "年费标准")),
        ("想早点还清", "提前还款须提前5个工作日预约", ("贷款额度最高30万元", "年化利率3.6%", "申请人须年满22周岁")),
    ],
)
def test_a_saying_is_nearest_to_what_it_means_though_it_shares_no_pair_of_characters(
    shipped: StaticTable, said: str, meant: str, others: tuple[str, ...]
) -> None:
    assert not {said[i : i + 2] for i in range(len(said) - 1)} & {meant[i : i + 2] for i in range(len(meant) - 1)}
    asked, right, *wrong = (np.array(shipped.encode(text)) for text in (said, meant, *others))
    assert asked @ right > max(asked @ other for other in wrong)


@given(st.one_of(st.text(max_size=400), st.text("存取转账手续费轉賬0123456789.%AbＺ 　\n", max_size=400)))
def test_any_text_has_a_vector_of_length_one_or_nothing(text: str) -> None:
    for dense in ENCODERS:
        vector = np.array(dense.encode(text))
        assert vector.shape == (dense.dimensions,)
        length = float(np.linalg.norm(vector))
        assert length == pytest.approx(1.0, abs=1e-4) or length == 0.0
