"""Names of fictional banks, products and people. The product's own sample bank is never among them."""

from random import Random

_BANK_HEAD = [
    "江岸",
    "云麓",
    "青禾",
    "长汀",
    "松原",
    "海晏",
    "明湖",
    "岭南联合",
    "东篱",
    "星河",
    "北辰",
    "瑞丰源",
    "金川",
    "望江",
    "凤栖",
    "丹霞",
    "武陵",
    "临溪",
    "翠屏",
    "广济",
    "安澜",
    "嘉禾",
    "泰和",
    "九州通",
    "华亭",
    "南浦",
    "西津",
    "玉泉",
    "龙门",
    "锦城",
    "兰江",
    "桐城",
    "百川",
    "鼎晟",
    "恒岳",
    "秋浦",
    "沧浪",
    "白鹭",
    "紫荆",
    "银杏",
]
_SERIES = [
    "安盈",
    "稳享",
    "日日鑫",
    "添利宝",
    "月月盈",
    "悦享",
    "天天增利",
    "聚宝",
    "稳健增益",
    "鑫福",
    "乐享",
    "朝朝宝",
    "季季红",
    "丰裕",
    "睿选",
    "恒利",
    "金石",
    "汇盈",
    "盈嘉",
    "安心投",
    "财富通",
    "增利",
    "聚富",
    "福满盈",
    "如意宝",
    "年年丰",
    "顺意",
    "双利",
    "优选",
    "启航",
    "领航",
    "瑞祥",
    "慧投",
    "灵活盈",
    "周周利",
    "易存宝",
    "智存",
    "步步高",
    "整存享",
    "大额存",
    "安存",
    "心意存",
    "梦想存",
    "升利宝",
]
_CARDS = [
    "畅行",
    "星悦",
    "尊享",
    "青春",
    "乐购",
    "车主",
    "商旅",
    "白金精英",
    "联名航空",
    "校园",
    "宠物主题",
    "悦动",
    "臻选",
    "黑金",
    "城市通",
    "亲子",
    "加油",
    "缤纷",
    "环球",
    "美食",
    "影音",
    "绿意",
    "小微",
    "都市丽人",
]
_LOANS = [
    "快贷",
    "薪易贷",
    "房抵贷",
    "经营贷",
    "家装贷",
    "车位贷",
    "税易贷",
    "助学贷",
    "优客贷",
    "商户贷",
    "惠农贷",
    "消费贷",
    "公积金贷",
    "装修分期",
    "购车分期",
    "接力贷",
]
_SURNAMES = [
    "王",
    "李",
    "张",
    "刘",
    "陈",
    "杨",
    "黄",
    "赵",
    "周",
    "吴",
    "徐",
    "孙",
    "马",
    "朱",
    "胡",
    "郭",
    "何",
    "高",
    "林",
    "罗",
    "郑",
    "梁",
    "谢",
    "宋",
    "唐",
    "许",
    "韩",
    "冯",
    "邓",
    "曹",
    "彭",
    "曾",
    "肖",
    "田",
    "董",
    "潘",
    "袁",
    "蒋",
    "蔡",
    "余",
]
_LETTERS = ("A", "B", "C", "E", "A款", "B款", "尊享版", "普惠版", "新客版", "专享", "Plus", "1号", "2号", "3号", "")
_TERMS = (
    "30天",
    "60天",
    "90天",
    "180天",
    "270天",
    "365天",
    "7天",
    "14天",
    "28天",
    "一年",
    "两年",
    "三个月",
    "半年",
    "日开",
    "周开",
)


def bank(rng: Random) -> str:
    return rng.choice(_BANK_HEAD) + rng.choice(("银行", "银行", "商业银行", "农商银行", "村镇银行"))


def person(rng: Random) -> str:
    return rng.choice(_SURNAMES) + rng.choice(("先生", "女士", "经理", "老师", "总", "阿姨"))


def surname(rng: Random) -> str:
    return rng.choice(_SURNAMES)


def family(rng: Random, kind: str, size: int) -> list[tuple[str, tuple[str, ...]]]:
    """`size` confusable products: (name, aliases), none a prefix-free accident of another."""
    found: dict[str, tuple[str, ...]] = {}
    series = rng.choice(_SERIES)
    while len(found) < size:
        if rng.random() < 0.3:
            series = rng.choice(_SERIES)
        if kind == "wealth":
            name, alias = _wealth(rng, series)
        elif kind == "deposit":
            name = series + rng.choice(("定期存款", "大额存单", "通知存款", "结构性存款", "存款", "整存整取"))
            if rng.random() < 0.5:
                name = name[: -2 if name.endswith("存款") else len(name)] + rng.choice(_LETTERS)
            alias = series + rng.choice(("那款存款", "存款", "定期"))
        elif kind == "card":
            head = rng.choice(_CARDS)
            name = head + rng.choice(("信用卡", "信用卡金卡", "白金信用卡", "借记卡", "卡"))
            alias = head + rng.choice(("卡", "那张卡"))
        else:
            head = rng.choice(_SERIES)[:2]
            name = head + rng.choice(_LOANS)
            alias = head + "那个贷"
        if name not in found:
            aliases = (alias,) if rng.random() < 0.6 and alias not in found and alias != name else ()
            found[name] = aliases
    taken = set(found)
    return [(name, tuple(a for a in aliases if a not in taken)) for name, aliases in found.items()]


def _wealth(rng: Random, series: str) -> tuple[str, str]:
    term = rng.choice(_TERMS)
    form = rng.choice(
        ("{s}{t}{l}", "{s}{t}{l}", "{s}{t}持有期{l}", "{s}理财{l}", "{s}净值型{l}", "{s}固收增强{l}", "{s}现金管理{l}")
    )
    name = form.format(s=series, t=term, l=rng.choice(_LETTERS))
    return name, series + rng.choice((term, "那款", "理财", f"{term}那个"))
