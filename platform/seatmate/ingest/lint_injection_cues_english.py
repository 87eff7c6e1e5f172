"""The signs in English: a bank's English is addressed to customers and to other banks, seldom to its own people."""

from seatmate.ingest.lint_injection_signs import Cue, Sign, cue

_TEXT = r"(?:reply|replies|answers?|response|summary|output|write-?up|text|message|draft)"
_LOOK = r"(?:document|source|page|passage|snippet|chunk|result|paragraph|entr(?:y|ies)|reference|material)s?"

ENGLISH: tuple[Cue, ...] = (
    cue(
        Sign.READER,
        3,
        r"whoever\s+\w+|for the (?:summari[sz]er|retriever|ranker|reader|responder|writer|engine|bot"
        r"|retrieval)|everyone else:",
        r"human (?:readers?|agents?|staff|eyes)|(?:automated|machine) (?:reader|system|agent|process)"
        r"|the (?:person|one) (?:asking|who asks)|hi bot|dear (?:model|reader)|downstream|the (?:text"
        r"|page) you are reading|next sentence|as this (?:para|text|note)|able to read|the assistant"
        r"|the agent the|the user's",
        r"(?:anyone|anything|any (?:tool|program|engine|process)|those) (?:reading|processing"
        r"|summari[sz]ing|answering|indexing|compiling)",
    ),
    cue(
        Sign.READER,
        1,
        r"(?:chat)?bot\b|\bai\b|\bllm|language model|retriev|assistant\b|summari[sz]|index(?:er|ing)|parser",
    ),
    cue(Sign.YOU, 1, r"\byou(?:r|rs|rself)?\b"),
    cue(
        Sign.OUTPUT,
        2,
        rf"(?:every|each|any|final|your|all) (?:\w+ )?{_TEXT}\b|when (?:you|asked)|writ(?:e|ing) (?:this"
        rf"|it) up|before (?:answering|replying|responding)",
        rf"(?:compile|write|draft|prepare)s? the {_TEXT}|answer (?:as if|with|every|all)|this (?:{_LOOK}"
        rf"|note)|comes? up",
    ),
    cue(
        Sign.OUTPUT,
        1,
        r"\b(?:reply|answer|respond|quote|cite|state|rank|summar|say|list|treat|swap|mention|describe"
        r"|claim|tell|write|output)",
    ),
    cue(
        Sign.SOURCES,
        3,
        rf"rank this|above (?:everything|all|every)|(?:other|remaining|rest of the) {_LOOK}|nothing but"
        rf"|drop the rest|(?:higher|highest|top)[- ](?:priority|rank)",
        rf"than anything|prefer this|only (?:this|the present) {_LOOK}|trust (?:only )?this|only trust"
        rf"|(?:discard|ignore) the rest|sole (?:source|authority)|outrank|takes precedence over everything",
    ),
    cue(
        Sign.CONCEAL,
        3,
        r"say nothing|(?:don't|do not|never|without|avoid|not) (?:mention|reveal|disclos|hint|bring up"
        r"|telling|tell|saying|let)\w*",
        r"keep (?:this|it) (?:between|hidden|quiet|secret|to)|quietly|silently|it came from|discreet"
        r"|covert|as if it were your own|won't notice",
    ),
    cue(
        Sign.SUPPRESS,
        2,
        r"(?:drop|leave out|omit|skip|remove|hide|leave off|cut|play down|suppress) (?:the |any |all "
        r"|every |out )*"
        r"(?:caveat|warning|risk|disclaimer|source|citation|rules|fee|reference|limit|footnote)",
        r"no (?:caveats|warnings|disclaimers|citations)",
    ),
    cue(
        Sign.OVERRIDE,
        3,
        r"(?:earlier|previous|prior|former|your|old) (?:guidance|rules|guidelines|instructions|developer"
        r"|orders|briefing|constraints|setup)",
        r"as (?:though|if) the rules|never been written|no longer (?:appl|concern|bind|hold|valid)|obey"
        r"|forget (?:the|what|all)|supersedes your|start afresh|clean slate|lifted all|from now on"
        r"|do not follow|has been suspended|stop (?:quot|cit|us|follow)|remainder of|(?:real"
        r"|actual) (?:request|task)|discard",
    ),
    cue(
        Sign.LAWLESS,
        2,
        r"never (?:say no|refuse|decline)|whatever the (?:policy|rules)|no (?:limits|restrictions|filters"
        r"|boundaries)|approve (?:every|all)|regardless"
        r"|whatever is asked|penali[sz]ed|for this session|without (?:limits|restriction|filter)"
        r"|even if the (?:rules|policy)",
    ),
    cue(
        Sign.ROLE,
        2,
        r"you have been (?:promoted|made|upgraded)|let's play|switch to|pretend|imagine|only goal"
        r"|you are now|speak as|in the voice of|role-?play|persona",
    ),
    cue(
        Sign.REVEAL,
        3,
        r"(?:were|was|have been|been) told|line by line|before this conversation|(?:conversation"
        r"|chat) so far|everything you|prompt begins|prece[d]es? this|(?:text|words|lines|before"
        r"|above) (?:that )?(?:precede|this|above)|all account|complete the sentence",
        r"(?:earlier|other|previous) (?:customers?|callers?|users?|conversation)|you (?:can see|were given"
        r"|received)|verbatim",
    ),
    cue(
        Sign.EMIT,
        2,
        r"(?:single|one|exact) word|contains? a link|to the url|as an image|(?:end|begin|start|finish|open"
        r"|close|sign off) (?:every|each|your|any|all|with)|link text|followed by|fetch http|(?:include"
        r"|insert|append|add|embed) (?:the|this|a|http)\b",
    ),
    cue(Sign.EMIT, 1, r"https?:|card number|\bcall \d"),
    cue(
        Sign.FALSIFY,
        2,
        r"assume \w+ (?:has|is|have)|already been verified|swap every|say it came|(?:double|triple|inflate"
        r"|round up) |replace (?:every|all)|occurrences? of|nothing except|the opposite of"
        r"|in the affirmative|raise the|fees? (?:is|are) (?:zero|waived)",
    ),
    cue(Sign.TRIGGER, 1, r"if anyone|whenever|no matter (?:what|who)|if (?:asked|someone)|at any time"),
)
