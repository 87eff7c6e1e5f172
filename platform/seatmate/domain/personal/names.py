"""Names of people where the words around say that one comes: 我叫王建国, 户名是欧阳小敏, 王建国先生, 建设的建.

Knows the common surnames, the compound ones, and the characters that given names are made of. A surname alone (王女士)
names nobody. Without a cue only a name of three usual characters is found, and what the conversation has with one.
"""

import re
from collections.abc import Iterator

_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘"
    "杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷"
    "施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪"
    "靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边劉陳楊趙黃吳孫羅鄭謝"
    "韓馮鄧許呂蘇盧蔣賈葉閻張"
)
_COMPOUND = (
    "欧阳|上官|司马|诸葛|皇甫|尉迟|公孙|慕容|令狐|司徒"
    "|钟离|呼延|澹台|申屠|轩辕|东郭|濮阳|淳于|赫连|宗政|万俟|拓跋|鲜于|完颜|纳兰|司空|仲孙|亓官|闻人|公冶|太史|东方|夏侯|端木|宇文|长孙|独孤|南宫|欧陽"
)
_GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂华玉萍红娥玲芬燕彩春菊凤洁梅琳素云莲真环雪荣爱妹香月莺媛"
    "瑞凡佳嘉琼勤珍贞莉叶璧璐娅琦晶妍茜秋珊莎锦黛青倩婷姣婉娴瑾颖露瑶怡婵雁蓓纨仪荷丹蓉眉君琴蕊薇菁梦岚苑筠柔"
    "竹霭凝晓欢霄枫芸菲寒欣滢亚宜可姬舒影荔枝思毅俊峰保东文辉力永健世广志义兴良海山仁波宁贵福生龙元全国胜学祥"
    "才发武新利清飞彬富顺信子昌成康星光天达安岩中茂进林有坚和彪博诚先敬震振壮会群豪心邦承乐绍功松善厚庆民友裕"
    "河哲江浩亮政谦亨奇固之轮翰朗伯宏言若鸣朋斌梁栋维启克伦翔旭鹏泽晨辰士以建家致树炎德行时泰盛雄琛钧冠策腾楠"
    "榕风航弘宇轩睿昊梓涵诗雨桐萱然铭悦昕妤淑慧巧美惠珠翠雅芝智小大一少方立冬金石丰董代佑佩俐倪兆冉则刘升卉双"
    "向含吉咏唐喜园圣坡坦垚夫夕奎奕好如妙妮姗娣婧媚孜孝宗宝宪宸寅尚岑岭峥崇崧州巍帅幸廷弋弓弦彤彦彰律徐循忆念"
    "怀恒恬恺悠惟惕慈慕戈扬抒拓捷摇攀斯昀昂昆易昭晏晗晟普景晴曼朔未权杏来杭柏柯栩桃桦棋森榆樱欧歆正毓汉汐沁沛"
    "沫沐沙治泉泓津洛洵浦涓润淇渊渝渺湘源溪滔潇澄澜灵炜烁烨焕照煜熙燊爽牧玄王玮珂珈珏琚琪瑛瑜璇璟瓒甜甫略皓盈"
    "硕祎祖祺禄禾秉稷穆竣笑笛筱米粤纯纬络绮绪绵缘罡羽翊耀联聪肖胤能腊臣自至舟艺艾芃芊芙芮苗茗茵荃莘莹菀菡葳蒙"
    "蓝蕾虹蝶衍西语谨谷豫贝贤赫越跃路转迪逸遥郁鄂采里野量鑫铎银锋锐锡镇镜长闻阔陌雷霆霏非革韬韵颂颢饶馥驹骁魁"
    "鸿鹤鹿麒黎默齐传培继增洪根水火土木满堂炳坤均凯岳川铁钢虎豹骏驰骥麟"
    "靖帆霖曦苒芷熠屹昱骞禹嫣宥峻嵘恩懿灏焱琰瑄畅萌蘅诺郡霓颐骅砚冰潼珩湛澈煦楚栀筝琬滟甄"
)
_S = rf"(?:{_COMPOUND}|[{_SURNAMES}])"
_G = rf"[{_GIVEN}]"
_NO_NAME = r"的了是在我你他她您它这那不没也就都和要会能去说到吗呢吧啊呀哦嗯有个什么怎谁哪多少几号码是银行卡户名字"
_ANY = rf"[^\W\d_A-Za-z{_NO_NAME}]"
_END = (
    r"(?=[，,。.、!！?？;；:：\s…]|$|的|先生|女士|小姐|吗|对|是吧|吧|呢|啊|呀|哈|嘛|本人|身份证|手机|电话|卡号|账|这|没错"
    r"|您|我|他|她|是|就|来|在|打|收|跟|名下|那|开|和|户|给|办|了|申请|有|以前|也|去|过|说|要|想|转|汇|存|查|问|买|取|代|挂)"
)
_LINK = r"(?:[，,:：、\s]|是|叫|为|做|就|嗯|呃|啊|那个|应该|名字|一个|我|填的?|写的?|登记的|还是){0,4}"
_KIN = (
    "我爸|我妈|老伴|岳父|岳母|公公|婆婆|侄子|侄女|外甥|舅舅|姑姑|叔叔|姐夫|嫂子|我哥|我弟|我姐|我妹|我女婿|我儿媳"
    "|爱人|先生|太太|老公|老婆|儿子|女儿|母亲|父亲|妈妈|爸爸"
)
_LONG_SURNAME = re.compile(_COMPOUND)
_ROLES = (
    "姓名|户名|收款人|付款人|汇款人|转账人|存款人|出票人|持卡人|开户人|机主|联系人|投保人|被保人|被保险人|受益人|申请人|经办人|法人|全名|借款人|贷款人|抵押人"
    "|担保人|代理人|收货人|收件人|寄件人|监护人|继承人|业主|真名|本名|抬头|署名|落款"
)
_PEOPLE = (
    "会计|财务|出纳|配偶|助理|律师|同事|朋友|邻居|同学|亲戚|弟弟|妹妹|哥哥|姐姐|儿媳|女婿|老板|客户|户主|卡主|车主|房主"
    "|闺女"
)
# After these whatever begins with a surname is a name, after those only what is made of a name's characters.
_STRONG = re.compile(
    rf"(?:我叫|我名字|名字(?:叫|是|：|:)|名叫|{_ROLES}|登记的是|写的是|签的是|叫){_LINK}(?P<name>{_S}{_ANY}{{1,2}}?){_END}"
)
_WEAK = re.compile(
    rf"(?:谁[，,]|[，,]是|我是|[您你]是|您好|你好|本人|请问(?:您)?是|转给|汇给|打给|是不是|应该是|写|这里是|这边是|找一下|我找|名字|{_PEOPLE}"
    rf"|给(?=[^，。]{{2,3}}(?:转|汇|存|打钱))|我(?=[^，。]{{2,3}}(?:[，,]|在你|在咱|跟你|和你))|(?:{_KIN})(?:是|叫)?){_LINK}"
    rf"(?P<name>(?:{_COMPOUND}){_G}{{1,2}}|{_S}{_G}{{1,2}}?){_END}"
)
# Without a word that announces it: three characters of which the last two are usual in given names.
_BARE = re.compile(
    rf"(?:^|(?<=[，,。 是叫写我找给的：:、让]))(?P<name>{_S}{_G}{{2}})"
    r"(?=[，,。！!？?、 ]|$|在|收|的|吗|吧|对|转|先生|女士|老师|本人|您|你|他|她)"
)
_TITLED = re.compile(
    rf"(?P<name>(?:{_COMPOUND}){_G}{{1,2}}|{_S}{_G}{{1,2}})(?:先生|女士|小姐|老师|(?<=^..)您好|(?<=^...)您好)"
)
# A title behind leaves less doubt; a cue or a new clause must stand in front.
_TITLED_WIDE = re.compile(
    rf"(?:^|(?<=[，,。！!？?、：:\s是叫找请给跟和为向帮替与问让由到的您对那]))"
    rf"(?P<name>(?:{_COMPOUND}){_ANY}{{1,2}}|{_S}{_ANY}{{2}})(?=先生|女士|小姐)"
)
_SURNAME_FIRST = re.compile(
    rf"姓(?P<surname>[\u4e00-\u9fff])[，,。 ]{{0,2}}(?:我?叫|全名|名字叫?)?(?P<name>(?P=surname){_ANY}{{1,2}}?){_END}"
)
_ALONE = re.compile(
    r"^(?:[，,\s]|嗯|呃|啊|哦|对|是|叫|我叫|我是|姓名|名字|就|我?姓[\u4e00-\u9fff][，, ])*"
    rf"(?P<name>{_S}{_ANY}{{1,2}}?)(?=[，,。.!！?？\s]|$|的|啊|呀|吧|哈)"
)
_ASKED = re.compile(r"姓名|名字|户名|全名|称呼|贵姓|叫什么|哪位|法人代表|法定代表人")
# 弓长张, 建设的建: how a name is spelt over the telephone.
_SPELT = re.compile(
    r"弓长张|立早章|耳东陈|双木林|口天吴|古月胡|言午许|三横一?竖?王|草头黄|木子李|双人徐|走肖赵|干勾于|人禾余|美女姜|文刀刘"
    r"|(?P<a>[\u4e00-\u9fff])(?P<b>[\u4e00-\u9fff])的(?:那个)?(?:(?P=a)|(?P=b))(?=[，,。、\s]|$|啊|吧|吗|对|[\u4e00-\u9fff]{2}的)"
)
_TITLES = frozenset(("先生", "女士", "小姐", "师傅", "老师", "经理", "阿姨", "主任", "行长", "大姐", "大哥"))
_NOT_NAMES = re.compile(
    "单子上|房本上|谢谢|金卡|白金|安全|高级|方便|常来|何时|高兴|明天|成功|关系|单位|安心|平安|黄金|石油"
    "|时间|方式|成本|关于|关心|易用|单子|常用|万一|强行|高新|向上|连续|石家庄|成年|解决"
    "|任何|车贷|房贷|包括|文件|成员|安徽|江苏|江西|海南|云南|台湾|香港|华东|和平|温和|向日"
    "|时候|左右|马上|管理|管家|家人|白天|高风|余额|计划|别人|单独|查询|强制|孙子|孙女|钱少"
)


