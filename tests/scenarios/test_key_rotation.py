"""Keys rotate while a campaign runs: codes in flight stay valid, lots can always be opened, and an old key goes once nothing needs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pyrage
import pytest
import sqlalchemy as sa
from click.testing import Result
from typer.testing import CliRunner

from pipelines.campaign.key_rotation import LATE_FILES, KeyInUseError, put_in_force, retire_code_keys
from pipelines.campaign.opposition_code import derive
from pipelines.cli import app
from pipelines.notices.lot_production import remake_lot
from pipelines.notices.print_lot import object_keys, unseal
from pipelines.platform import settings as settings_module
from pipelines.platform.errors import FinalError
from pipelines.platform.settings import load_settings
from tests.campaign_driver import OPENING, PRINTER, SENT, Campaign, code_in, paris, request
from tests.registry_builder import by_letter, invent

NEXT_DAY = paris(2022, 2, 1)
CLOSED = OPENING + LATE_FILES


@pytest.fixture
def keys(campaign: Campaign) -> Iterator[Campaign]:
    """A campaign whose keys are as they were, whatever a test did with them."""
    file, held = campaign.home.settings.var / "secrets.json", campaign.home.code_keys
    kept, before = file.read_bytes(), dict(held)
    yield campaign
    file.write_bytes(kept)
    held.clear()
    held.update(before)
    with campaign.owner.begin() as connection:
        connection.execute(sa.text("update campaign.campaign set oldest_code_key = 1, code_key_version = 1"))


@pytest.fixture
def shell(keys: Campaign, at_a_shell: None, monkeypatch: pytest.MonkeyPatch) -> Campaign:
    """Each command reads the settings of the test's installation anew, as each process does."""
    own = keys.home.settings
    environment = {"ESPACE_SANTE_VAR": str(own.var), "ESPACE_SANTE_POLICY_FILE": str(own.policy_file)}
    monkeypatch.setattr(settings_module, "settings", lambda: load_settings(environment))
    monkeypatch.setattr("pipelines.installation.settings", lambda: load_settings(environment))
    return keys


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments])


def rotate() -> None:
    result = run("rotate-codes")
    assert result.exit_code == 0, result.output


def outcome(campaign: Campaign, person: object, code: str) -> str:
    (answer,) = campaign.oppose(request(person, code, NEXT_DAY), at=NEXT_DAY)  # type: ignore[arg-type]
    return str(answer["result"])


def test_codes_of_both_keys_are_accepted_after_a_rotation(shell: Campaign) -> None:
    shell.register(invent(1))
    shell.notify()
    old = code_in(shell.mails_to(invent(1))[0])
    rotate()
    shell.register(invent(1), invent(2), on=SENT.date())
    shell.notify(NEXT_DAY)
    new = code_in(shell.mails_to(invent(2))[0])
    assert [attempt["code_key_version"] for who in (1, 2) for attempt in shell.attempts(invent(who))] == [1, 2]
    assert outcome(shell, invent(1), old) == outcome(shell, invent(2), new) == "ACCEPTED"


def test_whoever_has_the_old_key_cannot_make_a_new_code(shell: Campaign) -> None:
    old_key = shell.home.code_keys[1]
    rotate()
    shell.register(invent(1))
    shell.notify()
    assert outcome(shell, invent(1), derive(old_key, 1, shell.person_id(invent(1)), 1)) == "REFUSED"


def test_a_letter_that_replaces_an_email_has_a_code_of_the_new_key(shell: Campaign) -> None:
    shell.register(invent(1))
    shell.notify()
    rotate()
    shell.bounce(shell.mails_to(invent(1))[0], at=NEXT_DAY)
    lots = shell.print_letters(NEXT_DAY)
    shell.deposit(lots, NEXT_DAY.date(), NEXT_DAY)
    assert [attempt["code_key_version"] for attempt in shell.attempts(invent(1))] == [1, 2]
    assert outcome(shell, invent(1), shell.letter_to(invent(1), lots).code) == "ACCEPTED"


