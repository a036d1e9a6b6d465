"""How a session stands, and why, from what QuickFIX calls and notes."""

from oms.fix.standing import Standing, is_trouble


def standing() -> Standing:
    return Standing("main", "fix.example", 1443)


def test_an_end_is_told_once() -> None:
    ours = standing()
    ours.logged_on(5)
    assert (ours.state.logged_on, ours.state.since_ns) == (True, 5)
    assert ours.logged_out(7) == (True, None)
    assert (ours.state.logged_on, ours.state.since_ns) == (False, 7)
    assert ours.logged_out(9) == (False, None)
    assert ours.state.since_ns == 7


def test_a_try_that_got_nowhere_is_not_told() -> None:
    ours = standing()
    ours.noted("Connecting to fix.example on port 1443")
    ours.noted("Initiated logon request")
    ours.noted("Disconnecting")
    assert ours.logged_out(1) == (False, None)
    assert ours.state.last_error == "no connection to fix.example:1443"


def test_a_venue_that_says_nothing_is_the_reason() -> None:
    ours = standing()
    ours.noted("Connecting to fix.example on port 1443 (Source :0) ReconnectInterval=1")
    assert ours.state.last_error is None, "what the venue says is to be the first reason"
    ours.noted("Initiated logon request")
    ours.noted("Timed out waiting for logon response")
    ours.noted("Disconnecting")
    assert ours.logged_out(1) == (False, None)
    told = "no answer to the Logon from fix.example:1443: timed out"
    assert ours.state.last_error == told
    ours.noted("Connecting to fix.example on port 1443 (Source :0) ReconnectInterval=1")
    assert ours.state.last_error == told
    ours.logged_on(2)
    assert ours.state.last_error is None


def test_a_name_without_an_address_is_the_reason() -> None:
    ours = standing()
    ours.noted("Connecting to fix.example on port 1443")
    ours.resolved("Name or service not known")
    told = "no connection to fix.example:1443: its name cannot be resolved: Name or service not known"
    assert ours.state.last_error == told
    ours.noted("Initiated logon request")
    ours.noted("Timed out waiting for logon response")  # QuickFIX says no more of it
    ours.noted("Disconnecting")
    assert (ours.logged_out(1), ours.state.last_error) == ((False, None), told)
    ours.resolved(None)
    ours.noted("Connecting to fix.example on port 1443")
    assert ours.state.last_error is None
    ours.noted("Timed out waiting for logon response")
    ours.noted("Disconnecting")
    assert ours.state.last_error == "no answer to the Logon from fix.example:1443: timed out"
    ours.logged_on(2)
    ours.resolved("Name or service not known")  # late: the session is there
    assert ours.state.last_error is None


def test_what_quickfix_noted_explains_the_end() -> None:
    ours = standing()
    ours.logged_on(1)
    ours.noted("Timed out waiting for heartbeat")
    ours.noted("Disconnecting")
    assert ours.logged_out(2) == (True, None)
    assert ours.state.last_error == "Timed out waiting for heartbeat"
    ours.noted("Connecting to fix.example on port 1443")
    ours.noted("Disconnecting", "SSL_connect failed")
    assert ours.state.last_error == "no connection to fix.example:1443: SSL_connect failed"
    ours.noted("Connecting to fix.example on port 1443")
    ours.noted("Disconnecting")  # of the same try, which QuickFIX tells once only
    assert ours.state.last_error == "no connection to fix.example:1443: SSL_connect failed"


def test_the_venue_s_words_come_first() -> None:
    ours = standing()
    ours.noted("Socket Error: Connection reset by peer.")
    ours.they_said_logout("token error")
    ours.we_said_logout(None)  # only answers
    assert ours.logged_out(1) == (True, "token error")
    assert ours.state.last_error == "token error"


def test_a_rejected_logon_that_times_out_keeps_the_venue_s_words() -> None:
    ours = standing()
    ours.noted("Connecting to fix.example on port 1443")
    ours.they_rejected("bad RawData")
    ours.noted("Timed out waiting for logon response")
    ours.noted("Disconnecting")
    assert ours.logged_out(1) == (True, "bad RawData")
    assert ours.logged_out(2) == (False, None)  # QuickFIX tells of it twice
    ours.noted("Disconnecting")
    assert ours.state.last_error == "bad RawData"
    ours.noted("Connecting to fix.example on port 1443")
    ours.noted("Disconnecting")
    assert ours.state.last_error == "no connection to fix.example:1443"


def test_our_own_logout_needs_no_reason_and_may_have_one() -> None:
    ours = standing()
    ours.logged_on(1)
    ours.we_said_logout(None)
    ours.they_said_logout(None)
    assert ours.logged_out(2) == (True, None)
    ours.logged_on(3)
    ours.we_said_logout("MsgSeqNum too low")
    assert ours.logged_out(4) == (True, "logged out by our side: MsgSeqNum too low")
    ours.logged_on(5)
    ours.we_said_logout(None)
    ours.they_said_logout("good night")
    assert ours.logged_out(6) == (True, "good night")


def test_a_reject_is_a_reason_only_before_the_logon() -> None:
    ours = standing()
    ours.they_rejected(None)
    assert ours.logged_out(1) == (True, "the venue rejected the logon without a text")
    ours.logged_on(2)
    ours.they_rejected("Value is incorrect")
    assert ours.logged_out(3) == (True, None)


def test_steps_are_no_trouble() -> None:
    steps = ("Created session", "Initiated logon request", "Received logon response", "Disconnecting")
    assert not any(is_trouble(step) for step in steps)
