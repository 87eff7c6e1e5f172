"""Prometheus figures of the HTTP door. Labels are enums and route names, never ids or texts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from seatmate.domain.answers import Answer
from seatmate.domain.feedback import Feedback

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """One registry per app, so that two apps in one process do not share figures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._questions = Counter(
            "seatmate_questions", "Answered questions by status", ["status"], registry=self.registry
        )
        self._sentences = Counter(
            "seatmate_sentences", "Sentences shown, by who wrote them", ["source"], registry=self.registry
        )
        self._rejected = Counter(
            "seatmate_sentences_rejected", "Model sentences that failed a check", ["reason"], registry=self.registry
        )
        self._seconds = Histogram(
            "seatmate_answer_seconds", "Time per step of an answer", ["step"], buckets=_SECONDS, registry=self.registry
        )
        self._tokens = Counter("seatmate_tokens", "Tokens of live questions", ["kind"], registry=self.registry)
        self._feedback = Counter(
            "seatmate_feedback",
            "Thumbs on answers; a changed one counts again",
            ["verdict", "reason"],
            registry=self.registry,
        )
        self.calls = Counter("seatmate_calls_received", "Conversations acknowledged", registry=self.registry)
        self.waiting = Gauge("seatmate_calls_waiting", "Conversations without a record yet", registry=self.registry)
        self.untold = Gauge(
            "seatmate_deliveries_waiting", "Records that a webhook has not taken yet", registry=self.registry
        )
        self.model_up = Gauge("seatmate_model_up", "1 when the model server answers", registry=self.registry)
        self.snapshot = Gauge("seatmate_live_snapshot", "Number of the live snapshot", registry=self.registry)

    def count(self, answer: Answer) -> None:
        self._questions.labels(answer.status.value).inc()
        for sentence in answer.sentences:
            self._sentences.labels(sentence.source.value).inc()
        for rejected in answer.rejected:
            self._rejected.labels(rejected.reason).inc()
        steps = answer.latency_ms
        self._seconds.labels("rewrite").observe(steps.rewrite / 1000)
        self._seconds.labels("retrieve").observe(steps.retrieve / 1000)
        self._seconds.labels("total").observe(steps.total / 1000)
        if steps.first_sentence is not None:
            self._seconds.labels("first_sentence").observe(steps.first_sentence / 1000)
        self._tokens.labels("prompt").inc(answer.prompt_tokens)
        self._tokens.labels("completion").inc(answer.completion_tokens)

    def count_feedback(self, feedback: Feedback) -> None:
        self._feedback.labels(feedback.verdict.value, feedback.reason.value if feedback.reason else "").inc()

    def text(self) -> bytes:
        return generate_latest(self.registry)
