"""`espace-sante demo`: the demonstration on a screen."""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import Annotated

import typer


def demo(people: Annotated[int, typer.Option(help="How many people to invent.")] = 20_000) -> None:
    """Play a whole campaign: a registry comes in, people are told, some oppose, six weeks pass, accounts open, the books balance."""
    from pipelines.platform.embedded.platform import EmbeddedPlatform
    from pipelines.synthetic.demo import Demo

    played = Demo(EmbeddedPlatform.here(say=_say), people, _say)
    instance = played.prepare()
    keepsakes = played.play(instance)
    balanced = _tell_balance()
    for what, file in (("a letter", keepsakes.letter), ("an e-mail", keepsakes.email), ("the daily report", keepsakes.report)):
        typer.echo(f"{what:17} {file or 'none'}")
    typer.echo(f"{'Airflow':17} {instance.airflow_address}  (people and passwords: {instance.var / 'airflow' / 'passwords.json'})")
    for run in played.failed_runs:
        typer.echo(f"failed            {run}", err=True)
    if sys.stdout.isatty():
        typer.echo("Look around; Ctrl-C stops the servers.")
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    played.platform.down()
    raise typer.Exit(0 if balanced and not played.failed_runs else 1)


def _say(words: str) -> None:
    typer.echo(words)


def _tell_balance() -> bool:
    from pipelines.installation import Installation
    from pipelines.reporting.equations import balance

    equations = balance(Installation().db)
    typer.echo("")
    for equation in equations:
        typer.echo(f"{'held  ' if equation.holds else 'BROKEN'} {equation.left_hand:>8} = {equation.right_hand:<8} {equation.title}")
    typer.echo("")
    return all(equation.holds for equation in equations)