def names_in(text: str) -> Iterator[tuple[int, int]]:
    """Names that the text itself introduces."""
    titled = "先生" in text or "女士" in text or "小姐" in text or "老师" in text or "您好" in text
    for pattern in (_STRONG, _WEAK, _BARE, _TITLED) if titled else (_STRONG, _WEAK, _BARE):
        for found in pattern.finditer(text):
            if not _NOT_NAMES.fullmatch(found["name"]) and not _is_kin(found["name"]):
                yield found.span("name")
    for found in _TITLED_WIDE.finditer(text) if titled else ():
        if not _two_words(found["name"]):
            yield found.span("name")
    for found in _SURNAME_FIRST.finditer(text) if "姓" in text else ():
        if not _is_kin(found["name"]):
            yield found.span("name")


def asks_name(text: str) -> bool:
    """Is the next thing said likely a name?"""
    return bool(_ASKED.search(text))


def answered_name(text: str) -> Iterator[tuple[int, int]]:
    """The name in an answer to a question for one, and how it is spelt."""
    found = _ALONE.match(text)
    if found and not _NOT_NAMES.fullmatch(found["name"]) and not _is_kin(found["name"]):
        yield found.span("name")
    yield from spelt(text)


def spelt(text: str) -> Iterator[tuple[int, int]]:
    """Characters explained by a word: 建设的建."""
    if "的" in text or "弓" in text or "木" in text or "王" in text or "章" in text:
        for found in _SPELT.finditer(text):
            yield found.span()


def _is_kin(name: str) -> bool:
    return (
        name[-1] in "总哥姐叔爷奶姨经"
        or name[1:] in _TITLES
        or (_LONG_SURNAME.match(name) is not None and name[2:] in _TITLES)
    )


def _two_words(name: str) -> bool:
    """周末陈先生, 关于李先生: a word, and then a surname alone."""
    if _LONG_SURNAME.match(name):
        return False
    return bool(_NOT_NAMES.fullmatch(name[:2])) or (name[-1] in _SURNAMES and name[-1] not in _GIVEN)
