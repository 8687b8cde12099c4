import pytest
from desk_samples import HASHED, PASSWORD

from ui.desk_password import BadPasswordHash, PasswordHash, WeakPassword, weakness


def test_the_right_password_matches():
    assert HASHED.matches(PASSWORD)


def test_a_wrong_password_does_not():
    assert not HASHED.matches(PASSWORD + ".")


def test_a_hash_survives_being_written_down():
    assert PasswordHash.parse(str(HASHED)) == HASHED


def test_a_hash_holds_no_dollar_sign_that_a_shell_would_eat():
    assert "$" not in str(HASHED)


def test_the_same_password_hashes_differently_each_time():
    assert PasswordHash.of(PASSWORD).salt != HASHED.salt


@pytest.mark.parametrize(
    "password", ["", "short", "aaaaaaaaaaaaaaaa", "password1234", "Anytongue-2026!", "admin admin admin"]
)
def test_a_weak_password_is_refused(password):
    with pytest.raises(WeakPassword):
        PasswordHash.of(password)


def test_four_random_words_are_strong_enough():
    assert weakness("tulip anchor gravel noon") is None


def test_a_password_of_a_million_characters_is_not_accepted():
    assert not HASHED.matches(PASSWORD + "x" * 1_000_000)


@pytest.mark.parametrize(
    "text",
    [
        "hunter2",
        "scrypt:1:8:1:AAAA:AAAA",
        "scrypt:32768:8:1:not base64!:AAAA",
        str(HASHED).replace("32768", "1073741824"),
        str(HASHED).replace("32768", "32767"),
        str(HASHED).replace("scrypt", "md5"),
        str(HASHED)[:-8],
    ],
)
def test_what_is_no_hash_is_refused_without_repeating_it(text):
    with pytest.raises(BadPasswordHash, match="desk-password") as caught:
        PasswordHash.parse(text)
    assert text not in str(caught.value)
