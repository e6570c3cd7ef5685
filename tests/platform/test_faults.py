"""One thing that fails holds up no other, and nothing that failed is silent."""

from __future__ import annotations

import pytest

from pipelines.platform.errors import FinalError, RetryableError
from pipelines.platform.faults import Faults


def faults_of(*errors: Exception | None) -> Faults:
    """Return what is kept of things that raise these, one after the other."""
    faults = Faults()
    for error in errors:
        with faults.apart("lot 7"):
            if error:
                raise error
    return faults


def test_nothing_is_raised_where_all_went_well() -> None:
    faults_of(None, None).require_none()


def test_every_fault_is_told_and_names_what_failed() -> None:
    with pytest.raises(FinalError, match=r"^lot 7: first; lot 7: second$"):
        faults_of(FinalError("first"), None, FinalError("second")).require_none()


def test_faults_that_may_all_pass_are_tried_again() -> None:
    with pytest.raises(RetryableError, match="away"):
        faults_of(RetryableError("away"), RetryableError("busy")).require_none()


def test_one_final_fault_calls_somebody_at_once() -> None:
    with pytest.raises(FinalError, match="away; lot 7: broken"):
        faults_of(RetryableError("away"), FinalError("broken")).require_none()


def test_the_same_fault_of_many_is_told_once() -> None:
    with pytest.raises(RetryableError, match=r"^lot 7: away$"):
        faults_of(RetryableError("away"), RetryableError("away")).require_none()


def test_a_defect_names_its_place_and_none_of_its_data() -> None:
    with pytest.raises(FinalError, match=r"^lot 7: ValueError at test_faults\.py:\d+: call the data engineer on duty$"):
        faults_of(ValueError("a name that no log may hold")).require_none()
