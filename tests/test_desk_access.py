import pytest
from desk_samples import HASHED, PASSWORD, QuickPassword

from ui.desk_access import (
    FIRST_WAIT_S,
    FREE_FAILURES,
    FREE_FAILURES_OF_ALL,
    IDLE_S,
    LONGEST_WAIT_S,
    MAX_ADDRESSES,
    SESSION_S,
    DeskAccess,
)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def access(clock):
    return DeskAccess(QuickPassword(), clock)


def fail(access, times, address="10.0.0.1"):
    for _ in range(times):
        result = access.log_in("wrong", address)
    return result


def test_the_real_hash_lets_the_password_in(clock):
    assert DeskAccess(HASHED, clock).log_in(PASSWORD, "10.0.0.1").token


def test_a_session_is_found_by_its_token(access):
    assert access.session(access.log_in(PASSWORD, "10.0.0.1").token) is not None


def test_any_other_token_is_no_session(access):
    access.log_in(PASSWORD, "10.0.0.1")
    assert access.session("guess") is None


def test_no_token_is_no_session(access):
    assert access.session(None) is None


def test_logging_out_ends_the_session(access):
    token = access.log_in(PASSWORD, "10.0.0.1").token
    access.log_out(token)
    assert access.session(token) is None


def test_a_session_ends_when_it_is_not_used(access, clock):
    token = access.log_in(PASSWORD, "10.0.0.1").token
    clock.now += IDLE_S + 1
    assert access.session(token) is None


def test_a_used_session_ends_in_the_end(access, clock):
    token = access.log_in(PASSWORD, "10.0.0.1").token
    for _ in range(int(SESSION_S // (IDLE_S / 2)) + 1):
        access.session(token)
        clock.now += IDLE_S / 2
    assert access.session(token) is None


def test_a_few_typing_errors_cost_no_wait(access):
    assert fail(access, FREE_FAILURES - 1).wait_s == 0


def test_after_them_there_is_a_wait(access):
    assert fail(access, FREE_FAILURES).wait_s == FIRST_WAIT_S


def test_while_waiting_the_right_password_does_not_help(access):
    fail(access, FREE_FAILURES)
    assert access.log_in(PASSWORD, "10.0.0.1").token is None


def test_after_the_wait_the_right_password_helps(access, clock):
    fail(access, FREE_FAILURES)
    clock.now += FIRST_WAIT_S + 1
    assert access.log_in(PASSWORD, "10.0.0.1").token


def test_each_failure_doubles_the_wait(access, clock):
    fail(access, FREE_FAILURES)
    clock.now += FIRST_WAIT_S + 1
    assert fail(access, 1).wait_s == 2 * FIRST_WAIT_S


def test_the_wait_has_an_end(access, clock):
    for _ in range(FREE_FAILURES + 30):
        fail(access, 1)
        clock.now += LONGEST_WAIT_S
    assert fail(access, 1).wait_s == LONGEST_WAIT_S


def test_another_address_need_not_wait(access):
    fail(access, FREE_FAILURES)
    assert access.log_in(PASSWORD, "10.0.0.2").token


def test_the_addresses_of_one_ipv6_network_count_as_one(access):
    fail(access, FREE_FAILURES, "2001:db8::1")
    assert access.wait_s("2001:db8::ffff") == FIRST_WAIT_S


def test_a_success_forgets_the_failures(access):
    fail(access, FREE_FAILURES - 1)
    access.log_in(PASSWORD, "10.0.0.1")
    assert fail(access, FREE_FAILURES - 1).wait_s == 0


def test_many_addresses_together_must_wait_too(access):
    for number in range(FREE_FAILURES_OF_ALL):
        fail(access, 1, f"10.0.{number // 250}.{number % 250}")
    assert access.log_in(PASSWORD, "192.168.0.1").token is None


def test_an_attacker_with_many_addresses_does_not_fill_the_memory(access, clock):
    for number in range(MAX_ADDRESSES + 50):
        access._note_failure(str(number), FREE_FAILURES, LONGEST_WAIT_S)
    assert len(access._failures) == MAX_ADDRESSES
