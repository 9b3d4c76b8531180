"""Where local state lives, and the credentials that belong to it.

A home is a folder (`.local` of the checkout, or `$ETL_HOME`): everything that one set of engines writes is below it, so that
two homes never meet. What `make install` fetches (jars, server programs) belongs to the checkout and is shared by its homes.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from localaws.exceptions import HomeError

__all__ = ["CHECKOUT", "Credentials", "Home"]

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Credentials:
    """Passwords of one home's engines: random, never on a command line, never outside the home."""

    mysql_password: str
    postgres_password: str
    redshift_password: str
    api_token: str

    @classmethod
    def generate(cls) -> Credentials:
        """New random ones."""
        return cls(**{field.name: secrets.token_hex(16) for field in fields(cls)})


@dataclass(frozen=True)
class Home:
    """Folders of one home. `Home.resolve()` is the user's; `Home(path)` is any other, for example a test's."""

    root: Path

    @classmethod
    def resolve(cls, path: str | Path | None = None) -> Home:
        """The home at `path`, or at `$ETL_HOME`, or `.local` of this checkout."""
        chosen = path or os.environ.get("ETL_HOME") or CHECKOUT / ".local"
        return cls(Path(chosen).absolute())

    def make(self) -> Home:
        """Make the folder, readable for its owner only, and see that it can be written.

        Raises:
            HomeError: it cannot.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise HomeError(self.root, error.strerror or str(error)) from error
        return self

    @property
    def engines(self) -> Path:
        """One folder per engine: data, log, state.json."""
        return self.root / "engines"

    @property
    def s3(self) -> Path:
        """Objects as plain files: s3/<bucket>/<key>."""
        return self.root / "s3"

    @property
    def s3_meta(self) -> Path:
        """What an object has beside its bytes."""
        return self.root / "s3-meta"

    @property
    def endpoint(self) -> Path:
        """The endpoint's journal."""
        return self.root / "endpoint"

    @property
    def runs(self) -> Path:
        """One folder per job run."""
        return self.root / "runs"

    @property
    def source(self) -> Path:
        """The simulator's data and log."""
        return self.root / "source"

    @property
    def cache(self) -> Path:
        """What can be made again."""
        return self.root / "cache"

    @property
    def jars(self) -> Path:
        """Jars fetched by `make install` (of the checkout, whatever the home)."""
        return CHECKOUT / ".local" / "jars"

    @property
    def dist(self) -> Path:
        """Server programs unpacked by `make install` (of the checkout, whatever the home)."""
        return CHECKOUT / ".local" / "dist"

    @property
    def credentials(self) -> Credentials:
        """This home's passwords, made on first use."""
        path = self.root / "credentials.json"
        if not path.exists():
            self.make()
            self._write_secret(path, json.dumps(asdict(Credentials.generate()), indent=1))
        try:
            return Credentials(**json.loads(path.read_text()))
        except (ValueError, TypeError, OSError) as error:
            raise HomeError(path, f"it does not hold this home's credentials ({error}); `make clean` makes a new home") from error

    @property
    def api_token_file(self) -> Path:
        """A file that holds the API's token and nothing else, so that no command line shows it."""
        path = self.root / "api-token"
        token = self.credentials.api_token
        if not path.exists() or path.read_text() != token:
            path.unlink(missing_ok=True)
            self._write_secret(path, token)
        return path

    @staticmethod
    def _write_secret(path: Path, text: str) -> None:
        """Write complete or not at all, 0600 from the first byte; of two writers at once the first one wins."""
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as stream:
            stream.write(text)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # the other writer's secret is the home's now, and is what the caller reads back
        finally:
            draft.unlink()
