"""The tables, the triggers that keep them append-only, and their version."""

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    event,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.schema import ExecutableDDLElement

from drkit.errors import JournalError

VERSION = 1

metadata = MetaData()

facts = Table(
    "drkit_journal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # the one row is number 1
    Column("version", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),  # the last fencing number given out
)

runs = Table(
    "drkit_runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("practice", Boolean, nullable=False),
    Column("place", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("groups", Text, nullable=False),  # JSON: [[id, name], ...]
    Column("started_at", Text, nullable=False),
)

entries = Table(
    "drkit_entries",
    metadata,
    Column("run_id", Text, ForeignKey("drkit_runs.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("step", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("job_id", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("data", Text, nullable=False),  # JSON
    Column("hash", Text, nullable=False),
)

leases = Table(
    "drkit_leases",
    metadata,
    Column("scope", Text, primary_key=True),  # which cloud and project
    Column("group_id", Text, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("place", Text, nullable=False),  # which process it is beyond its number, and which taking of it
    Column("pid", BigInteger, nullable=False),
    Column("doing", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("heard_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
)

seals = Table(  # what was signed of a run's record, beside the chain
    "drkit_seals",
    metadata,
    Column("run_id", Text, ForeignKey("drkit_runs.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("entries", Integer, nullable=False),
    Column("head", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("key", Text, nullable=False),  # the public half
    Column("signed", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("report", Text, nullable=False),  # JSON, or empty
)

anchors = Table(  # how far the records in other journals had come
    "drkit_anchors",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("run_id", Text, nullable=False, index=True),
    Column("entries", Integer, nullable=False),
    Column("head", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("journal", Text, nullable=False),
    Column("runs", Integer, nullable=False),
)

stamps = Table(  # time stamps of an authority outside, beside the chain
    "drkit_stamps",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("run_id", Text, ForeignKey("drkit_runs.id"), nullable=False, index=True),
    Column("entries", Integer, nullable=False),
    Column("head", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("token", Text, nullable=False),  # base64
)

readings = Table(  # readings of projects that were kept, beside the chain
    "drkit_readings",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("scope", Text, nullable=False, index=True),
    Column("place", Text, nullable=False),
    Column("practice", Boolean, nullable=False),
    Column("run_id", Text, nullable=False, index=True),  # empty where it is of no run
    Column("moment", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("data", Text, nullable=False),  # base64 of a deflated JSON
)


def _keep_append_only(table: Table) -> None:
    name = table.name
    for verb in ("UPDATE", "DELETE"):
        trigger = (
            f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
            "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        )
        event.listen(table, "after_create", _ddl(trigger, "sqlite"))
    function = (
        f"CREATE FUNCTION {name}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$; "
        f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {name}_append_only()"
    )
    event.listen(table, "after_create", _ddl(function, "postgresql"))


def _ddl(statement: str, dialect: str) -> ExecutableDDLElement:
    return DDL(statement).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]  # SQLAlchemy's own gap


for _each in (runs, entries, seals, anchors, stamps, readings):
    _keep_append_only(_each)


def ready(connection: Connection) -> bool:
    """Whether the tables are there; JournalError when they are a newer drkit's."""
    there = inspect(connection).get_table_names()
    if facts.name not in there:
        return False
    version = connection.scalar(select(facts.c.version))
    if version is not None and version > VERSION:
        raise JournalError(
            f"The journal is of version {version}, newer than this drkit reads ({VERSION}): update drkit."
        )
    # A journal of a drkit that did not sign yet gets the tables that it lacks.
    later = {seals.name, anchors.name, stamps.name, readings.name}
    return version is not None and later <= set(there)


def create(connection: Connection) -> None:
    """Make the tables within a writing transaction, unless another process just did."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('drkit_journal'))"))
    if not ready(connection):
        metadata.create_all(connection)
        if connection.scalar(select(facts.c.version)) is None:
            connection.execute(insert(facts).values(id=1, version=VERSION, fence=0))
