"""Tables. What a value may be is said in schemas/; the CHECK constraints here are the last fence."""

from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary, Text
from sqlmodel import Field, SQLModel


def _big(*, primary_key: bool = False) -> Column[int]:
    return Column(BigInteger, primary_key=primary_key, autoincrement=False, nullable=False)


class EntryRow(SQLModel, table=True):
    """The log, append only. `idx` comes from the tree's size inside the transaction, never from a sequence."""

    __tablename__ = "entry"
    __table_args__ = (CheckConstraint("idx >= 0"),)

    idx: int = Field(sa_column=_big(primary_key=True))
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class DeviceEventRow(SQLModel, table=True):
    """Which entry holds a device's number: identity before rules, for ever.

    `device_no` is the index of the entry that enrolled the device: short, and never given to another one.
    """

    __tablename__ = "device_event"

    device_no: int = Field(sa_column=_big(primary_key=True))
    device_seq: int = Field(sa_column=_big(primary_key=True))
    event_id: bytes = Field(sa_column=Column(LargeBinary, nullable=False, index=True))
    idx: int = Field(sa_column=_big())


class OddEventRow(SQLModel, table=True):
    """Forks and quarantined notes by event id, so that sending them again gives the same verdict."""

    __tablename__ = "odd_event"

    event_id: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    idx: int = Field(sa_column=_big())


class BootRow(SQLModel, table=True):
    """What the kept hellos of a device's boot come to (`domain.boots`); a row that follows from the log's hellos alone."""

    __tablename__ = "boot"

    device_no: int = Field(sa_column=_big(primary_key=True))
    boot_id: str = Field(primary_key=True, max_length=16)
    zero_ms: int = Field(sa_column=_big())
    next_seq: int = Field(sa_column=_big())
    anchors: int = Field(sa_column=_big())
    first_ms: int = Field(sa_column=_big())


class TreeRow(SQLModel, table=True):
    """The one row of the tree: size, frontier, and the last received time."""

    __tablename__ = "tree"
    __table_args__ = (CheckConstraint("id = 1"),)

    id: int = Field(primary_key=True)
    size: int = Field(sa_column=_big())
    frontier: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    received_ms: int = Field(sa_column=_big())


class CheckpointRow(SQLModel, table=True):
    """Every checkpoint that was published, with its cosignatures: the log's own memory of what it has promised."""

    __tablename__ = "checkpoint"

    size: int = Field(sa_column=_big(primary_key=True))
    note: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class DeviceRow(SQLModel, table=True):
    """Keys admitted by `enrolled` events."""

    __tablename__ = "device"

    device_id: str = Field(primary_key=True, max_length=16)
    public_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    site: str
    role: str
    enrolled_idx: int = Field(sa_column=_big())
    revoked_idx: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))


class HeldRow(SQLModel, table=True):
    """Notes with an unknown key or a bad signature: bounded, shown, never counted as delivered."""

    __tablename__ = "held_note"

    event_id: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    note: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    received_ms: int = Field(sa_column=_big())


class RegisterVersionRow(SQLModel, table=True):
    """Every register that was ever loaded, whole, in the order of loading; see `RegisterVersion`.

    `content` is empty where the log names a version whose file this database does not have (`wasteledger recover`).
    """

    __tablename__ = "register_version"
    __table_args__ = (CheckConstraint("number >= 1"),)

    number: int = Field(sa_column=_big(primary_key=True))
    digest: str = Field(max_length=80)
    holds_from: str = Field(max_length=10)
    idx: int = Field(sa_column=_big())
    loaded_ms: int = Field(sa_column=_big())
    decision: str = Field(sa_column=Column(Text, nullable=False))
    content: str = Field(sa_column=Column(Text, nullable=False))


class LabelRow(SQLModel, table=True):
    """What stands on the label of an issued code."""

    __tablename__ = "label"

    code: str = Field(primary_key=True, max_length=37)
    site: str = Field(index=True)
    fields: str = Field(sa_column=Column(Text, nullable=False))


class CounterRow(SQLModel, table=True):
    """Numbers drawn without gaps or doubles: stock codes, boxes, manifests, sequence of a day."""

    __tablename__ = "counter"
    __table_args__ = (CheckConstraint("last >= 0"),)

    name: str = Field(primary_key=True, max_length=80)
    last: int = Field(sa_column=_big())


class AccountRow(SQLModel, table=True):
    """Who may log in to the pages; passwords only as Argon2 hashes."""

    __tablename__ = "account"

    name: str = Field(primary_key=True, max_length=40)
    password_hash: str
    role: str
    site: str
