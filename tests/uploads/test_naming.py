"""Names, titles and sizes as people read them."""

import pytest

from uploads.naming import clean_name, fingerprint, human_size, plain_text, title_for


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("my film.mp4", "my film"),
        ("archive.tar.mp4", "archive.tar"),
        ("-f.mp4", "-f"),
        ("a%03d.mp4", "a%03d"),
        ("../../etc/passwd.mp4", ".._.._etc_passwd"),
        ("new\nline.mp4", "new line"),
        ("evil\u202e4pm.mp4", "evil4pm"),
        ("\u200b\u200b.mp4", "Untitled"),
        ("   .mp4", "Untitled"),
        (".mp4", "Untitled"),
        ("👩‍👩‍👧.mp4", "👩‍👩‍👧"),
        ("می‌خواهم.mp4", "می‌خواهم"),
        ("<b>.mp4", "<b>"),
        ("x" * 251 + ".mp4", "x" * 200),
    ],
)
def test_a_title_is_the_name_without_its_suffix_on_one_line(name: str, title: str) -> None:
    assert title_for(name) == title


@pytest.mark.parametrize("text", ["\u200d", "\u200c\u200d", "\ufeff", "\x1b\x07", "\u2066\u2069"])
def test_text_that_nobody_could_see_is_empty(text: str) -> None:
    assert plain_text(text) == ""


@pytest.mark.parametrize("text", ["a\u2028b", "a\r\nb", "a\x0bb", "a \t b", "a\u00a0b"])
def test_text_is_one_line_with_single_spaces(text: str) -> None:
    assert plain_text(text) in {"a b", "ab"}


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("film.mp4", "film.mp4"),
        ("a\0b.mp4", "ab.mp4"),
        ("\ud800.mp4", "?.mp4"),
        ("x" * 300 + ".mp4", "x" * 251 + ".mp4"),
        ("x" * 300, "x" * 255),
        ("x." + "y" * 300, "x." + "y" * 253),
    ],
)
def test_a_name_is_made_such_that_any_database_can_hold_it(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KB"), (1536, "1.5 KB"), (20 * 1024**3, "20 GB"),
     (5 * 1024**4, "5 TB"), (5 * 1024**5, "5120 TB"), (1024**2 - 1, "1 MB")],
)  # fmt: skip
def test_a_size_is_told_in_the_unit_a_person_would_choose(size_bytes: int, text: str) -> None:
    assert human_size(size_bytes) == text


def test_a_newline_in_a_name_cannot_forge_another_files_fingerprint() -> None:
    assert fingerprint("x\n1", 2, 3) != fingerprint("x", 1, 2)
