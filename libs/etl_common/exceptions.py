"""Errors of the library.

EtlError
├── ConfigurationError          the caller asked for something that cannot be: fix the call
│   ├── ModelError              a declaration contradicts itself
│   ├── MissingColumnError      a transform was given a frame without a column that it needs
│   ├── MissingReferenceError   a check was not given the list or the parents that it compares with
│   ├── ArgumentError           a job's argument is missing or wrong
│   ├── SecretError             a secret is missing or has not its fields
│   └── BatchOrderError         a batch would overtake an earlier one
├── DataError                   the data is not what was declared: quarantine or fix the source
│   ├── UnbalancedBatchError    rows went missing or appeared between two steps
│   ├── KeyCollisionError       two members were given one surrogate key
│   ├── LandingError            a landing folder is not as agreed
│   ├── AlteredFileError        a landed file is cut, altered or gone
│   ├── HeaderError             a file does not begin with its header
│   ├── SchemaDriftError        columns appeared, disappeared or moved
│   ├── ColumnTypeError         a column has a type whose values cannot be taken
│   ├── PageShapeError          a page of an API has another shape
│   ├── RepeatedPageError       an API repeats a page
│   ├── IncompleteFeedError     an API's pages hold fewer or more records than it says
│   ├── DatabaseContentError    a source database has not what was declared
│   └── ApiError                an API refused the request
├── TransientError              the same call may succeed later: retried by the caller
│   ├── ApiUnavailableError     an API did not answer properly
│   ├── DatabaseUnavailableError  a source database did not answer
│   ├── SpaceError              a disk is full
│   ├── LeaseTakenError         another run of the job is at work
│   ├── LeaseLostError          another run took the lease
│   └── UndeletableObjectError  S3 kept an object that was to go
└── WarehouseError              a statement failed in Redshift
"""

from __future__ import annotations

from collections.abc import Collection

__all__ = [
    "AlteredFileError",
    "ApiError",
    "ApiUnavailableError",
    "ArgumentError",
    "BatchOrderError",
    "ColumnTypeError",
    "ConfigurationError",
    "DataError",
    "DatabaseContentError",
    "DatabaseUnavailableError",
    "EtlError",
    "HeaderError",
    "IncompleteFeedError",
    "KeyCollisionError",
    "LandingError",
    "LeaseLostError",
    "LeaseTakenError",
    "MissingColumnError",
    "MissingReferenceError",
    "ModelError",
    "PageShapeError",
    "QualityError",
    "RepeatedPageError",
    "SchemaDriftError",
    "SecretError",
    "SpaceError",
    "TransientError",
    "UnbalancedBatchError",
    "UndeletableObjectError",
    "WarehouseError",
]


class EtlError(Exception):
    """Base of every error that this library raises on purpose."""


class ConfigurationError(EtlError):
    """The caller asked for something that cannot be."""


class ModelError(ConfigurationError):
    """A declaration contradicts itself or another."""

    def __init__(self, where: str, what: str, fix: str) -> None:
        self.where, self.what, self.fix = where, what, fix
        super().__init__(f"{where} {what}. {fix[0].upper()}{fix[1:]}.")


class MissingColumnError(ConfigurationError):
    """A transform was given a frame without a column that it needs."""

    def __init__(self, transform: str, missing: Collection[str], present: Collection[str]) -> None:
        self.transform, self.missing, self.present = transform, sorted(missing), sorted(present)
        super().__init__(
            f"{transform} needs the columns {', '.join(self.missing)}, which the frame does not have. "
            f"It has: {', '.join(self.present)}. Rename them before the call, or select them at the source."
        )


class MissingReferenceError(ConfigurationError):
    """A check was not given the list of codes or the parents that it compares with."""

    def __init__(self, table: str, kind: str, missing: str, given: Collection[str]) -> None:
        self.table, self.kind, self.missing, self.given = table, kind, missing, sorted(given)
        super().__init__(
            f"{table} is checked against the {kind} {missing!r}, which was not given. "
            f"Given: {', '.join(self.given) or 'none'}. Pass {kind}={{{missing!r}: …}}; without it every record would be refused or none."
        )


class DataError(EtlError):
    """The data is not what was declared."""


