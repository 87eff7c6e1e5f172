"""Ways of steering a model that have been seen: one of the sure ones is enough, weak ones count together.

What was never seen is the business of `lint_injection_weigh`; these are for the phrases that everybody copies.
Matched against folded text: NFKC, lower case, simplified, without invisible characters.
"""

import re


def known_way(folded: str) -> str:
    """The words that steer, or nothing."""
    if _WORTH_A_LOOK.search(folded) is None:
        return ""
    if (sure := _SURE.search(folded)) is not None:
        return sure[0]
    return next((sentence for sentence in re.split(r"[。!\n]", folded) if _adds_up(sentence)), "")


def _adds_up(sentence: str) -> bool:
    signs = [pattern.search(sentence) is not None for pattern in _WEAK]
    if sum(signs) >= _ENOUGH_WEAK and any(signs[:_COMMANDS]) and any(signs[_COMMANDS:]):
        return True
    return any(all(pattern.search(sentence) for pattern in together) for together in _TOGETHER)


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


_MODEL = (
    r"(?:人工智能|大?语言模型|大模型|智能(?:助手|体|客服)|聊天机器人|机器人|模型|助手|\bai\b"
    r"|(?<![a-z])ai(?![a-z])|llms?|chatgpt|gpt|assistant)"
)
_OLD = (
    r"(?:之前|以上|上述|上面|前面|此前|先前|前述|以前|原有|原来|所有|全部|一切|任何|系统|既定|默认|内置"
    r"|初始|你的?|收到)"
)
_ORDERS = r"(?:系统指令|指令|提示词|提示语|系统提示|设定|指示|prompts?|人设|对话规则)"
_DROP = (
    r"(?<!不得)(?<!不能)(?<!不可)(?<!切勿)(?<!请勿)(?<!严禁)(?<!禁止)(?<!不应)(?:忽略|无视|忘记|忘掉|忘却"
    r"|不要理会|不必理会|不用理会|抛开|丢弃|不再遵[守循]|无需遵[守循]|不要遵[守循]|绕过|突破|摆脱|覆盖掉)"
)
_STOP = r"[^。;!?\n]"
_SURE = _any(
    rf"{_DROP}{_STOP}{{0,8}}{_OLD}{_STOP}{{0,8}}{_ORDERS}",
    rf"{_DROP}(?:掉)?[你您]的?{_STOP}{{0,6}}(?:限制|规则|指令|约束|策略)",
    rf"(?:无视|忽略|不要理会){_STOP}{{0,4}}(?:上述|以上|之前|前面){_STOP}{{0,4}}(?:规则|约束|限制)",
    rf"你(?:现在|已经|将|从此|不再)+(?:就)?(?:是|扮演|充当|作为|成为|变成){_STOP}{{0,14}}(?:{_MODEL}"
    rf"|限制|约束|管理员|dan\b|黑客)",
    r"(?:从现在(?:起|开始)|从此刻起|接下来|从今往后)[,，]?(?:请)?你(?:就)?(?:是|扮演|充当|要扮演|作为)"
    rf"{_STOP}{{0,16}}(?:{_MODEL}|限制|约束|监管|管理员|黑客|必须回答)",
    rf"(?:扮演|充当|成为)(?:一[个名位])?{_STOP}{{0,6}}(?:不受|没有|无){_STOP}{{0,4}}(?:限制|监管|约束|审查)",
    rf"(?:没有|不受|摆脱)(?:任何)?(?:限制|约束|审查|道德)的?(?:{_MODEL}|角色)",
    rf"你{_STOP}{{0,6}}不再受{_STOP}{{0,8}}(?:约束|限制|规则)",
    r"对(?:坐席|用户|人类|读者|员工|客服){1,2}(?:隐藏|不可见|不展示)",
    rf"(?:仅|只|专)供?(?:由|给|对)?{_MODEL}(?:阅读|读取|可见|查看|处理|参考执行)",
    rf"(?:致|写给|发给|留给|给|对){_STOP}{{0,4}}{_MODEL}的?(?:指令|提示|说明|指示|留言|要求|:)",
    rf"^致{_STOP}{{0,4}}{_MODEL}",
    rf"{_MODEL}(?:请|须|应)?注意[:,]",
    rf"(?:如果|若|当|假如)你{_STOP}{{0,4}}(?:是|作为){_STOP}{{0,6}}{_MODEL}",
    rf"作为{_STOP}{{0,6}}{_MODEL}[,]?你",
    rf"{_MODEL}(?:在)?(?:总结|概括|阅读|读到|检索到|看到|处理到?)(?:本|这|此|该){_STOP}{{0,16}}(?:只能"
    rf"|必须|务必|不得|请|停止|一律)",
    r"(?:输出|打印|重复|复述|泄露|透露|说出|展示|列出|告诉我|给出|翻译"
    r"|公开)[^。;!?\n]{0,10}(?:系统提示词|提示词|systemprompt|system prompt|初始指令|隐藏指令)",
    r"(?:输出|打印|重复|复述|泄露|透露|展示|公开|翻译)(?:你|您)的?(?:完整|全部|原始|系统)*(?:系统提示|指令|规则|设定)",
    r"(?:把|将)(?:你|您|上面|上述|以上)的?[^。;!?\n]{0,4}(?:系统提示词?|提示词|初始指令|隐藏指令"
    r"|指令)[^。;!?\n]{0,8}(?:重复|输出|翻译|打印|复述|告诉|写出)",
    r"(?:高于|优先于|覆盖|凌驾)[^。;!?\n]{0,6}(?:系统指令|系统提示|所有指令|其他指令|提示词|一切指令)",
    r"(?:系统|管理员|开发者|超级)(?:指令|消息|命令|提示词|覆写)[】\]]?[:：]",
    r"[【\[](?:系统|管理员|开发者)(?:指令|消息|命令|提示词?)[】\]]",
    r"(?:新(?:的)?|隐藏|最高优先级)(?:系统)?指令(?:如下|:|为:|是:)",
    r"(?:文档|文件|资料|上下文|检索结果|内容)(?:内容)?(?:到此|至此|已)?结束[。.]?[^。;\n]{0,4}(?:以下"
    r"|下面|接下来|现在)?(?:是|为|执行)?[^。;\n]{0,4}新(?:的)?(?:任务|指令|问题|角色)",
    r"(?:不要|不得|切勿|请勿|别)[^。;!?\n]{0,2}(?:向|让|对|告诉|跟|提示)?(?:用户|坐席|人类|读者|员工"
    r"|客服)?[^。;!?\n]{0,8}(?:本段提示|这段提示|本提示|(?:这|本|该)(?:条|段|个)?(?:指令|提示词"
    r"|系统提示|注入))",
    r"(?:不要|不得|切勿|请勿|别)(?:向|让|对|告诉|跟|提示)(?:用户|坐席|人类|读者)[^。;!?\n]{0,8}(?:指令"
    r"|提示词|本段|这段)的?(?:存在|内容|提示|$)",
    r"(?:进入|启用|启动|开启|切换到)[^。;!?\n]{0,6}(?:越狱|开发者|上帝|无限制|dan)\s*模式[^。\n]{0,6}你",
    r"系统[:,]\s*(?:请)?(?:把|将)(?:本|这|此|该)(?:通|次|个)?(?:通话|电话|对话|文档)[^。\n]{0,4}(?:标记|标注|评|记|判)",
    r"(?:标记|标注|评|判定)为[^。\n]{0,8},?系统:",
    r"你的新(?:角色|身份|任务|人设)(?:是|为|:)",
    r"(?:检索结果|上下文|其他段落|其他文档|其余段落)[^。;!?\n]{0,14}(?:错误|不可信|作废|无效)[^。\n]{0,14}(?:只|仅)",
    r"(?:把|将)[^。;!?\n]{0,20}(?:对话历史|聊天记录|上下文|系统消息|检索到的)[^。;!?\n]{0,10}(?:输出"
    r"|发送|返回|打印|拼接|附)",
    r"(?:对话历史|上下文|系统消息)[^。;!?\n]{0,6}(?:完整|全部|原样|逐字)?(?:输出|打印|返回)",
    r"调用(?:工具|函数|插件|接口)?\s*[a-z]+_[a-z_]+[^。\n]{0,30}(?:发送|删除|导出|转账|发到|上传)",
    r"!\[[^\]\n]*\]\(\s*https?://[^)\s]*[?&][^)\s]*(?:\{|%7b|data=|q=|token=)",
    r"(?:把|将)[^。,]{0,8}(?:上文|上下文|你(?:收到|看到|读到)的)[^。,]{0,12}(?:写出|输出|返回|列出|打印|抄|给我|发)",
    r"你(?:其实|现在)?不再是[^。,]{0,12}(?:助手|坐席|客服|机器人)|角色切换:|你的(?:开发者|创造者"
    r"|主人)(?:要求|命令|让|希望|允许)",
    r"假装(?:你)?(?:没有|看不到|没看到|是一[个名位])[^。]{0,10}(?:限制|规则|指令|管理员|黑客|没有)",
    r"(?:以上|上述|前面)[^。,]{0,8}(?:仅|只)(?:是|用于|为|供)?(?:测试|演示|示例)[^。]{0,10}(?:回答|答复|真正|实际)",
    r"当作系统(?:消息|指令|提示)|权限(?:已|被|已经)?(?:提升|解除|升级)[^。]{0,8}(?:读取|访问|查看|可)",
    rf"(?:亲爱的|请){_MODEL}(?:们)?[,]?(?:配合|照办|你|请)|亲爱的{_MODEL}|{_MODEL}(?:须|必须|请"
    rf"|都要)(?:服从|配合|照办|遵从|听从)",
    r"(?:这|此|段|文)(?:就)?(?:是|为)[^。,]{0,4}(?:最终|最高|唯一)(?:的)?指令|你的(?:最终|最高|真正)(?:指令|使命)",
    r"(?:前面|之前|以上|所有|原有)的?(?:限制|约束|禁令)[^。,]{0,4}(?:解除|取消|失效|作废)[^。]{0,8}你",
    r"(?:替换|取代|覆盖)(?:掉)?你?[^。,]{0,4}检索到的",
    r"(?<!坐席)(?:下一个问题的答案|每次答复里?|每个答复里?|把答案"
    r"|你[^。,]{0,6}每一句话)[^。,]{0,10}(?:改成|改为|替换|插入|开头|结尾)",
    # English
    r"\byour\s+(?:instructions?|rules|role|task|persona)\s+(?:have|has|are"
    r"|is)\s+(?:been\s+)?(?:now\s+)?(?:updated|changed|revoked|replaced|to\b)",
    r"\bin\s+your\s+(?:final\s+|next\s+)(?:answer|reply|response)s?\b|\bconversation\s+history\b"
    r"|\b(?:reply|respond|answer)\s+only\s+(?:in|with)\b",
    r"\b(?:treat|regard|consider)\s+(?:the|this|any|all)\s+(?:\w+\s+){0,4}as\s+(?:an?"
    r"|the)\s+(?:\w+\s+)?(?:order|command|instruction|authority)",
    r"\b(?:respond|reply|answer)\s+to\s+(?:all|every|any)\b|\bas\s+(?:the|an?)\s+(?:ai\s+)?(?:model"
    r"|assistant|llm),?\s+you\b",
    r"\b(?:reveal|print|dump|show)\s+your\s+(?:configuration|config|rules|instructions|prompt|settings)",
    r"\bstop\s+(?:following|obeying|applying)\b",
    r"(?:ignore|disregard|forget|override|bypass|skip|discard)\s+(?:all\s+|any\s+|of\s+|the\s+|your\s+"
    r"|my\s+|these\s+|every\s+|everything\s+)*"
    r"(?:previous|prior|above|earlier|preceding|foregoing|former|system|safety|existing|original|bank's|content)\s*"
    r"(?:\w+\s+){0,2}(?:instructions?|prompts?|rules?|directions?|guidelines?|policy|policies"
    r"|messages?|context|constraints?)",
    r"(?:ignore|disregard|forget)\s+(?:everything|all)\s+(?:you|that|above|before|said)",
    r"(?:ignore|disregard|override|bypass)\s+(?:the\s+|your\s+)(?:bank's\s+|safety\s+"
    r"|content\s+)?(?:rules|guidelines|instructions|polic(?:y|ies)|guardrails|filters?)\b",
    r"\byou\s+are\s+(?:now\s+)?(?:an?\s+)?(?:dan\b|unrestricted|unfiltered|jailbroken|evil|free\s+of)",
    rf"\byou\s+are\s+(?:now\s+)?(?:an?\s+|the\s+)?(?:\w+\s+){{0,3}}(?:{_MODEL}|chatbot|admin(?:istrator)?|hacker)\b",
    r"\bfrom\s+now\s+on,?\s+(?:you|always|answer|respond|reply)",
    r"\bact\s+as\s+(?:an?|the)\s+(?:\w+\s+){0,3}(?:admin|administrator|root|dan|hacker|unrestricted"
    r"|no\s+(?:content|safety)|model|assistant|ai\b)",
    r"\bpretend\s+(?:that\s+)?(?:you\s+are|to\s+be|you're)\b",
    r"(?:reveal|print|repeat|show|leak|output|display|dump|expose|tell\s+me|what\s+is"
    r"|translate)\s+(?:\w+\s+){0,4}(?:system\s+prompt|hidden\s+(?:instructions?|prompt)"
    r"|initial\s+instructions?|developer\s+message)",
    r"\b(?:your|the)\s+system\s+prompt\b",
    r"repeat\s+(?:the\s+)?(?:words|text|everything)\s+(?:above|before)",
    rf"(?:note|message|instructions?|attention|important|dear|hey)[\s,:]*(?:to|for)?\s*(?:the\s+|any\s+"
    rf"|all\s+)?{_MODEL}(?:\s+(?:assistant|model|agent|system)s?)?\s*[:,]",
    rf"\bif\s+you\s+are\s+(?:an?\s+|the\s+)?(?:large\s+)?(?:{_MODEL}|language\s+model|chatbot)",
    r"\b(?:do\s+not|don't|never)\s+(?:tell|reveal|mention|disclose|inform"
    r"|show)\s+(?:\w+\s+){0,4}(?:this\s+(?:instruction|prompt|message|text)|these\s+instructions)",
    r"\bwhen\s+(?:the\s+|a\s+|any\s+)?user\s+asks\b",
    r"^\s*(?:system|admin|developer)\s*(?:message|prompt|override)?\s*:\s*\S",
    r"\b(?:begin|start|end)\s+(?:system|admin|instructions?|override|developer)\s*(?:override|prompt|message|mode|:)",
    r"\b(?:enable|enter|activate|switch\s+to)\s+(?:the\s+)?(?:developer|god|jailbreak|dan|debug|unrestricted)\s+mode",
    r"\bdo\s+anything\s+now\b|\bjailbreak",
    r"\bnew\s+(?:task|instructions?|system\s+prompt|rules?|policy)\s*(?::|in\s+force)",
    r"\b(?:summari[sz]e|classify|label|rate|mark)\s+this\s+\w+\s+as\b[^.\n]{0,40}\bignore\b",
    r"\b(?:always|only)\s+(?:answer|respond|reply|recommend|say)\b[^.\n]{0,30}(?:['\"]|yes|no\b|product|regardless)",
)

