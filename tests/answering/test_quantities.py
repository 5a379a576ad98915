import pytest

from assistant.answering.quantities import quantities


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It cost 40 million euros.", [(4e7, "euro")]),
        ("It cost €40m.", [(4e7, "euro")]),
        ("It cost forty million.", [(4e7, "")]),
        ("Shares fell 6 per cent, or 6%.", [(6, "%"), (6, "%")]),
        ("Some 1,200 jobs and 4.25 points", [(1200, "job"), (4.25, "point")]),
        ("twenty-five people, two hundred sheep", [(25, "people"), (200, "sheep")]),
        ("a hundred years, one of them, a dog", [(100, "year")]),
        ("They won 3-1 on 5th March 2024", [(3, ""), (1, "on"), (5, "march"), (2024, "")]),
        ("nobody often weighed a tonne", []),
    ],
)
def test_quantities_are_read_however_they_are_written(text, found):
    got = [(quantity.value, quantity.of) for quantity in quantities(text)]
    assert got == [(pytest.approx(value), of) for value, of in found]
