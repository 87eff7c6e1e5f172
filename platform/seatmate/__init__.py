"""Seatmate (坐席伴侣): a self-hosted LLM platform for remote banks. Start with platform/README.md."""