_WEAK: tuple[re.Pattern[str], ...] = (
    re.compile(
        r"(?:必须|务必|一律|只能|只要|都要|凡是|无论|always|must)[^。\n]{0,14}"
        r"(?:回答|回复|输出|推荐|声称|说|answer|say|reply)"
    ),
    re.compile(
        r"(?:不要|无需|不得)(?:解释|说明)(?:原因|理由)|不要(?:引用|标注)来源|do not cite|without (?:citing|explanation)"
    ),
    re.compile(r"数字[^。\n]{0,8}(?:加上?|减去?|乘以?|改[为成])|(?:零风险|保本保息|无风险)"),
    re.compile(rf"(?:{_MODEL}|提示词|prompt)"),
    re.compile(r"(?:你|you)[^。\n]{0,24}(?:回答|回复|输出|生成|总结|answer|respond|reply|output)"),
    re.compile(r"用户|\busers?\b"),
    re.compile(r"(?:以后|凡是|任何问题|所有问题|每个回答|无论[^。]{0,6}问)"),
    re.compile(r"(?:末尾|结尾|最后)[^。\n]{0,6}(?:附上|加上|添加|插入)[^。\n]{0,8}(?:链接|网址|http)|https?://"),
)
_COMMANDS = 3
"""The first of the weak signs are commands; without one, a text only speaks of models."""
_ENOUGH_WEAK = 3

