"""A worker whose broker has gone quiet ends, so that its supervisor starts it again."""

from collections.abc import Iterator

from worker.cli.roundtrip import RoundTrip


def test_a_minute_of_silence_is_the_end() -> None:
    """Each answer begins the minute anew; an error is no answer; and it leaves once."""
    answers: Iterator[bool | Exception] = iter([True, False, OSError("gone"), True, False, OSError("gone"), False])
    clock = iter([0.0, 10.0, 50.0, 69.0, 69.5, 80.0, 129.4, 129.5])
    left: list[str] = []

    def ask() -> bool:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    watch = RoundTrip(ask, lambda: left.append("left"), now=lambda: next(clock))

    assert [False] * 6 == [watch.over() for _ in range(6)]
    assert [] == left
    assert watch.over()
    assert ["left"] == left