class UnbalancedBatchError(DataError):
    """Rows went missing or appeared between two steps of a batch."""

    def __init__(self, batch_id: str, source: str, read: int, accepted: int, quarantined: int, duplicates: int) -> None:
        self.batch_id, self.source = batch_id, source
        self.read, self.accepted, self.quarantined, self.duplicates = read, accepted, quarantined, duplicates
        super().__init__(
            f"Batch {batch_id}, source {source}: {read} records were read, but {accepted} accepted + {quarantined} quarantined "
            f"+ {duplicates} duplicates = {accepted + quarantined + duplicates}. Nothing was published; compare the "
            "landing files with the reader."
        )


class QualityError(DataError):
    """Blocking rules of the quality gate failed."""

    def __init__(self, broken: Collection[str]) -> None:
        self.broken = list(broken)
        shown = "; ".join(self.broken[:10]) + (f"; and {len(self.broken) - 10} more" if len(self.broken) > 10 else "")
        super().__init__(
            f"{len(self.broken)} blocking quality rules failed, nothing was loaded: {shown}. "
            "The run's quality record has a sample of the rows of each."
        )


class KeyCollisionError(DataError):
    """Two members or versions were given one surrogate key."""

    def __init__(self, table: str, key: int, members: Collection[str]) -> None:
        self.table, self.key, self.members = table, key, sorted(members)
        super().__init__(
            f"{table}: the surrogate key {key} belongs to {' and to '.join(self.members)}. Nothing was published. Either the same "
            "version is there twice, or SHA-256's first 15 digits collide: then add a column to the natural key."
        )


class TransientError(EtlError):
    """The same call may succeed later."""

# --- input and output ---


class ArgumentError(ConfigurationError):
    """A job's argument is missing or is not what it is declared as."""

    def __init__(self, name: str, value: str | None, fix: str) -> None:
        self.name, self.value = name, value
        super().__init__(f"--{name} {'is missing' if value is None else f'is {value!r}'}: {fix}.")


class SecretError(ConfigurationError):
    """A secret is not there or has not the fields that are needed. The message never holds a value."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        super().__init__(f"The secret {name} {problem}. Create it in Secrets Manager as a JSON object, and let the job's role read it.")


class BatchOrderError(ConfigurationError):
    """A batch would be built before an earlier one was loaded."""

    def __init__(self, batch_id: str, unloaded: Collection[str]) -> None:
        self.batch_id, self.unloaded = batch_id, sorted(unloaded)
        super().__init__(
            f"Batch {batch_id} cannot be loaded: its curated tables also hold {', '.join(self.unloaded)}, which Redshift has not. "
            f"Run {self.unloaded[0]} to its end first."
        )


class LandingError(DataError):
    """A landing folder or its manifest is not as agreed."""

    def __init__(self, where: str, problem: str, fix: str) -> None:
        self.where = where
        super().__init__(f"{where} {problem}: {fix}.")


class AlteredFileError(DataError):
    """A landed file is not the one that the manifest names: cut, altered or gone."""

    def __init__(self, where: str, problem: str) -> None:
        self.where = where
        super().__init__(f"{where} {problem}. Nothing of the batch was loaded; have the sender deliver the file and its manifest again.")


class HeaderError(DataError):
    """The first line of a file is not a header of the table."""

    def __init__(self, where: str, problem: str) -> None:
        self.where = where
        super().__init__(
            f"{where}, line 1, {problem}. Expected UTF-8, commas, LF line ends and the column names; have the file written again."
        )


class SchemaDriftError(DataError):
    """Columns appeared, disappeared or moved."""

    def __init__(self, where: str, found: Collection[str], declared: Collection[str]) -> None:
        self.where, self.found, self.declared = where, tuple(found), tuple(declared)
        new, gone = sorted({*found} - {*declared}), sorted({*declared} - {*found})
        changes = [f"new: {', '.join(new)}"] * bool(new) + [f"missing: {', '.join(gone)}"] * bool(gone)
        super().__init__(
            f"{where} has other columns than declared ({'; '.join(changes) or 'another order: ' + ', '.join(found)}). "
            "Nothing of the batch was loaded; correct the source, or declare the columns in the source's contract."
        )


class ColumnTypeError(DataError):
    """A column came with a type none of whose values can become one of the declared type."""

    def __init__(self, source: str, column: str, found: str, declared: str) -> None:
        self.source, self.column, self.found, self.declared = source, column, found, declared
        super().__init__(
            f"{source}.{column} came as {found}, and its contract says {declared}. Nothing of the source was published; correct "
            "the column, or declare its type in the source's contract."
        )


class PageShapeError(DataError):
    """A page of an API has another shape than agreed."""

    def __init__(self, url: str, page: int, problem: str) -> None:
        self.url, self.page = url, page
        super().__init__(f"{url}, page {page}, {problem}. Nothing of the feed was landed.")


class RepeatedPageError(DataError):
    """An API served a page again, or its pages have no end."""

    def __init__(self, url: str, page: int, problem: str) -> None:
        self.url, self.page = url, page
        super().__init__(f"{url}, page {page}, {problem}: the feed repeats itself. Nothing of it was landed; run the job again later.")


class IncompleteFeedError(DataError):
    """An API's pages hold fewer or more records than it says."""

    def __init__(self, url: str, found: int, promised: int) -> None:
        self.url, self.found, self.promised = url, found, promised
        super().__init__(
            f"{url}: its pages hold {found} records, the last one says {promised} in all. Nothing of the feed was landed; "
            "run the job again, and tell the API's owner when it stays so."
        )


