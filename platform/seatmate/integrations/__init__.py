"""Seatmate's knowledge inside other people's chains: a retriever for LangChain, one for LlamaIndex.

Both are clients of a running Seatmate. Whose key asks decides what is found; here nothing can be widened.
"""
