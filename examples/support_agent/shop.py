"""The shop's database, and the four tools that its agent has for it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).with_name("shop.sql")
RETURN_DAYS = 30
MOST = 200.0
"""Dollars that the agent may give back without a colleague."""
TOOLS = frozenset({"look_up_order", "check_policy", "refund", "escalate"})


class Shop:
    """A database of its own, new at each run, so that runs do not affect each other."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.row_factory = sqlite3.Row
        self._database.executescript(SCHEMA.read_text(encoding="utf-8"))

    def call(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call a tool and return its result, or an error that the model can read."""
        if name not in TOOLS:
            return {"error": f"there is no tool {name}"}
        try:
            return getattr(self, name)(**arguments)
        except (TypeError, LookupError) as error:
            return {"error": str(error)}

    def look_up_order(self, order: str) -> dict[str, Any]:
        """Look up an order."""
        row = self._database.execute("SELECT * FROM orders WHERE id = ?", [order]).fetchone()
        if row is None:
            raise LookupError(f"there is no order {order}")
        return dict(row)

    def check_policy(self, order: str) -> dict[str, Any]:
        """Say whether the policy allows a refund, and why not."""
        found = self.look_up_order(order)
        if found["days_ago"] > RETURN_DAYS:
            return {"allowed": False, "why": f"bought more than {RETURN_DAYS} days ago"}
        if found["price"] > MOST:
            return {"allowed": False, "why": f"more than {MOST:.0f} dollars: a colleague decides"}
        return {"allowed": True}

    def refund(self, order: str) -> dict[str, Any]:
        """Give the money back without confirmation."""
        price = self.look_up_order(order)["price"]
        self._database.execute("INSERT INTO refunds VALUES (?, ?)", [order, price])
        return {"refunded": price}

    def escalate(self, order: str, reason: str) -> dict[str, Any]:
        """Hand an order over to a colleague."""
        self.look_up_order(order)
        self._database.execute("INSERT INTO escalations VALUES (?, ?)", [order, reason])
        return {"escalated": True}

    def done(self) -> dict[str, list[str]]:
        """The changes in the database."""
        tables = {"refunded": "SELECT order_id FROM refunds", "escalated": "SELECT order_id FROM escalations"}
        return {name: [row[0] for row in self._database.execute(query)] for name, query in tables.items()}

    def close(self) -> None:
        """Close the database."""
        self._database.close()
