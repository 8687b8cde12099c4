"""The desk's password: refused when weak, stored only as a salted scrypt hash, compared in constant time."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

SCHEME = "scrypt"

COST, BLOCK_SIZE, PARALLEL = 2**15, 8, 1
"""32 MB and some 80 ms for each try: nothing to a person, years to somebody with a list of passwords."""

MAX_MEMORY_BYTES = 512 * 1024 * 1024
MAX_COST = 2**18
"""A hash from the environment must not make the program allocate gigabytes."""

SALT_BYTES, KEY_BYTES = 16, 32

MIN_CHARS = 12
MAX_CHARS = 1024
"""Hashing a megabyte sent by a stranger would cost time."""

MIN_DIFFERENT_CHARS = 6

_COMMON = (
    "password", "passwort", "qwerty", "qwertz", "azerty", "letmein", "welcome", "admin", "anytongue", "iloveyou",
    "changeme", "secret", "123456", "abc123", "abcdef", "monkey", "dragon", "desk",
)  # fmt: skip


class WeakPassword(Exception):
    """Too easy to guess."""


class BadPasswordHash(Exception):
    """What is configured is no hash of ours."""


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """A salted hash with the costs it was made with."""

    salt: bytes
    key: bytes
    cost: int = COST
    block_size: int = BLOCK_SIZE
    parallel: int = PARALLEL

    @classmethod
    def of(cls, password: str) -> "PasswordHash":
        """Hash a new password. Raises WeakPassword."""
        problem = weakness(password)
        if problem:
            raise WeakPassword(problem)
        salt = secrets.token_bytes(SALT_BYTES)
        return cls(salt, _key(password, salt, (COST, BLOCK_SIZE, PARALLEL)))

    @classmethod
    def parse(cls, text: str) -> "PasswordHash":
        """Read `scrypt:cost:block:parallel:salt:key`. Raises BadPasswordHash without repeating what was found."""
        parts = text.strip().split(":")
        try:
            scheme, cost, block_size, parallel, salt, key = parts
            hashed = cls(_bytes(salt), _bytes(key), int(cost), int(block_size), int(parallel))
        except (ValueError, binascii.Error):
            raise _bad() from None
        sensible = (
            scheme == SCHEME
            and COST <= hashed.cost <= MAX_COST
            and hashed.cost & (hashed.cost - 1) == 0
            and (hashed.block_size, hashed.parallel) == (BLOCK_SIZE, PARALLEL)
            and len(hashed.salt) >= SALT_BYTES
            and len(hashed.key) == KEY_BYTES
        )
        if not sensible:
            raise _bad()
        return hashed

    def __str__(self) -> str:
        # Colons, because a dollar sign would be taken for a variable by every shell.
        salt, key = (base64.urlsafe_b64encode(part).decode() for part in (self.salt, self.key))
        return f"{SCHEME}:{self.cost}:{self.block_size}:{self.parallel}:{salt}:{key}"

    def matches(self, password: str) -> bool:
        """Whether it is this password; takes as long for a wrong one."""
        found = _key(password[:MAX_CHARS], self.salt, (self.cost, self.block_size, self.parallel))
        return hmac.compare_digest(found, self.key) and len(password) <= MAX_CHARS


def weakness(password: str) -> str | None:
    """Why a password is refused, or None."""
    if len(password) < MIN_CHARS:
        return f"The password has {len(password)} characters; at least {MIN_CHARS} are needed. Four random words do."
    if len(password) > MAX_CHARS:
        return f"The password is longer than {MAX_CHARS} characters; shorten it."
    if len(set(password.lower())) < MIN_DIFFERENT_CHARS:
        return f"The password repeats few characters; at least {MIN_DIFFERENT_CHARS} different ones are needed."
    rest = password.lower()
    for word in _COMMON:
        rest = rest.replace(word, "")
    if len("".join(char for char in rest if char.isalpha())) < MIN_CHARS // 3 and len(rest) < MIN_CHARS:
        return "The password is a common word with something added; take four random words instead."
    return None


def _key(password: str, salt: bytes, costs: tuple[int, int, int]) -> bytes:
    cost, block_size, parallel = costs
    secret = password.encode("utf-8", errors="surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=cost, r=block_size, p=parallel, maxmem=MAX_MEMORY_BYTES, dklen=KEY_BYTES)


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, altchars=b"-_", validate=True)


def _bad() -> BadPasswordHash:
    return BadPasswordHash(
        "ANYTONGUE_DESK_PASSWORD_HASH holds no password hash. Make one with: python main.py desk-password"
    )