def test_a_lot_is_made_again_with_the_codes_it_had(shell: Campaign) -> None:
    shell.register(by_letter(1))
    (lot,) = shell.notify()
    before = shell.opened(lot)
    rotate()
    remake_lot(shell.letters_made_by, lot, NEXT_DAY, "ops")
    assert shell.opened(lot) == before


def test_a_key_is_not_retired_while_a_code_may_be_used(shell: Campaign) -> None:
    shell.register(invent(1))
    shell.notify()
    rotate()
    with pytest.raises(KeyInUseError, match="1 codes of version 1 may still be used"):
        retire_code_keys(shell.home.db, 1, SENT, "ops")
    shell.open()
    with pytest.raises(KeyInUseError):
        retire_code_keys(shell.home.db, 1, CLOSED - timedelta(days=1), "ops")


def test_a_code_of_a_retired_key_proves_nothing_and_stops_no_file(shell: Campaign) -> None:
    shell.register(invent(1))
    shell.notify()
    code = code_in(shell.mails_to(invent(1))[0])
    rotate()
    shell.open()
    assert retire_code_keys(shell.home.db, 1, CLOSED, "ops") == [1]
    _ = shell.home.code_keys[2]
    del shell.home.code_keys[1]
    (answer,) = shell.oppose(request(invent(1), code, CLOSED), at=CLOSED)
    assert answer["result"] == "REFUSED" and shell.status(invent(1)) == "OPENED"


def test_a_key_that_is_not_held_is_not_put_in_force(keys: Campaign) -> None:
    with pytest.raises(FinalError, match="the code key of version 2 is missing"):
        put_in_force(keys.home.db, 1, 2, keys.home.code_keys, SENT, "ops")
    assert keys.rows("select code_key_version from campaign.campaign")[0]["code_key_version"] == 1


def test_keys_are_listed_and_not_shown(shell: Campaign) -> None:
    shell.register(invent(1))
    shell.notify()
    rotate()
    shown = run("list").output
    secrets = json.loads((shell.home.settings.var / "secrets.json").read_text())
    assert "codes, version 1: held" in shown and "codes, version 2: held, 0 codes in flight, in force" in shown
    assert not any(key in shown for key in [*secrets["code_keys"].values(), *secrets["printer_recipients"].values()])


def _sealed_for(campaign: Campaign, lot: int, identity: pyrage.x25519.Identity) -> bool:
    letters, _, _ = object_keys(PRINTER, lot)
    try:
        return unseal(campaign.home.store.get("print", letters), str(identity)).startswith(b"%PDF")
    except pyrage.DecryptError:
        return False


def test_lots_open_with_both_keys_until_the_old_one_is_retired(shell: Campaign) -> None:
    new = pyrage.x25519.Identity.generate()
    shell.register(by_letter(1))
    (before,) = shell.notify()
    assert run("rotate-printer", PRINTER, str(new.to_public())).exit_code == 0
    refused = run("retire-printer", PRINTER)
    assert refused.exit_code == 1 and "1 lots of PRINCIPAL that are out" in refused.output
    again = load_settings({"ESPACE_SANTE_VAR": str(shell.home.settings.var)}).printer_recipients
    shell.letters_made_by = type(shell.letters_made_by)(**{**vars(shell.letters_made_by), "printers": again})
    remake_lot(shell.letters_made_by, before, NEXT_DAY, "ops")
    assert _sealed_for(shell, before, new) and shell.opened(before)[0].startswith(b"%PDF")
    shell.deposit([before], SENT.date(), paris(2022, 2, 3))
    assert run("retire-printer", PRINTER).exit_code == 0
    assert load_settings({"ESPACE_SANTE_VAR": str(shell.home.settings.var)}).printer_recipients[PRINTER] == (str(new.to_public()),)


def test_a_key_that_no_print_house_could_use_is_refused(shell: Campaign) -> None:
    result = run("rotate-printer", PRINTER, "age1nothing")
    assert result.exit_code == 1 and "is not an age recipient" in result.output
