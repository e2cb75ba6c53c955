"""Which constant frame rate a source is encoded at."""

from fractions import Fraction

import pytest

from transcoding.worker.frame_rate import output_frame_rate


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(60), Fraction(24000, 1001)])
def test_it_keeps_an_ordinary_rate_exactly(rate: Fraction) -> None:
    assert output_frame_rate(rate, most=240) == rate


@pytest.mark.parametrize(("rate", "expected"), [(120, 60), (100, 50), (240, 60), (90, 45)])
def test_it_halves_a_rate_above_sixty(rate: int, expected: int) -> None:
    assert output_frame_rate(Fraction(rate), most=240) == expected


@pytest.mark.parametrize("rate", [None, Fraction(57600), Fraction(90000), Fraction(0)])
def test_it_does_not_believe_an_absurd_rate(rate: Fraction | None) -> None:
    assert output_frame_rate(rate, most=240) == 30


def test_it_never_goes_below_one_frame_a_second() -> None:
    assert output_frame_rate(Fraction(1, 100), most=240) == 1
