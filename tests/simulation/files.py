"""Histories as files: the script of one that failed once, short enough to be read, and run ever after."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from oms.sim.reports import Form, Refusing
from tests.simulation.plan import Action, Plan

FOUND = Path(__file__).parent / "found"


def write(plan: Plan, path: Path, why: str) -> None:
    """Write a history down: its conditions, a line each, then what happens, in nanoseconds since its start."""
    rates = [f"fault {name} {rate}" for name, rate in plan.rates.items()]
    actions = [
        f"{action.at} {action.name} {json.dumps([_plain(a) for a in action.args])}" for action in plan.actions
    ]
    lines = [
        *(f"# {line}" for line in why.splitlines()),
        f"seed {plan.seed}",
        f"reports {plan.form}",
        f"cancels refused by {plan.refusing}",
        f"clock of the venue {plan.skew_ns}",
        *rates,
        *actions,
    ]
    path.write_text("\n".join(lines) + "\n")


def read(path: Path) -> Plan:
    """Read a history."""
    fields: dict[str, Any] = {"rates": {}, "actions": []}
    for line in path.read_text().splitlines():
        words = line.split(maxsplit=2)
        match words:
            case ["#", *_]:
                continue
            case ["seed", seed]:
                fields["seed"] = seed
            case ["reports", form]:
                fields["form"] = Form(form)
            case ["cancels", *_]:
                fields["refusing"] = Refusing(line.rsplit(maxsplit=1)[1])
            case ["clock", *_]:
                fields["skew_ns"] = int(line.rsplit(maxsplit=1)[1])
            case ["fault", name, rate]:
                fields["rates"][name] = float(rate)
            case [at, name, args]:
                fields["actions"].append(Action(int(at), name, tuple(_value(a) for a in json.loads(args))))
    return Plan(**{**fields, "actions": tuple(fields["actions"])})


def _plain(value: Any) -> Any:
    return {"decimal": str(value)} if isinstance(value, Decimal) else value


def _value(value: Any) -> Any:
    return Decimal(value["decimal"]) if isinstance(value, dict) else value