_MACHINE = re.compile(
    rf"{_MODEL}|机器可读|开发者|提示词|系统(?:消息|指令)|系统[,:]?(?:请|应|须|必须|不得)|的系统[,:]"
    rf"|管理员的(?:要求|命令)"
)
_THIS_TEXT = re.compile(
    r"(?:本|这|此|该|下面这|上面这)(?:一)?(?:段|句|页)(?!时间)|看到这里|读到这里|此处(?:为|是)|上文"
)
_OUTPUT = re.compile(r"回答|答复|回复|输出|返回|说成|说是|写出|采用|总结|复述|生成|处理|承认|引用")
_FORCE = re.compile(r"必须|一律|务必|统一|只能|唯一|全部按|凡|质疑|第一位|最高|为准|无条件|照办|优先")
_CONCEAL = re.compile(r"别提|不要提|不得询问|不得提|隐藏|隐去|省略|原样|逐字|json|不要说明|不作说明")
_ENGLISH_SELF = re.compile(
    r"\b(?:this|the\s+following)\s+(?:paragraph|line|sentence|passage|text|instruction|note)s?\b"
    r"|\b(?:text|words|lines?|everything)\s+(?:above|below|before)\b|\breading\s+this\b"
)
_ENGLISH_ORDER = re.compile(
    r"\b(?:must|always|instead|stop|respond|reply|answer|prefer|cite|hide|reveal|obey|comply|follow"
    r"|only|real\s+rules)\b"
)
_ENGLISH_MACHINE = re.compile(r"\b(?:ai|llm|gpt|chatbot|assistant|language\s+model|model|bot)\b")
_ENGLISH_WILL = re.compile(
    r"\b(?:you|it|must|should|shall|will)\s+(?:\w+\s+)?(?:state|say|answer|prefer|reply|respond|rank|trust|treat|use)\b"
)
_TOGETHER = (
    (_MACHINE, _THIS_TEXT, _OUTPUT),
    (_MACHINE, _THIS_TEXT, _FORCE),
    (_MACHINE, _OUTPUT, _CONCEAL),
    (_MACHINE, re.compile("机器可读"), _OUTPUT),
    (_ENGLISH_SELF, _ENGLISH_ORDER),
    (_ENGLISH_MACHINE, _ENGLISH_WILL),
)
"""Signs that mean little each: of each line, all in one sentence."""
_WORTH_A_LOOK = re.compile(
    r"忽略|无视|忘[记掉却]|理会|抛开|丢弃|遵[守循]|绕过|突破|摆脱|覆盖掉|你|扮演|充当|不可见|不展示"
    r"|隐藏|指令|提示|指示|系统[:,]"
    r"|文档|文件|资料|检索|对话|上下文|聊天|调用|ai|模型|助手|机器人|智能|llm|gpt|机器|开发者|上文"
    r"|假装|权限|测试|系统|限制|答案|答复|检索|[标评判][记注定]?为|\]\(http"
    r"|[a-z]{2,}\s+[a-z]{2,}|[a-z]+:"
)
"""Most passages of a bank have none of these, and need no longer look."""