class ApiError(DataError):
    """An API refused a request; asking again would not help."""

    def __init__(self, url: str, page: int, status: int, body: str) -> None:
        self.url, self.page, self.status = url, page, status
        hint = "Check the token in the secret" if status in (401, 403) else "Check the address and the parameters"
        super().__init__(f"{url}, page {page}: HTTP {status}: {body}. {hint}.")


class ApiUnavailableError(TransientError):
    """An API did not answer properly, however often it was asked."""

    def __init__(self, url: str, page: int, attempts: int, reason: str) -> None:
        self.url, self.page, self.attempts = url, page, attempts
        super().__init__(
            f"{url}, page {page}: no proper answer in {attempts} attempts, the last: {reason}. Run the job again "
            "when the API is well."
        )


class DatabaseUnavailableError(TransientError):
    """A source database did not answer."""

    def __init__(self, database: str, reason: str) -> None:
        self.database = database
        first = " ".join(reason.split())[:300]
        super().__init__(
            f"The database {database} cannot be read: {first}. Check that it runs and that the secret's user may "
            "read it, then run the job again."
        )


class DatabaseContentError(DataError):
    """A source database answers, but has not what was declared, or a value that cannot be read."""

    def __init__(self, database: str, reason: str) -> None:
        self.database = database
        first = " ".join(reason.split())[:300]
        super().__init__(
            f"The database {database} is not as declared: {first}. Nothing of the table was landed; correct the source or its "
            "declaration, then run the job again."
        )


class SpaceError(TransientError):
    """A disk that Spark or the storage writes to is full."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"There is no space left to write: {' '.join(reason.split())[:300]}. What was not committed does not count. Free space, "
            "or give the job more or larger workers, then run it again."
        )


class LeaseTakenError(TransientError):
    """Another run of the job is at work."""

    def __init__(self, job: str, batch_id: str, run_id: str | None, waited: int) -> None:
        self.job, self.batch_id, self.run_id = job, batch_id, run_id
        super().__init__(
            f"{job} is already at work on {batch_id} (run {run_id or 'outside Glue'}); waited {waited} s. "
            "Nothing was changed. Run it again when the other has ended."
        )


class LeaseLostError(TransientError):
    """Another run took the job's lease, since this one had been silent too long."""

    def __init__(self, job: str, token: int) -> None:
        self.job, self.token = job, token
        super().__init__(
            f"{job} lost its lease (token {token}) to another run and stopped before its next commit. Let the other "
            "run end, then look at its result."
        )


class UndeletableObjectError(TransientError):
    """S3 kept an object that was to be deleted."""

    def __init__(self, uri: str, reason: str) -> None:
        self.uri = uri
        super().__init__(f"{uri} could not be deleted: {reason}. Let the job's role delete there, then run it again.")


class WarehouseError(EtlError):
    """A statement failed in Redshift."""

    def __init__(self, statement_id: str, status: str, message: str, sql: str | None = None) -> None:
        self.statement_id, self.status, self.sql = statement_id, status, sql
        where = f" in: {' '.join(sql.split())[:400]}" if sql else ""
        super().__init__(f"Redshift statement {statement_id} {status}: {message.strip()}{where}. The transaction was rolled back.")
