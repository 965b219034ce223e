"""Settings of channels, versions of strategies, deals, pairing, and a second factor at sign-in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("totp_secret", sa.Text(), nullable=True))
        users.add_column(sa.Column("totp_since", sa.Text(), nullable=True))
        users.add_column(sa.Column("totp_last_step", sa.Integer(), server_default="0", nullable=False))
    with op.batch_alter_table("providers") as providers:
        providers.add_column(sa.Column("enabled", sa.Integer(), server_default="1", nullable=False))
        providers.add_column(sa.Column("default_symbol", sa.Text(), nullable=True))
        providers.add_column(sa.Column("ignore_words", sa.Text(), server_default="[]", nullable=False))
        providers.add_column(sa.Column("strategy_id", sa.Integer(), nullable=True))
        providers.create_foreign_key(
            "fk_providers_strategy_id", "strategies", ["strategy_id"], ["id"], ondelete="SET NULL"
        )
    op.add_column("messages", sa.Column("detail", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "deals",
        sa.Column("terminal", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=False),
        sa.Column("trade_id", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in "entry side volume price profit swap commission fee reason at".split()
        ),
        sa.ForeignKeyConstraint(
            ["terminal"], ["terminals.id"], name="fk_deals_terminal", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["trade_id"], ["trades.id"], name="fk_deals_trade_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("terminal", "ticket", name="pk_deals"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_deals_trade_id", "deals", ["trade_id"])
    op.create_table(
        "strategy_versions",
        sa.Column("strategy_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in "name config notes saved_at".split()),
        sa.ForeignKeyConstraint(
            ["strategy_id"], ["strategies.id"], name="fk_strategy_versions_strategy_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("strategy_id", "version", name="pk_strategy_versions"),
    )
    # The present version of each strategy is the first that is remembered.
    op.execute(
        "INSERT INTO strategy_versions (strategy_id, version, name, config, notes, saved_at)"
        " SELECT id, version, name, config, notes, updated_at FROM strategies"
    )
    op.create_table(
        "pairings",
        sa.Column("device_hash", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in "user_code terminal_id name platform version asked_at expires_at".split()
        ),
        sa.Column("asked_last_at", sa.Text(), nullable=True),
        sa.Column("interval", sa.Integer(), server_default="5", nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_pairings_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("device_hash", name="pk_pairings"),
        sa.UniqueConstraint("user_code", name="uq_pairings_user_code"),
    )
    op.create_index("ix_pairings_expires_at", "pairings", ["expires_at"])


def downgrade() -> None:
    for table in ("pairings", "strategy_versions", "deals"):
        op.drop_table(table)
    with op.batch_alter_table("providers") as providers:
        for name in ("strategy_id", "ignore_words", "default_symbol", "enabled"):
            providers.drop_column(name)
    op.drop_column("messages", "detail")
    with op.batch_alter_table("users") as users:
        for name in ("totp_last_step", "totp_since", "totp_secret"):
            users.drop_column(name)
