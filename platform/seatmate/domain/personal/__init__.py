"""Where a text names a person's numbers, secrets, name or address: one recogniser a file, pure functions of text.

Read from below: `kinds` → `digits` (what is read as a digit) → `checks` (what a number must satisfy), `labels` (what
the words around call it) → `recognise` (which number it is) · `interrupted`, `card_secrets` → `secret_codes` ·
`names` · `addresses` → `text` (all of them in one text) → `chains`, `volunteered` → `secret_talk`, `talk` (across the
utterances of a conversation). `domain.redaction` masks what they find.
"""
