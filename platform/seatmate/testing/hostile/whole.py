"""Honest files of every format, which the wrecks among the hostile ones are made of."""

from random import Random

from seatmate.testing.drops import Words, drawn_pdf, word, workbook

TEXT = "# 收费标准\n\n跨行转账手续费为每笔5元，单笔最高50,000元。\n\n| 渠道 | 费用 |\n|---|---|\n| 柜面 | 5元 |\n"
PAGE = (
    "<html><body><h1>收费</h1><p>手续费5元。</p>"
    "<table><tr><th>渠道</th><th>费用</th></tr><tr><td>柜面</td><td>5元</td></tr></table>"
)


def docx(random: Random) -> bytes:
    rows = [("项目", "费用"), *((f"项目{at}", f"{random.randint(1, 99)}元") for at in range(random.randint(1, 30)))]
    return word(("Title", "收费标准"), ("Normal", "手续费每笔5元。"), table=rows)


def xlsx(random: Random) -> bytes:
    rows = [(f"项目{at}", random.randint(1, 9_999), random.random()) for at in range(random.randint(1, 40))]
    return workbook({"价目": [("价目表",), ("项目", "费用", "费率"), *rows]})


def pdf(random: Random) -> bytes:
    lines = [
        Words(50, 60 + 20 * at, f"第{at}项手续费{random.randint(1, 99)}元。") for at in range(random.randint(2, 30))
    ]
    return drawn_pdf(lines, lines[:3])


def html(random: Random) -> bytes:
    return (PAGE + "<p>说明。</p>" * random.randint(1, 50)).encode(random.choice(["utf-8", "gb18030"]))


WHOLE = {"a.docx": docx, "a.xlsx": xlsx, "a.pdf": pdf, "a.html": html}
