"""What every implementation of a port must hold, shipped so that a bank's own adapter can prove itself.

    class TestMyModel(ChatModelContract):
        @pytest.fixture
        def model(self) -> ChatModel:
            return MyModel(…)           # must answer REPLY to whatever it is asked

One token is at least one character here: a real tokenizer only makes `max_tokens` cut later.
"""

from seatmate.domain.ports import ChatDelta, ChatModel, ChatReply, ChatRequest, Message

REPLY = "客户想把到期的定期存款转成理财，坐席已说明风险[1]。"


class ChatModelContract:
    """Subclass with a `model` fixture that answers REPLY."""

    request = ChatRequest(messages=(Message("system", "只输出一句话。"), Message("user", "小结")), max_tokens=256)
    cut = ChatRequest(messages=(Message("user", "小结"),), max_tokens=5)
    cut_json = ChatRequest((Message("user", "小结"),), 5, "summary", {"type": "object", "additionalProperties": False})

    def test_it_has_a_name(self, model: ChatModel) -> None:
        assert model.name

    async def test_a_reply_is_whole_and_says_that_it_stopped_by_itself(self, model: ChatModel) -> None:
        reply = await model.complete(self.request)
        assert isinstance(reply, ChatReply)
        assert (reply.text, reply.finish_reason) == (REPLY, "stop")
        assert reply.model == model.name

    async def test_a_reply_says_what_it_used(self, model: ChatModel) -> None:
        usage = (await model.complete(self.request)).usage
        assert usage.prompt_tokens > 0
        assert usage.completion_tokens > 0
        assert 0 <= usage.cached_tokens <= usage.prompt_tokens

    async def test_a_reply_that_max_tokens_cuts_says_length(self, model: ChatModel) -> None:
        reply = await model.complete(self.cut)
        assert reply.finish_reason == "length"
        assert REPLY.startswith(reply.text)
        assert reply.text != REPLY

    async def test_a_cut_reply_to_a_schema_is_a_reply_too(self, model: ChatModel) -> None:
        assert (await model.complete(self.cut_json)).finish_reason == "length"
        assert [delta async for delta in model.stream(self.cut_json)][-1].finish_reason == "length"

    async def test_the_deltas_of_a_stream_make_the_reply(self, model: ChatModel) -> None:
        deltas = [delta async for delta in model.stream(self.request)]
        assert "".join(delta.text for delta in deltas) == REPLY
        assert len(deltas) > 2

    async def test_only_the_last_delta_has_usage_and_finish_reason(self, model: ChatModel) -> None:
        deltas: list[ChatDelta] = [delta async for delta in model.stream(self.request)]
        assert [delta for delta in deltas[:-1] if delta.usage or delta.finish_reason] == []
        assert deltas[-1].finish_reason == "stop"
        assert deltas[-1].usage is not None
        assert deltas[-1].usage.completion_tokens > 0

    async def test_a_cut_stream_says_length(self, model: ChatModel) -> None:
        deltas = [delta async for delta in model.stream(self.cut)]
        assert deltas[-1].finish_reason == "length"

    async def test_a_stream_may_be_left_early_and_the_model_goes_on(self, model: ChatModel) -> None:
        async for delta in model.stream(self.request):
            if delta.text:
                break
        assert (await model.complete(self.request)).text == REPLY
